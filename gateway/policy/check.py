"""Check: runs the cases that every rule brings along, against the fixture (``qiao policy check``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.canonical.actor import Actor
from gateway.canonical.elements import each
from gateway.canonical.moments import moment
from gateway.canonical.resource import Resource
from gateway.canonical.signed import Verified
from gateway.errors import Misconfigured
from gateway.policy.case import Case, Event
from gateway.policy.pack import read_yaml
from gateway.policy.policy import Policy
from gateway.policy.rule import Pack, Rule

_ITSELF = ("event", "variant", "now", "actor", "signed", "parameters", "documents")


@dataclass(slots=True, frozen=True)
class Checked:
    """One case of one rule.

    Attributes:
        rule: its id.
        number: of the case among those of its kind, from 1.
        fires: True where the rule must apply.
        wrong: what is not as it must be; ``""`` where all is.
    """

    rule: str
    number: int
    fires: bool
    wrong: str


class Filed:
    """Facts from a mapping of resources by ``"Type/id"``."""

    def __init__(self, resources: Mapping[str, Resource], now_us: int) -> None:
        self._resources = resources
        self.now_us = now_us

    def read(self, reference: str) -> Resource | None:
        """Return a resource."""
        return self._resources.get(reference)

    def referring(self, type: str, reference: str, *by: str) -> Sequence[Resource]:
        """Return the resources of a type that name another anywhere: no fewer than ``by`` asks for."""
        return [
            one
            for one in self._resources.values()
            if one["resourceType"] == type and reference in _references(one)
        ]

    def named(self, type: str, system: str, value: str) -> Resource | None:
        """Return the resource of a type that has an identifier."""
        found = [
            one
            for one in self._resources.values()
            if one["resourceType"] == type
            and any(
                given.get("system") == system and given.get("value") == value
                for given in each(one, "identifier")
            )
        ]
        return found[0] if len(found) == 1 else None


def checked(policy: Policy, packs: Sequence[Pack]) -> Iterator[Checked]:
    """Run all cases of the rules of these packs, which are among those of a policy.

    Raises:
        Misconfigured: a case names what the fixture does not have.
    """
    for pack in packs:
        for rule in pack.rules:
            for fires, patches in ((True, rule.fires), (False, rule.passes)):
                for number, patch in enumerate(patches, 1):
                    yield Checked(rule.id, number, fires, _wrong(policy, rule, patch, fires))


def case_of(event: Event, patch: Mapping[str, Any] | None = None) -> Case:
    """Return the case that a patch of the fixture makes.

    Raises:
        Misconfigured: it names what the fixture does not have.
    """
    patch = patch or {}
    fixture = _fixture()
    given = {**fixture["events"][event], **{key: patch[key] for key in _ITSELF if key in patch}}
    resources: dict[str, Any] = dict(fixture["resources"])
    variants = patch.get("variant", [])
    for name in [variants] if isinstance(variants, str) else variants:
        if name not in fixture["variants"]:
            raise Misconfigured(f"the fixture has no variant {name!r}", code="policy", where=event)
        resources = merged(resources, fixture["variants"][name])
    resources = merged(resources, {key: value for key, value in patch.items() if key not in _ITSELF})
    whole = {
        name: {"resourceType": name.partition("/")[0], "id": name.partition("/")[2], **one}
        for name, one in resources.items()
    }
    now = moment(str(patch.get("now", fixture["now"])))
    assert now is not None
    actor = given.get("actor")
    return Case(
        event,
        [whole[one] for one in given["documents"] if one in whole],
        Filed(whole, now),
        Actor(actor, "fixture", "bound") if actor else None,
        [_verified(one, actor or "", whole, now) for one in given.get("signed", ())],
        {
            name: tuple(one) if isinstance(one, list) else one
            for name, one in patch.get("parameters", {}).items()
        },
    )


def merged(target: Any, patch: Any) -> Any:
    """Return a JSON value with a merge patch applied (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = merged(made.get(key), value)
    return made


def _wrong(policy: Policy, rule: Rule, patch: Mapping[str, Any], fires: bool) -> str:
    event = patch.get("event", rule.on[0])
    case = case_of(event, patch)
    found = [one for one in policy.decide(case).findings if one.rule == rule.id]
    if fires and not found:
        return "it does not fire"
    if fires and not found[0].lapsed and found[0].verdict != rule.verdict:
        return f"it says {found[0].verdict}"
    return "it fires" if found and not fires else ""


def _verified(given: object, actor: str, whole: Mapping[str, Resource], now_us: int) -> Verified:
    """A signature of the fixture: the name of what is signed, or a mapping that says otherwise."""
    said: dict[str, Any] = given if isinstance(given, dict) else {"target": given}
    who = str(said.get("who", actor))
    signer = whole.get(said.get("named", who), {})
    persons = tuple(str(one) for one in each(signer, "identifier.value"))
    signed = moment(said["at"]) if "at" in said else now_us - 60_000_000
    return Verified(
        who,
        str(said.get("purpose", "1.2.840.10065.1.12.1.1")),
        (f"{said['target']}/_history/1",),
        signed or 0,
        "SM2",
        persons,
        tuple(said.get("organizations", ("990101001",))),
        "00" * 32,
        now_us + 10**15,
    )


def _references(value: Any) -> set[str]:
    found: set[str] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("reference"), str):
                found.add(one["reference"])
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


@cache
def _fixture() -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(files("gateway.policy") / "fixtures" / "visit.yaml")
    return found
