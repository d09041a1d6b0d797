"""Policy: the rules in force for one tenant; decides cases. Design §3 "Policy"."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.canonical.elements import name_of
from gateway.errors import Misconfigured
from gateway.policy.case import HOLDING, Case, Event, Value
from gateway.policy.decision import STRICTNESS, Decision, Finding, Verdict
from gateway.policy.drugs import catalogue
from gateway.policy.pack import read_pack
from gateway.policy.rule import Pack, Rule
from gateway.policy.scene import Scene
from gateway.settings.regulator import TenantSettings

BASE = "cn"
"""The pack below all others."""

_KEPT = 256
_Stamps = tuple[tuple[str, int, int], ...]
_Due = tuple[tuple[Rule, bool], ...]
_NOT_AS_EXPECTED = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)


class Policy:
    """The packs of one tenant, stacked and compiled; immutable, so that threads share it.

    Several policies live side by side in one process, one per set of jurisdictions.
    """

    def __init__(self, packs: Sequence[Pack], source: _Source) -> None:
        self.packs = tuple(packs)
        self.rules: Mapping[str, Rule] = {rule.id: rule for pack in packs for rule in pack.rules}
        self._source = source
        self._due: dict[tuple[Event, date], _Due] = {}

    @property
    def parameters(self) -> Mapping[str, Value]:
        """The parameters of all packs, as they are set."""
        return _values(self.packs, self._source.parameters)

    def decide(self, case: Case) -> Decision:
        """Return what the rules for the case's event say at ``case.facts.now_us``."""
        if case.parameters:
            given = {**self._source.parameters, **case.parameters}
            policy = load_policy(self._source.jurisdictions, self._source.folder, given)
            return policy.decide(dataclasses.replace(case, parameters={}))
        scene = Scene(case)
        found = [
            finding
            for rule, lapsed in self.due(case.event, scene.today)
            if (finding := _judged(rule, lapsed, scene)) is not None
        ]
        found.sort(key=lambda one: -STRICTNESS[one.verdict])
        return Decision(tuple(found))

    def due(self, event: Event, day: date) -> _Due:
        """Return the rules that judge an event on a day, and of each whether its text has run out."""
        due = self._due.get((event, day))
        if due is None:
            if len(self._due) >= _KEPT:
                self._due.clear()
            due = self._due[event, day] = tuple(
                (rule, lapsed) for rule, lapsed in self.in_force(day) if event in rule.on
            )
        return due

    def in_force(self, day: date) -> list[tuple[Rule, bool]]:
        """Return the rules of a day without the overridden, and of each whether its text has run out."""
        begun = [(rule, rule.lapsed(day)) for rule in self.rules.values() if rule.begun(day)]
        replaced = {one for rule, lapsed in begun if not lapsed for one in rule.overrides}
        return [(rule, lapsed) for rule, lapsed in begun if rule.id not in replaced]


@dataclasses.dataclass(slots=True, frozen=True)
class _Source:
    """What a policy was loaded from."""

    jurisdictions: tuple[str, ...]
    folder: Path | None
    parameters: Mapping[str, Value]


def load_policy(
    jurisdictions: Sequence[str] = (),
    folder: Path | None = None,
    parameters: Mapping[str, Value] | None = None,
) -> Policy:
    """Return the policy of a tenant; the same one again while the files are the same.

    Args:
        jurisdictions: names of packs (``"cn-chongqing"``); ``"cn"`` is always below them.
        folder: packs of the operator beside those that qiao ships; None for none.
        parameters: instead of those of the packs.

    Raises:
        Misconfigured: a pack or a parameter is unknown or wrong; says file and rule.
    """
    given = tuple(sorted((parameters or {}).items()))
    return _load(tuple(jurisdictions), folder, given, _stamps(folder))


def policy_of(tenant: TenantSettings) -> Policy:
    """Return the policy that the settings of a tenant ask for.

    Raises:
        Misconfigured: as :func:`load_policy`.
    """
    folder = Path(tenant.packs) if tenant.packs else None
    return load_policy(tenant.jurisdiction, folder, tenant.parameters)


