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
from gateway.mapping.outbound.ending import is_over
from gateway.mapping.outbound.functions import FUNCTIONS
from gateway.mapping.outbound.path import Path
from gateway.mapping.outbound.speech import Speech
from gateway.mapping.outbound.tongue import Function

MODIFIER = "modifierExtension"
"""What nobody may pass over who does not know it (FHIR R4 §2.1.27)."""

ALWAYS = ("Patient", "Condition")
"""Types of what is said along with everything."""

_KEYS = frozenset(("path", "when", "as"))


@dataclass(slots=True, frozen=True)
class Unsaid:
    """Something that a resource may say: it does where the path gives a value, and the condition holds.

    Attributes:
        function: it must make something of the value (``irregular``: where a rhythm has no word).
    """

    name: str
    path: Path
    when: Test | None = None
    function: Function | None = None

    def in_(self, resource: Resource, speech: Speech) -> bool:
        """Tell whether a resource says it."""
        found = self.path.values(speech.pool, resource, speech.facts)
        if not found or (self.when is not None and not self.when(speech.pool, resource, speech.facts)):
            return False
        return self.function is None or any(self.function(one, speech, None) for one in found)


Rules = Mapping[str, tuple[Unsaid, ...]]
"""Type of a resource → what of it must not be left out."""


def rules(said: Any, where: str) -> dict[str, tuple[Unsaid, ...]]:
    """Return the rules of a file: type → name → path, or ``{path:, when:, as:}``.

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
    function = FUNCTIONS.get(str(found["as"])) if "as" in found else None
    if "as" in found and function is None:
        raise Misconfigured(
            f"there is no function {found['as']!r}; there is {', '.join(sorted(FUNCTIONS))}", where=where
        )
    return Unsaid(name, Path(str(found.get("path", ""))), when, function)


def named(said: Any, rules: Rules, where: str) -> frozenset[str]:
    """Return what a map has a place for. Raises ``Misconfigured``: there is no such thing."""
    valid = {one.name for several in rules.values() for one in several}
    if unknown := sorted(set(map(str, said)) - valid):
        told = f"there is no {unknown[0]!r} to say; there is {', '.join(sorted(valid))}"
        raise Misconfigured(told, where=f"{where} says")
    return frozenset(map(str, said))


def left_out(rules: Rules, says: Collection[str]) -> dict[str, tuple[Unsaid, ...]]:
    """Return the rules of a map: of what it has no place for."""
    return {type_: tuple(one for one in several if one.name not in says) for type_, several in rules.items()}


def check(speech: Speech, about: str, rules: Rules, says: Collection[str]) -> None:
    """Refuse resources that say what would be left out, and a document of several patients.

    Args:
        about: type of what the document is about; ``""``: of all types.
        rules: of what the map has no place for (:func:`left_out`).
        says: names of what the map has a place for.

    Raises:
        Rejected: names every place.
    """
    pool = speech.pool
    if speech.ends:
        return
    types = [about, *ALWAYS] if about else list(dict.fromkeys((*rules, *ALWAYS)))
    over = is_over if speech.facts.get("happened") == "corrected" and "cancelled" in says else _never
    places = [
        place
        for type_ in types
        for one in pool.of_type(type_)
        if not over(one)
        for place in _of(one, speech, rules)
    ]
    if places:
        told = f"the map has no place for what must not be left out: {', '.join(dict.fromkeys(places))}"
        raise Rejected(told, code="unsaid", where=places[0])
    patients = {name for one in pool.of_type(about or "MedicationRequest") if (name := _patient(one))}
    if len(patients) > 1:
        raise Rejected(f"it is of several patients: {', '.join(sorted(patients))}", code="several")


def _never(resource: Resource) -> bool:
    return False


def _of(resource: Resource, speech: Speech, rules: Rules) -> Iterator[str]:
    type_ = resource["resourceType"]
    where = f"{type_}/{resource.get('id', '?')}"
    if modified(resource):
        yield f"{where} {MODIFIER}"
    for one in rules.get(type_, ()):
        if one.in_(resource, speech):
            yield f"{where} {one.path.text.removeprefix('.')}"


def modified(value: Any) -> bool:
    """Tell whether there is a modifierExtension anywhere inside an element."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, dict):
            if one.get(MODIFIER):
                return True
            left += one.values()
    return False


def _patient(resource: Resource) -> str:
    subject = resource.get("subject") or resource.get("patient")
    return str(subject.get("reference", "")) if isinstance(subject, dict) else ""
