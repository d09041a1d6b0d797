"""The feed: what a regulator pulls from the target, read by the paths of its profile (``feed:``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.harness.answer import Answer
from conformance.harness.paths import each, pick
from conformance.harness.verdict import Failed, Skipped
from conformance.harness.waiting import awaited
from conformance.simulators.exact import Resource
from conformance.simulators.regulator import message

if TYPE_CHECKING:
    from conformance.harness.run import Run

PAGE = 500
LEDGER = "qiao-ledger/1"
"""The form of ledger whose hashes the harness can recompute (docs/ledger.md)."""
_COUNTS = ("waiting", "sent", "acknowledged", "refused", "held", "given_up", "behind")


@dataclass(slots=True, frozen=True)
class Told:
    """One entry of the feed.

    Attributes:
        n: its number.
        about: the version that it is about, ``"Type/id/_history/v"`` or ``"Type/id"``.
        back: number of the entry that it follows or corrects, 0 for none.
        raw: the entry as it stands on the page.
    """

    n: int
    kind: str
    event: str
    serial: str
    about: str
    time: str
    hash: str
    back: int
    raw: Resource

    @property
    def document(self) -> str:
        """``"Type/id"`` of what it is about."""
        return self.about.partition("/_history/")[0]


@dataclass(slots=True, frozen=True)
class Page:
    """What one request for the feed was answered.

    Attributes:
        last: number to go on from.
        size: entries of the whole ledger at that moment.
        resources: that came along, by ``"Type/id/_history/v"`` and by ``"Type/id"``.
    """

    answer: Answer
    entries: tuple[Told, ...]
    last: int
    size: int
    head: str
    root: str
    resources: Mapping[str, Resource]


class Feed:
    """The target's feed, as one identity. Raises :class:`Skipped`: the target declares none."""

    def __init__(self, run: Run, identity: str = "") -> None:
        run.need("feed", "actions.feed_page")
        self._run, self._identity, self._paths = run, identity, run.target.feed
        missing = [one for one in ("entries", "number", "about") if one not in self._paths]
        if missing:
            raise Skipped(f"未声明 feed.{missing[0]}", f"feed.{missing[0]} is not declared")

    def asked(self, after: int, count: int = PAGE, **more: Any) -> Answer:
        """Ask for a page, and return the answer as it is."""
        return self._run.act("feed_page", identity=self._identity, after=after, count=count, **more)

    def page(self, after: int, count: int = PAGE, **more: Any) -> Page:
        """Return a page. Raises :class:`Failed`: there is none."""
        answer = self.asked(after, count, **more)
        if not answer.ok:
            raise Failed(
                f"监管数据不可读取：HTTP {answer.status}", f"the feed cannot be read: HTTP {answer.status}"
            )
        found = [
            self._told(one) for one in each(answer.body, self._paths["entries"]) if isinstance(one, dict)
        ]
        last = int(answer.told.get("last", 0) or (found[-1].n if found else after))
        size = int(answer.told.get("size", 0) or last)
        head, root = str(answer.told.get("head", "")), str(answer.told.get("root", ""))
        return Page(answer, tuple(found), last, size, head, root, self._resources(answer.body))

    def pages(self, after: int, count: int = PAGE, upto: int = 0, *, about: Iterable[str] = ()) -> list[Page]:
        """Return the pages from a number on, to the end or up to another number.

        Args:
            about: documents (``Type/id``) that have come about, one as often as it has: their entries are
                waited for as in :meth:`until`.
        """
        wanted = Counter(about)
        if not wanted:
            return self._walked(after, count, upto)
        return self.until(after, lambda told: wanted <= Counter(one.document for one in told), count)

    def until(self, after: int, enough: Callable[[list[Told]], bool], count: int = PAGE) -> list[Page]:
        """Return the pages from a number on as soon as their entries are enough.

        An entry may take as long as it may to reach the platform (:func:`realtime`): a target may write its
        feed after it has answered. What is not there then is left to the caller to miss.
        """
        found: list[Page] = []

        def look() -> bool:
            found[:] = self._walked(after, count)
            return enough(_entries(found))

        awaited(look, realtime(self._run))
        return found

    def _walked(self, after: int, count: int, upto: int = 0) -> list[Page]:
        found: list[Page] = []
        while True:
            page = self.page(after, count)
            found.append(page)
            if page.last <= after or page.last >= (upto or page.size):
                return found
            after = page.last

    def since(self, after: int, count: int = PAGE, *, about: Iterable[str] = ()) -> list[Told]:
        """Return all entries after a number; ``about``: as of :meth:`pages`."""
        return _entries(self.pages(after, count, about=about))

    def of(self, documents: Iterable[str], after: int) -> list[Told]:
        """Return the entries after a number that are about some documents (``Type/id``).

        They are waited for as in :meth:`pages`: one that stands twice is to have two entries.
        """
        wanted = list(documents)
        return [one for one in self.since(after, about=wanted) if one.document in wanted]

    def size(self) -> int:
        """Return the number of the newest entry."""
        answer = self._run.act("feed_status", identity=self._identity)
        if not answer.ok or "size" not in answer.told:
            raise Failed("无法取得台账当前序号", "the newest number of the ledger cannot be had")
        self._before(answer)
        return int(answer.told["size"])

    def receivers(self) -> dict[str, dict[str, int]]:
        """Return how everybody stands: name → ``waiting``, ``acknowledged``, …"""
        self._run.need("actions.feed_status")
        answer = self._run.given(
            self._run.act("feed_status", identity=self._identity),
            "查询各接收方状态",
            "the receivers' state is told",
        )
        return self._standing(answer)

    def exceptions(self) -> int:
        """Return how many entries the target says were refused, or wait behind such a one."""
        return _stuck(self.receivers())

    def exceptions_since(self) -> int:
        """Return by how many the open exceptions have grown since the session first looked at the feed.

        What a target had refused before it was tried excuses nothing that is missing now.
        """
        answer = self._run.act("feed_status", identity=self._identity)
        before = self._before(answer)
        return max(0, _stuck(self._standing(answer)) - before)

    def _before(self, answer: Answer) -> int:
        return self._run.session.once("exceptions-before", lambda: _stuck(self._standing(answer)))

    def _standing(self, answer: Answer) -> dict[str, dict[str, int]]:
        listed = list(each(answer.body, self._paths.get("receivers", "receiver")))
        return {str(pick(one, self._paths.get("receiver_name", "name"))) + (f"/{at}" if at else ""):
                {name: int(pick(one, self._paths.get(f"receiver_{name}", name)) or 0) for name in _COUNTS}
                for at, one in enumerate(listed)}  # fmt: skip

    def messages(self, pages: Iterable[Page]) -> list[message.Message]:
        """Return what was pulled as messages whose hashes can be recomputed.

        Raises:
            Skipped: the target does not declare how its hashes are made.
            Failed: a page is none.
        """
        if self._paths.get("ledger") != LEDGER:
            raise Skipped(
                "目标未声明可复算的台账格式（feed.ledger）",
                "the target declares no form of ledger that can be recomputed (feed.ledger)",
            )
        try:
            return [message.of_bundle(inner) for one in pages for inner in [self.inner(one)] if inner]
        except (message.Unread, KeyError, TypeError, ValueError):
            raise Failed(
                "监管数据不符合声明的台账格式", "the feed is not of the form that is declared"
            ) from None

    def inner(self, page: Page) -> Resource:
        """Return the message of a page; ``{}`` where it has none."""
        found = pick(page.answer.body, self._paths.get("message", ""))
        return found if isinstance(found, dict) else {}

    def _told(self, raw: Resource) -> Told:
        names = ("number", "kind", "event", "serial", "about", "time", "hash", "back")
        said = {name: pick(raw, self._paths[name]) if name in self._paths else None for name in names}
        texts = {name: str(said[name] or "") for name in ("kind", "event", "serial", "about", "time", "hash")}
        return Told(n=int(said["number"] or 0), back=int(said["back"] or 0), raw=raw, **texts)

    def _resources(self, body: Resource) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        for one in each(body, self._paths.get("resources", "")):
            if not isinstance(one, dict) or "resourceType" not in one:
                continue
            name = f"{one['resourceType']}/{one.get('id', '')}"
            found.setdefault(name, one)
            found[f"{name}/_history/{one.get('meta', {}).get('versionId', '')}"] = one
        return found


def realtime(run: Run) -> float:
    """Return the seconds within which what was done must have reached the feed, and the platform.

    Declared as ``settings.realtime``, else the target's patience: no text says a number.
    """
    return float(run.target.setting("realtime", run.target.patience))


def _entries(pages: Iterable[Page]) -> list[Told]:
    return [one for page in pages for one in page.entries]


def _stuck(standing: Mapping[str, Mapping[str, int]]) -> int:
    return sum(one["refused"] + one["held"] for one in standing.values())
