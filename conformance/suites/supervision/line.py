"""The line to the platform: cut, slow or half dead, and what becomes of what was to go over it."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from conformance.harness.check import Case, check, checks
from conformance.harness.feed import Feed
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.harness.writes import AS_FHIR, way
from conformance.simulators.exact import Resource, dumps
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import FEED, SIGNS
from conformance.suites.supervision.pulled import at_the_platform, number, untold

RECOVERED = 30.0
"""Seconds within which what was held up must be there once the platform answers again; it is looked for all
the time, so only a target that never sends it again takes that long."""
_CUT = (
    ("lost", Words("平台收下后断线", "the platform takes everything and drops the line")),
    ("half", Words("平台只收一半", "the platform takes every other entry")),
    ("error", Words("平台出错", "the platform answers 500")),
    ("duplicate", Words("平台重复应答", "the platform says everything twice")),
)


@checks(
    [
        Case(
            mode,
            "SC-32",
            Words(f"{words.zh}，不丢失也不重复", f"when {words.en}, nothing is lost and nothing doubled"),
            (mode,),
            True,
            ("platform", *FEED, *SIGNS),
            True,
        )
        for mode, words in _CUT
    ]
)
def platform_misbehaves(run: Run, mode: str) -> None:
    """Let the platform misbehave for two requests, and look at what it has in the end."""
    _through(run, mode, times=2)


def _through(run: Run, mode: str, **how: object) -> None:
    scene, feed, platform = Scene(run).begun(), Feed(run), run.platform()
    before = feed.size()
    state = platform.state()
    faults, met = _faults(state), _met(state, mode)
    platform.misbehave(mode, **how)
    try:
        run.step("平台异常期间继续诊疗", "visits go on while the platform misbehaves")
        documents = _worked(scene)
        run.until(
            lambda: _met(platform.state(), mode) > met,
            "上报时确遇平台异常",
            "what was sent met the platform's fault",
            RECOVERED,
        )
        if "times" not in how:
            _cut(run, feed, documents, before)
    finally:
        platform.misbehave("")
    run.step("平台恢复", "the platform is well again")
    mine = feed.of(documents, before)
    run.expect(not untold(documents, mine), "台账完整", "the ledger has all of them")
    there = at_the_platform(run, feed, [one.n for one in mine], before, RECOVERED)
    run.expect(
        all(there.get(one.n, one.hash) == one.hash for one in mine),
        "平台所收与台账相同",
        "the platform has what the ledger has",
    )
    listed = [one["n"] for one in platform.entries(before)]
    run.expect(len(listed) == len(set(listed)), "无重复", "nothing is there twice")
    run.expect(_faults(platform.state()) == faults, "平台未发现新问题", "the platform found nothing wrong")


def _faults(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the platform holds against the sender that comes of sending twice, or out of order."""
    return {
        name: many for name, many in state.get("faults", {}).items() if name in ("rewritten", "out of order")
    }


def _met(state: Mapping[str, Any], mode: str) -> int:
    """Return how many requests the simulated platform has treated in some manner."""
    return int(state.get("counters", {}).get(f"misbehaved: {mode}", 0))


def _worked(scene: Scene) -> list[str]:
    """Do what a hospital does, as a prerequisite; returns its documents."""
    made: list[list[Resource]] = [scene.prescription(1, letter) for letter in "ab"]
    for one in made:
        scene.submitted(one)
    scene.submitted([scene.record()])
    return [*(place(one[0]) for one in made), f"Composition/r{scene.visit.number}"]


def _cut(run: Run, feed: Feed, documents: Collection[str], before: int) -> None:
    """See that the line is cut, as a prerequisite: that the target tells what waits is SC-32.

    Raises :class:`Skipped` where the platform got something all the same.
    """
    made = {one.n for one in feed.of(documents, before)}
    if made & {int(one["n"]) for one in run.platform().entries(before)}:
        raise Skipped(
            "前提未满足：断线期间平台未收到", "prerequisite not met: the platform got nothing meanwhile"
        )


def held_up(run: Run, feed: Feed, documents: Collection[str], before: int) -> None:
    """Expect that the line is cut: what was made since waits, and the platform has none of it."""
    waits = run.until(
        lambda: sum(one["waiting"] + one["sent"] for one in feed.receivers().values()) or None,
        "未送达的列为待发",
        "what did not get through stands as waiting",
        RECOVERED,
    )
    arrived = {int(one["n"]) for one in run.platform().entries(before)}
    made = {one.n for one in feed.of(documents, before)}
    run.expect(
        bool(waits) and not arrived & made, "断线期间平台确未收到", "the platform got nothing meanwhile"
    )


_BROKEN = (
    ("away", Words("断网", "the line to the platform is cut")),
    ("timeout", Words("对端设备故障（超时）", "the platform's machine hangs")),
)


@checks(
    [
        Case(
            mode,
            "SC-58",
            Words(
                f"{words.zh}时诊疗不中断，恢复后数据不丢",
                f"when {words.en} visits go on, and afterwards nothing is lost",
            ),
            (mode,),
            False,
            ("platform", *FEED, *SIGNS),
            True,
        )
        for mode, words in _BROKEN
    ]
)
def drill(run: Run, mode: str) -> None:
    """Cut the line, work on, mend it, and compare."""
    _through(run, mode, seconds=0.5)


@check(
    "SC-58",
    zh="请求中断不留下残缺文书，重发即成",
    en="a request that breaks off leaves nothing behind, and succeeds when it is sent again",
)
def broken_request(run: Run) -> None:
    """Send half of a transaction and cut the line; then send all of it."""
    scene = Scene(run)
    parts = scene.registration()
    own = next((kind for one in parts if way(run.target.writes, kind := one["resourceType"]) != AS_FHIR), "")
    if own:  # half of a transaction leaves nothing where none is taken: that shows nothing
        raise Skipped(
            f"目标不以 FHIR 事务写入（writes.{own}）", f"the target takes no FHIR transaction (writes.{own})"
        )
    run.step("发送一半后断线", "half of it is sent, then the line is cut")
    _cut_off(run, parts)
    found = [one for one in parts if run.client().get(place(one)).ok]
    run.expect(not found, "没有残留", "nothing of it is there", number(found))
    run.step("重新发送", "all of it is sent again")
    run.done(scene.write(parts), "成功", "it is taken")
    missing = [one for one in parts if not run.client().get(place(one)).ok]
    run.expect(not missing, "文书齐全", "all of it is there", number(missing))


def _cut_off(run: Run, parts: Sequence[Resource]) -> None:
    """Send half of the transaction that writes some documents. Raises Skipped: there is no line."""
    listed = [{"resource": one, "request": {"method": "PUT", "url": place(one)}} for one in parts]
    body = dumps({"resourceType": "Bundle", "type": "transaction", "entry": listed}).encode()
    address = urlsplit(run.target.fhir)
    headers = {"Content-Type": "application/fhir+json", **run.client("physician").held()}
    line: http.client.HTTPConnection
    if address.scheme == "https":
        trust = ssl.create_default_context(cafile=run.target.ca or None)
        line = http.client.HTTPSConnection(address.netloc, timeout=run.target.patience, context=trust)
    else:
        line = http.client.HTTPConnection(address.netloc, timeout=run.target.patience)
    try:
        line.putrequest("POST", address.path or "/")
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            line.putheader(name, value)
        line.endheaders(body[: len(body) // 2])
    except OSError as error:
        what = type(error).__name__
        raise Skipped(f"无法连接目标：{what}", f"there is no line to the target: {what}") from None
    finally:
        line.close()
