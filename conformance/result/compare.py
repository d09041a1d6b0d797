"""Owns the comparison of two runs: what fails now, what is mended, what is no longer shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from conformance.harness.verdict import Verdict
from conformance.harness.words import Words
from conformance.result.difference import Change, Difference, Ground, Side
from conformance.result.model import CheckResult, RequirementResult, Result, State
from conformance.result.normal import normal

Kind = Literal["failures", "lost", "mended", "changed", "came", "went", "reasons"]
_Kinds = dict[Kind, list[Change]]

_UNSHOWN = (Verdict.SKIP, Verdict.ERROR, Verdict.NOT_TESTED)
_RANK = {State.CONFORMANT: 3, State.PARTIAL: 2, State.NOT_TESTED: 1}


def compare(a: Result, b: Result) -> Difference:
    """Return what became of everything between two runs.

    Ids, times, ports, serials and durations in reasons make no difference; the order of nothing does.
    """
    found: _Kinds = defaultdict(list)
    _checks(a, b, found)
    _requirements(a, b, found)
    kinds = {kind: tuple(changes) for kind, changes in found.items()}
    return Difference(_side(a), _side(b), ground=tuple(_ground(a, b)), **kinds)


def _checks(a: Result, b: Result, found: _Kinds) -> None:
    before, after = {one.id: one for one in a.checks}, {one.id: one for one in b.checks}
    bound = _bound(a, b)
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        one = new or old
        assert one is not None
        kind = _check(old, new, one.requirement in bound)
        if kind is not None:
            found[kind].append(Change("check", name, one.title, *_said(old, new)))


def _bound(a: Result, b: Result) -> set[str]:
    """Return the requirements that B had to look at as A did: the same law, of the same places and day."""
    alike = (set(a.run.jurisdictions), a.run.day) == (set(b.run.jurisdictions), b.run.day)
    return {one.id for one in b.requirements if one.applies} if alike else set()


def _check(old: CheckResult | None, new: CheckResult | None, bound: bool) -> Kind | None:
    if new is None:
        return "went"
    if new.verdict is Verdict.FAIL and (old is None or old.verdict is not Verdict.FAIL):
        return "failures"
    if old is None:
        return "came"
    if old.verdict is new.verdict:
        return None if _same(old.reason, new.reason) else "reasons"
    if old.verdict is Verdict.PASS and (new.verdict in _UNSHOWN or _dropped(new, bound)):
        return "lost"
    mended = old.verdict is Verdict.FAIL and new.verdict is Verdict.PASS
    return "mended" if mended else "changed"


def _dropped(new: CheckResult, bound: bool) -> bool:
    """Tell whether a check was not tried although its requirement holds: the target no longer offers it."""
    return new.verdict is Verdict.NOT_APPLICABLE and bound


def _requirements(a: Result, b: Result, found: _Kinds) -> None:
    before, after = {one.id: one for one in a.requirements}, {one.id: one for one in b.requirements}
    alike = _scope(a) == _scope(b)
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        one = new or old
        assert one is not None
        kind = _requirement(old, new, alike)
        if kind is not None:
            found[kind].append(Change("requirement", name, one.title, *_said(old, new)))


def _requirement(old: RequirementResult | None, new: RequirementResult | None, alike: bool) -> Kind | None:
    if new is None:
        return "went"
    if new.verdict is State.NONCONFORMANT and (old is None or old.verdict is not State.NONCONFORMANT):
        return "failures"
    if old is None:
        return "came"
    if old.verdict is new.verdict:
        return None if _same(old.reason, new.reason) else "reasons"
    if old.verdict is State.NONCONFORMANT and new.verdict in (State.CONFORMANT, State.PARTIAL):
        return "mended"
    fell = new.verdict in _RANK and _RANK.get(old.verdict, 0) > _RANK[new.verdict]
    return "lost" if alike and fell else "changed"


def _said(
    old: CheckResult | RequirementResult | None, new: CheckResult | RequirementResult | None
) -> tuple[str | None, str | None, Words | None, Words | None]:
    return (
        old.verdict.value if old else None,
        new.verdict.value if new else None,
        old.reason if old else None,
        new.reason if new else None,
    )


def _same(old: Words | None, new: Words | None) -> bool:
    if old is None or new is None:
        return old is new
    return normal(old.zh) == normal(new.zh) and normal(old.en) == normal(new.en)


def _scope(one: Result) -> tuple[frozenset[str], frozenset[str], bool]:
    return frozenset(one.run.suites), frozenset(one.run.jurisdictions), one.run.whole


def _side(one: Result) -> Side:
    return Side(one.run.id, one.run.started, one.target.name, one.run.complete, one.score.value)


def _ground(a: Result, b: Result) -> Iterable[Ground]:
    """Yield what the runs stand on; the address' port is another in every demo."""
    for what, before, after in (
        (Words("目标", "target"), a.target.name, b.target.name),
        (Words("地址", "address"), normal(a.target.fhir), normal(b.target.fhir)),
        (Words("软件", "software"), a.target.software, b.target.software),
        (Words("软件版本", "version of the software"), a.target.version, b.target.version),
        (Words("FHIR 版本", "FHIR version"), a.target.fhir_version, b.target.fhir_version),
        (Words("目标声明", "declaration of the target"), a.target.declared[:12], b.target.declared[:12]),
        (Words("能力", "capabilities"), *_apart(a.target.capabilities, b.target.capabilities)),
        (Words("适用地区", "jurisdictions"), *_apart(a.run.jurisdictions, b.run.jurisdictions)),
        (Words("检测套件", "suites"), *_apart(a.run.suites, b.run.suites)),
        (Words("检测了全部", "every check chosen"), str(a.run.whole).lower(), str(b.run.whole).lower()),
        (Words("适用日期", "day of the law"), a.run.day, b.run.day),
        (Words("非自带检测集", "foreign suites"), *_apart(a.run.foreign, b.run.foreign)),
        (Words("检测已完成", "run complete"), str(a.run.complete).lower(), str(b.run.complete).lower()),
        (Words("检测程序", "program"), f"{a.tool.name} {a.tool.version}", f"{b.tool.name} {b.tool.version}"),
    ):
        if before != after:
            yield Ground(what, before, after)
    yield from _definitions(a, b)


def _definitions(a: Result, b: Result) -> Iterable[Ground]:
    before, after = a.tool.definitions, b.tool.definitions
    for what, old, new in (
        (Words("要求目录", "catalogue"), before.catalogue, after.catalogue),
        (Words("检测框架", "harness"), before.harness, after.harness),
    ):
        if old != new:
            yield Ground(what, old[:12], new[:12])
    for suite in _differing(before.suites, after.suites):
        what = Words(f"套件 {suite} 的定义", f"definition of suite {suite}")
        yield Ground(what, before.suites.get(suite, "")[:12], after.suites.get(suite, "")[:12])


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


def _apart(before: Iterable[str], after: Iterable[str]) -> tuple[str, str]:
    """Return only what one side has and the other has not."""
    old, new = set(before), set(after)
    return ", ".join(sorted(old - new)), ", ".join(sorted(new - old))
