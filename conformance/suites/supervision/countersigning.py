"""Countersigning: the regulator's own signature over the ledger, which makes a ledger written anew visible.

The head and its lines are those of docs/ledger.md; it is tried where the target declares that form
(``feed.ledger``).
"""

from __future__ import annotations

from datetime import UTC, datetime

from conformance.harness.answer import Answer
from conformance.harness.check import Case, check, checks
from conformance.harness.feed import LEDGER, Feed, Page
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.simulators.jws import SOURCE, seal
from conformance.simulators.regulator import ledger
from conformance.suites.supervision.acts import FEED
from conformance.suites.supervision.pulled import number

NEEDS = (*FEED, "signing", "actions.countersign", "actions.countersigned")
REGULATOR, PHYSICIAN = "regulator", "physician"
_TRIES = "abcdef"
"""Of a head only its first signature need be kept, and the regulator, or another check that runs at the same
time, may have signed this very one: then it is tried with the next head, so many times at most."""


def _grown(run: Run, suffix: str) -> Page:
    """Let the ledger grow; returns the page at its end.

    Raises:
        Skipped: the form of the ledger is not declared.
    """
    paths = run.target.feed
    if paths.get("ledger") != LEDGER:
        raise Skipped(
            "目标未声明可复算的台账格式（feed.ledger）",
            "the target declares no form of ledger that can be recomputed (feed.ledger)",
        )
    feed = Feed(run)
    before = feed.size()
    page = feed.pages(before, about=[Scene(run, suffix=suffix).begun().encounter])[0]
    run.expect(page.size > before and page.root != "", "台账有链头", "the ledger has a head")
    return page


def _signature(run: Run, page: Page, signer: str, root: str) -> str:
    """Return somebody's signature over the head of a page, of which the root may be said otherwise."""
    keys = run.session.keys()
    if signer not in keys:
        raise Skipped(f"未声明 {signer} 的签名密钥", f"no signing key of {signer} is declared")
    tenant = run.target.feed.get("tenant", "default")
    algorithm = str(pick(page.entries[0].raw, run.target.feed.get("algorithm", "")) or "sm3").lower()
    lines = ledger.head_lines(tenant, algorithm, page.size, root, page.head)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return seal(lines, keys[signer], [f"urn:qiao:ledger:{tenant}|{page.size}"], SOURCE, now)


def _signed(run: Run) -> list[tuple[int, str]]:
    """Return the heads that the target shows as countersigned: size and signature."""
    paths = run.target.feed
    answer = run.done(run.act("countersigned"), "可查会签的链头", "what was countersigned can be read")
    return [
        (int(pick(one, paths.get("signed_size", "")) or 0), str(pick(one, paths.get("signed_signature", ""))))
        for one in each(answer.body, paths.get("signed", ""))
    ]


def _overtaken(run: Run, page: Page, signature: str) -> bool:
    """Tell whether a head is shown with somebody else's signature alone."""
    shown = [one for size, one in _signed(run) if size == page.size]
    return bool(shown) and signature not in shown


def _sent(run: Run, page: Page, signature: str) -> Answer:
    return run.act("countersign", size=page.size, signature=signature)


@check(
    "SC-32",
    zh="监管方对台账链头的会签被保存并可查",
    en="the regulator's countersignature over the ledger is kept, and can be read",
    critical=True,
    needs=NEEDS,
)
def countersigned(run: Run) -> None:
    """Sign the head of the ledger as it stands, and read it back."""
    for suffix in _TRIES:
        page = _grown(run, suffix)
        signature = _signature(run, page, REGULATOR, page.root)
        answer = _sent(run, page, signature)
        if not _overtaken(run, page, signature):
            break
    run.done(answer, "会签被接受", "the countersignature is taken")
    mine = [one for one in _signed(run) if one == (page.size, signature)]
    run.expect(len(mine) == 1, "会签可查，序号与签名一致", "it is shown with its size", number(mine))


_WRONG = {
    "another-root": (REGULATOR, True, Words("与台账不符的会签", "a countersignature over another ledger")),
    "own": (PHYSICIAN, False, Words("医院一方自己的会签", "a countersignature by the hospital's own people")),
}


@checks(
    [
        Case(
            name,
            "SC-32",
            Words(f"{words.zh}被拒绝，且不被保存", f"{words.en} is refused, and not kept"),
            (signer, changed),
            True,
            NEEDS,
        )
        for name, (signer, changed, words) in _WRONG.items()
    ]
)
def countersigned_wrongly(run: Run, signer: str, changed: bool) -> None:
    """Send a signature that must not count; then the right one, which is taken."""
    for suffix in _TRIES:
        page = _grown(run, suffix)
        wrong = _signature(run, page, signer, page.root[::-1] if changed else page.root)
        run.refused(_sent(run, page, wrong), "拒绝", "it is refused")
        kept = [one for one in _signed(run) if one[1] == wrong]
        run.expect(not kept, "未被保存", "it is not kept", number(kept))
        right = _signature(run, page, REGULATOR, page.root)
        answer = _sent(run, page, right)
        if not _overtaken(run, page, right):
            break
    run.done(answer, "正确的会签被接受", "the right one is taken")
