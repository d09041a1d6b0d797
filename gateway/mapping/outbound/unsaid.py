"""Unsaid: what a form has no place for and must not be left out, since the rest would mean something else.

``shapes/unsaid.yaml`` names such things for each type of resource; a map that has a place for one says so
(``says``). A document that has one that its map does not say is refused before it leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.canonical import Resource
from gateway.errors import Misconfigured, Rejected
from gateway.mapping.outbound.checked import known, table
from gateway.mapping.outbound.conditions import Test, condition
from gateway.mapping.outbound.path import Path, Pool

MODIFIER = "modifierExtension"
"""What nobody may pass over who does not know it (FHIR R4 §2.1.27)."""

ENDS = frozenset(("cancelled", "terminated"))
"""Events that take a document back: whatever it said is over."""

ALWAYS = ("Patient", "Condition")
"""Types of what is said along with everything."""

_KEYS = frozenset(("path", "when"))


@dataclass(slots=True, frozen=True)
class Unsaid:
    """Something that a resource may say: it does where the path gives a value, and the condition holds."""

    name: str
    path: Path
    when: Test | None = None

    def in_(self, resource: Resource, pool: Pool) -> bool:
        """Tell whether a resource says it."""
        if self.when is not None and not self.when(pool, resource, {}):
            return False
        return bool(self.path.values(pool, resource, {}))


Rules = Mapping[str, tuple[Unsaid, ...]]
"""Type of a resource → what of it must not be left out."""


def rules(said: Any, where: str) -> dict[str, tuple[Unsaid, ...]]:
    """Return the rules of a file: type → name → path, or ``{path:, when:}``.

    Raises:
        Misconfigured: it is wrong.
    """
    return {
        str(type_): tuple(_rule(str(name), one, where) for name, one in table(several, where).items())
        for type_, several in table(said, where).items()
    }


def _rule(name: str, said: Any, where: str) -> Unsaid:
    if isinstance(said, str):
        said = {"path": said}
    found = known(said, _KEYS, f"{where} {name}")
    when = condition(str(found["when"])) if "when" in found else None
    return Unsaid(name, Path(str(found.get("path", ""))), when)


def named(said: Any, rules: Rules, where: str) -> frozenset[str]:
    """Return what a map has a place for. Raises ``Misconfigured``: there is no such thing."""
    valid = {one.name for several in rules.values() for one in several}
    if unknown := sorted(set(map(str, said)) - valid):
        told = f"there is no {unknown[0]!r} to say; there is {', '.join(sorted(valid))}"
        raise Misconfigured(told, where=f"{where} says")
    return frozenset(map(str, said))


def check(pool: Pool, about: str, rules: Rules, says: Collection[str], facts: Mapping[str, str]) -> None:
    """Refuse resources that say what would be left out, and a document of several patients.

    Args:
        about: type of what the document is about; ``""``: of all types.
        says: names of what the map has a place for.

    Raises:
        Rejected: names every place.
    """
    if facts.get("happened") in ENDS:
        return
    types = [about, *ALWAYS] if about else list(dict.fromkeys((*rules, *ALWAYS)))
    places = [
        place for type_ in types for one in pool.of_type(type_) for place in _of(one, pool, rules, says)
    ]
    if places:
        told = f"the map has no place for what must not be left out: {', '.join(dict.fromkeys(places))}"
        raise Rejected(told, code="unsaid", where=places[0])
    patients = {name for one in pool.of_type(about or "MedicationRequest") if (name := _patient(one))}
    if len(patients) > 1:
        raise Rejected(f"it is of several patients: {', '.join(sorted(patients))}", code="several")


def _of(resource: Resource, pool: Pool, rules: Rules, says: Collection[str]) -> Iterator[str]:
    type_ = resource["resourceType"]
    where = f"{type_}/{resource.get('id', '?')}"
    if _modified(resource):
        yield f"{where} {MODIFIER}"
    for one in rules.get(type_, ()):
        if one.name not in says and one.in_(resource, pool):
            yield f"{where} {one.path.text.removeprefix('.')}"


def _modified(value: Any) -> bool:
    """Tell whether there is a modifierExtension anywhere inside."""
    if isinstance(value, list):
        return any(map(_modified, value))
    return isinstance(value, dict) and (bool(value.get(MODIFIER)) or any(map(_modified, value.values())))


def _patient(resource: Resource) -> str:
    subject = resource.get("subject") or resource.get("patient")
    return str(subject.get("reference", "")) if isinstance(subject, dict) else ""
