"""Candidates: who may be the same person as a Patient, found by searches, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.canonical import Resource
from gateway.canonical.elements import each, references
from gateway.canonical.json import loads
from gateway.errors import Rejected
from gateway.matching import Grade, Match, Rules, graded
from gateway.matching.grade import said, written
from gateway.matching.rules import Comparison
from gateway.matching.spelling import beginnings, number_forms, phone_forms, resident_forms
from gateway.store import Store, Version
from gateway.store.view import ALL, View

MOST = 50
"""Patients of one search that are looked at."""
_VALUES = 48
"""Values of one element, and numbers, that are searched for, with the ways in which they are written."""
_HOPS = 32
_LIKELY: tuple[Grade, ...] = ("certain", "probable")
_ORDER: tuple[Grade, ...] = ("certain", "probable", "possible", "certainly-not")

Pairs = list[tuple[str, str]]


@dataclass(slots=True, frozen=True)
class Candidate:
    """Somebody who may be the same person; ``patient``: the one who goes on, where it was merged."""

    patient: Version
    match: Match


def find(store: Store, tenant: str, rules: Rules, patient: Resource, view: View = ALL) -> list[Candidate]:
    """Return those who are possibly the same person or better, and whom a sure difference rules out.

    The best first. Who was merged stands for the one who goes on; the Patient itself is none.
    """
    found: dict[str, Candidate] = {}
    for pairs, otherwise in searches(rules, patient):
        if otherwise and any(one.match.grade in _LIKELY for one in found.values()):
            break
        for version in _searched(store, tenant, pairs, view):
            other = loads(version.body)
            living = living_of(store, tenant, version)
            if living is None or living.id == patient.get("id"):
                continue
            match = graded(rules, patient, other)
            known = found.get(living.id)
            if _is_told(match) and (known is None or _rank(match) < _rank(known.match)):
                found[living.id] = Candidate(living, match)
    return sorted(found.values(), key=lambda one: (*_rank(one.match), one.patient.id))


def _searched(store: Store, tenant: str, pairs: Pairs, view: View) -> Sequence[Version]:
    """Return whom a search finds; nobody by a value that no search takes (a 30th of February)."""
    try:
        return store.search(tenant, "Patient", [*pairs, ("_count", str(MOST))], view=view).matches
    except Rejected:
        return ()


def _is_told(match: Match) -> bool:
    return match.grade != "certainly-not" or any(one.number for one in match.reasons)


def _rank(match: Match) -> tuple[int, float]:
    return _ORDER.index(match.grade), -match.score


def living_of(store: Store, tenant: str, patient: Version) -> Version | None:
    """Return who goes on for a Patient, itself unless it was merged; None where that one is gone."""
    here: Version | None = patient
    for _ in range(_HOPS):
        if here is None or here.deleted:
            return None
        after = survivor_of(loads(here.body))
        if not after:
            return here
        here = store.read(tenant, "Patient", after)
    return None


def survivor_of(patient: Resource) -> str:
    """Return the id of who replaced a Patient, ``""`` for nobody (R4 Patient.link)."""
    names = [
        name
        for link in each(patient, "link")
        if isinstance(link, dict) and link.get("type") == "replaced-by"
        for name in references(link, "other")
    ]
    return names[0].removeprefix("Patient/") if names and names[0].startswith("Patient/") else ""


def linked_to(patient: Resource) -> set[str]:
    """Return the ids of those whom a Patient is linked with, in whatever way."""
    return {name.partition("/")[2] for name in references(each(patient, "link"), "other")}


def searches(rules: Rules, patient: Resource) -> Iterator[tuple[Pairs, bool]]:
    """Yield the searches that find who may be the same person, and whether each is for want of others."""
    known = [
        f"{_escaped(system)}|{_escaped(one)}"
        for rule in rules.numbers
        for system, value in written(rule, patient)
        for one in (resident_forms(value) if rule.check == "resident" else number_forms(value))
    ]
    if known:
        yield [("identifier", ",".join(_some(known)))], False
    for otherwise, groups in ((False, rules.find), (True, rules.otherwise)):
        for group in groups:
            values = [_values(rule, patient, otherwise) for rule in group]
            if all(values):
                joined = [",".join(map(_escaped, one)) for one in values]
                yield [(rule.search, one) for rule, one in zip(group, joined, strict=True)], otherwise


def _values(rule: Comparison, patient: Resource, otherwise: bool) -> list[str]:
    """Return what is searched for; nothing where the Patient says nothing of it."""
    found = said(rule, patient)
    if not found:
        return []
    if rule.how == "name":
        if otherwise:
            return _some(beginnings(patient, rule.element))
        names = [one for one in each(patient, rule.element) if isinstance(one, dict)]
        texts = [one.get(part) for one in names for part in ("text", "family")]
        return _some(text for text in texts if isinstance(text, str) and text.strip())
    if rule.how == "phone":
        written_so = [one.get("value") for one in each(patient, rule.element) if isinstance(one, dict)]
        forms = [one for digits in sorted(found) for one in phone_forms(digits)]
        return _some([*(one for one in written_so if isinstance(one, str) and one), *forms])
    return _some(sorted(found))


def _some(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))[:_VALUES]


def _escaped(text: str) -> str:
    """Return a value as a search takes it (R4 §3.1.1.4.0.1)."""
    for character in "\\|,$":
        text = text.replace(character, f"\\{character}")
    return text
