"""Pulled: what was pulled, held against what must be in it; and waiting for the platform."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from conformance.harness import paths
from conformance.harness.feed import Feed, Page, Told, realtime
from conformance.harness.run import Run
from conformance.harness.words import Words
from conformance.simulators.internet.documents import today
from conformance.simulators.regulator import ledger, message
from conformance.suites.supervision.tasks import instant


def gaps(numbers: Sequence[int], after: int) -> list[int]:
    """Return the numbers that are missing between a number and the last one."""
    found = set(numbers)
    return [one for one in range(after + 1, max(found, default=after) + 1) if one not in found]


def twice(told: Iterable[Told]) -> list[str]:
    """Return the versions of which the same was told twice; a later step goes back to another one."""
    seen: set[tuple[str, str, int]] = set()
    found = []
    for one in told:
        key = (one.about, one.event, one.back)
        if key in seen and one.event != "purged":
            found.append(one.about)
        seen.add(key)
    return found


def untold(documents: Collection[str], told: Iterable[Told]) -> list[str]:
    """Return the documents of which nothing was told."""
    known = {one.document for one in told}
    return [one for one in documents if one not in known]


def wrong_hashes(messages: Iterable[message.Message]) -> list[int]:
    """Return the numbers of entries whose hash is not that of their lines."""
    return [one.n for each in messages for one in each.entries if ledger.entry_hash(one.values) != one.hash]


def wrong_links(messages: Iterable[message.Message]) -> list[int]:
    """Return the numbers of entries that do not go back to the one before; a gap is no broken link."""
    before: tuple[int, str] = (0, ledger.FIRST)
    found = []
    for one in (entry for each in messages for entry in each.entries):
        if one.n == before[0] + 1 and one.values["prev"] != before[1]:
            found.append(one.n)
        before = (one.n, one.hash)
    return found


def wrong_members(messages: Iterable[message.Message]) -> tuple[int, list[int]]:
    """Return how many entries came with all their versions, and which of these have another hash."""
    whole, found = 0, []
    for each in messages:
        for one in each.entries:
            bodies = [each.bodies.get(name) for name in each.members[one.n]]
            if any(body is None for body in bodies):
                continue
            whole += 1
            if (
                ledger.members_hash(str(one.values["algorithm"]), [body for body in bodies if body])
                != one.values["sha"]
            ):
                found.append(one.n)
    return whole, found


def number_at(feed: Feed, size: int, moment: datetime) -> int:
    """Return the number of the last entry before a moment, by halving; 0 where the feed says no times."""
    low, high = 0, size
    while low < high:
        middle = (low + high + 1) // 2
        page = feed.page(middle - 1, 1)
        time = page.entries[0].time if page.entries else ""
        at = instant(time)
        if at is not None and at < moment:
            low = middle
        else:
            high = middle - 1
    return low


def of_this_run(run: Run, feed: Feed) -> int:
    """Return the number after which everything of this run stands, by the target's own clock."""

    def found() -> int:
        size = feed.size()
        return number_at(feed, size, run.session.began + _ahead(feed.page(size, 1)))

    return run.session.once("feed-begin", found)


def _ahead(page: Page) -> timedelta:
    """Return how far the target's clock is ahead, less a minute; two hours behind where it does not say."""
    try:
        told = parsedate_to_datetime(page.answer.headers.get("date", ""))
    except ValueError:
        return -timedelta(hours=2)
    return told - datetime.now(UTC) - timedelta(minutes=1)


def pulled_whole(run: Run, feed: Feed) -> list[Page]:
    """Return everything since the run began; what was pulled for another check is not pulled again."""
    pages = run.session.once("feed-whole", lambda: feed.pages(of_this_run(run, feed)))
    return pages + feed.pages(pages[-1].last)


def at_the_platform(
    run: Run, feed: Feed, wanted: Collection[int], after: int, seconds: float = 0.0
) -> dict[int, str]:
    """Wait until entries have reached the platform, or are open exceptions that the target tells.

    Returns number → hash of what the platform has after a number. Raises Failed.
    """
    platform = run.platform()

    def look() -> dict[int, str] | None:
        there = {int(one["n"]): str(one["hash"]) for one in platform.entries(after)}
        return there if excused(run, feed, set(wanted) - set(there)) else None

    zh, en = "已到达监管平台，或列为待处理的异常", "they have reached the platform, or are open exceptions"
    return run.until(look, zh, en, seconds or realtime(run))


def arrived(run: Run, wanted: Collection[int], after: int) -> dict[int, str]:
    """Wait until entries have come to the platform, all of them: that one is an open exception does not do.

    What the platform refused for what stands in it has come; whether it is right is asked elsewhere. Returns
    number → hash of what came after a number. Raises Failed.
    """
    platform = run.platform()

    def look() -> dict[int, str] | None:
        there = {int(one["n"]): str(one["hash"]) for one in platform.come(after)}
        return there if set(wanted) <= set(there) else None

    return run.until(look, "均已送达监管平台", "all have reached the platform", realtime(run))


def excused(run: Run, feed: Feed, missing: Collection[int]) -> bool:
    """Tell whether everything that is missing at the platform is an open exception of the target.

    The target names its exceptions (``actions.exceptions``). Where it only counts them, no more may be
    missing than have come up since the run began: those of before are of other documents.
    """
    if not missing:
        return True
    if run.target.has("actions.exceptions"):
        return set(missing) <= _named(run)
    return len(missing) <= feed.exceptions_since()


def _named(run: Run) -> set[int]:
    """Return the numbers of the entries that the target names as exceptions. Raises Skipped."""
    since = run.session.today - timedelta(days=1)
    answer = run.act("exceptions", since=f"{since:%Y-%m-%d}", upto=f"{today():%Y-%m-%d}")
    run.given(answer, "列出待处理的异常", "the open exceptions are listed")
    told = run.target.actions["exceptions"].answer.values()
    found = [str(one) for path in told for one in paths.each(answer.content, path)]
    return {int(one) for one in found if one.isdecimal()}


def quiet(run: Run, feed: Feed) -> None:
    """Wait until nothing is on its way to the platform any more."""

    def still() -> bool:
        return not sum(one["waiting"] + one["sent"] for one in feed.receivers().values())

    run.until(still, "此前的数据已全部送达", "what was made before has arrived", realtime(run))


def settled(feed: Feed) -> int:
    """Return how many entries are acknowledged, or open exceptions."""
    return sum(one["acknowledged"] for one in feed.receivers().values()) + feed.exceptions()


def number(found: Collection[object]) -> Words:
    """Return how many there are, in words."""
    return Words(f"{len(found)} 个", f"{len(found)}")