def pack_files(folder: Path | None = None) -> dict[str, Traversable]:
    """Return the files of all packs by their jurisdiction: those that are shipped, then the operator's.

    Raises:
        Misconfigured: the folder cannot be read, or has a pack of a name that is shipped.
    """
    found: dict[str, Traversable] = {}
    for root in [files("gateway.policy") / "packs", *([folder] if folder else [])]:
        if not root.is_dir():
            raise Misconfigured("there is no such folder", code="policy", where=str(root))
        for file in sorted(root.iterdir(), key=lambda one: one.name):
            if file.name.endswith(".yaml"):
                name = file.name.removesuffix(".yaml")
                if name in found:
                    raise Misconfigured("qiao ships a pack of this name", code="policy", where=file.name)
                found[name] = file
    return found


def _stamps(folder: Path | None) -> _Stamps:
    """Tell one state of the operator's files from another; those that are shipped do not change."""
    if folder is None or not folder.is_dir():
        return ()
    found = [(one.name, one.stat()) for one in sorted(folder.glob("*.yaml"))]
    return tuple((name, of.st_mtime_ns, of.st_size) for name, of in found)


@lru_cache(maxsize=64)
def _load(
    jurisdictions: tuple[str, ...], folder: Path | None, given: tuple[tuple[str, Value], ...], _at: _Stamps
) -> Policy:
    there = pack_files(folder)
    parameters = dict(given)
    packs: list[Pack] = []
    for name in dict.fromkeys((BASE, *jurisdictions)):
        if name not in there:
            raise Misconfigured(f"there are {', '.join(there)}", code="jurisdiction", where=name)
        packs.append(read_pack(there[name], parameters, _values(packs, parameters)))
    _check(packs, parameters)
    catalogue()  # now, and not while the first prescription waits
    return Policy(packs, _Source(jurisdictions, folder, parameters))


def _values(packs: Sequence[Pack], given: Mapping[str, Value]) -> dict[str, Value]:
    found = {name: one.value for pack in packs for name, one in pack.parameters.items()}
    return {name: given.get(name, value) for name, value in found.items()}


def _check(packs: Sequence[Pack], given: Mapping[str, Value]) -> None:
    known = _values(packs, {})
    for name in given:
        if name not in known:
            told = "no pack of these jurisdictions has such a parameter"
            raise Misconfigured(told, code="policy", where=name)
    seen: set[str] = set()
    for pack in packs:
        for rule in pack.rules:
            if rule.id in seen:
                where = f"{pack.name}.yaml: {rule.id}"
                raise Misconfigured("a pack below has a rule of this id", code="policy", where=where)
            for one in rule.overrides:
                if one not in seen:
                    where = f"{pack.name}.yaml: {rule.id}"
                    raise Misconfigured(f"no pack below has a rule {one!r}", code="policy", where=where)
        seen |= {rule.id for rule in pack.rules}


def _judged(rule: Rule, lapsed: bool, scene: Scene) -> Finding | None:
    try:
        found = rule.test(scene)
    except _NOT_AS_EXPECTED:
        text = "the rule cannot be decided, since a resource is not as it should be (mend it): " + rule.text
        text_zh = "资料内容不合规，无法判定本规则，请更正后重试：" + rule.text_zh
        return _finding(rule, lapsed, _undecided(rule, scene.case.event), (text, text_zh), _first(scene))
    if not found:
        return None
    places = found if found is not True else ()
    return _finding(rule, lapsed, rule.verdict, (rule.text, rule.text_zh), places or _first(scene))


def _undecided(rule: Rule, event: Event) -> Verdict:
    """Return what follows where a rule cannot be decided: it never passes, nor is stricter than itself."""
    if rule.verdict in ("flag", "warn"):
        return "warn"
    return "hold" if event in HOLDING else "refuse"


def _finding(
    rule: Rule, lapsed: bool, verdict: Verdict, texts: tuple[str, str], places: tuple[str, ...]
) -> Finding:
    text, text_zh = texts
    if lapsed:
        verdict = "flag" if verdict == "flag" else "warn"
        text += f" (the text ran out on {rule.end}: a warning only)"
        text_zh += f"（该文件有效期已于{rule.end}届满，仅作提示）"
    if rule.observed:
        text += " (observed practice of platforms, not law)"
        text_zh += "（依据平台实践，非法规要求）"
    return Finding(
        rule.id,
        ", ".join(rule.requirements),
        rule.article,
        verdict,
        rule.code,
        text,
        text_zh,
        tuple(dict.fromkeys(places)),
        lapsed,
    )


def _first(scene: Scene) -> tuple[str, ...]:
    return (name_of(scene.documents[0]),) if scene.documents else ()
