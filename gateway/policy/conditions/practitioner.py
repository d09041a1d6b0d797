"""Practitioner: may the author practise, here, this, now; is the author a person, and the one who acts."""

from __future__ import annotations

from datetime import date

from gateway.canonical.elements import codes, each, first, name_of, reference, references, texts, value_of
from gateway.canonical.moments import anniversary, day, end_us, moment, stated_us
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.conditions.evidence import in_date, of_kind
from gateway.policy.scene import Scene
from gateway.policy.systems import PRACTICE_FILING

_AUTHORING = frozenset({"author", "composer", "AUT"})


@condition
def no_author(scene: Scene) -> Found:
    """The documents name no practitioner on file who made them."""
    return not any(scene.read(one) for one in scene.authors) and tuple(scene.author_refs.values() or ("",))


@condition
def author_is_no_person(scene: Scene) -> Found:
    """Somebody named as author is no Practitioner and no role of one: a Device, say."""
    named = {ref: place for ref, place in scene.author_refs.items() if ref and not scene.person(ref)}
    return tuple(named.values())


@condition
def made_by_device(scene: Scene) -> Found:
    """A Device is named as author, in the documents or in a Provenance of them."""
    named = tuple(place for ref, place in scene.author_refs.items() if ref.startswith("Device/"))
    if named:
        return named
    return tuple(
        name_of(one)
        for one in scene.documents
        for provenance in scene.referring("Provenance", name_of(one), "target")
        for agent in each(provenance, "agent")
        if codes(agent.get("type")) & _AUTHORING and reference(agent.get("who")).startswith("Device/")
    )


@condition
def nobody_asserted(scene: Scene) -> Found:
    """The door does not know which person acts."""
    return scene.case.actor is None or not scene.case.actor.practitioner


@condition
def actor_is_not_author(scene: Scene) -> Found:
    """The person who acts is none of those whom the documents name."""
    actor = scene.case.actor.practitioner if scene.case.actor else ""
    if not actor or scene.person(actor) in scene.authors:
        return False
    return tuple(scene.authors.values())


@condition
def not_in_register(scene: Scene) -> Found:
    """No dated result of the national register (VerificationResult, validated) is on file for the author."""
    return tuple(place for person, place in scene.authors.items() if not _registered(scene, person))


@condition
def practises_less_than(scene: Scene, years: int) -> Found:
    """The author's earliest licence began less than so many years ago; the anniversary is enough.

    An assistant's (助理) counts nothing: that work is not independent.
    """
    return tuple(
        f"{person}.qualification.period"
        for person in scene.authors
        if (since := _since(scene, person)) is None or anniversary(since, years) > scene.today
    )


@condition
def licence_not_in_date(scene: Scene) -> Found:
    """The author has no licence (执业证; any qualification where none is called so) that is in date."""
    return tuple(f"{person}.qualification.period" for person in scene.authors if not _licensed(scene, person))


@condition
def no_active_role(scene: Scene, roles: tuple[str, ...]) -> Found:
    """The author has no active PractitionerRole in one of these functions (codes or Chinese words)."""
    return tuple(
        place
        for person, place in scene.authors.items()
        if not any(is_a(role, roles) for role in active_roles(scene, person))
    )


@condition
def not_at_hospital(scene: Scene) -> Found:
    """The author has no active role at the internet hospital or at the physical hospital behind it."""
    ours = {scene.hospital_ref, scene.parent_ref} - {""}
    return tuple(
        place for person, place in scene.authors.items() if ours.isdisjoint(_institutions(scene, person))
    )


@condition
def registered_elsewhere_only(scene: Scene, states: tuple[str, ...]) -> Found:
    """All institutions of the author are in other provinces, and no filing (main, multi-site) is on file."""
    found = []
    for person, place in scene.authors.items():
        roles = active_roles(scene, person)
        at = [scene.read(ref) for role in roles for ref in references(role, "organization")]
        inside = any(state in states for one in at for state in each(one, "address.state"))
        known = any(True for one in at for _ in each(one, "address.state"))
        filed = any(filing(role, "registration") in ("main", "multi-site") for role in roles)
        if known and not inside and not filed:
            found.append(place)
    return tuple(found)


@condition
def not_filed(scene: Scene) -> Found:
    """No active role of the author has a date of filing with the provincial platform that has come."""
    return tuple(
        place
        for person, place in scene.authors.items()
        if not any(
            (when := day(filing(role, "filed"))) is not None and when <= scene.today
            for role in active_roles(scene, person)
        )
    )


@condition
def insurance_lapsed(scene: Scene) -> Found:
    """Evidence of the author's liability insurance, or of the hospital's, is on file, and none is in date."""
    return tuple(place for person, place in scene.authors.items() if _insured(scene, person) is False)


@condition
def insurance_missing(scene: Scene) -> Found:
    """No evidence of liability insurance is on file, neither of the author nor of the hospital."""
    return tuple(place for person, place in scene.authors.items() if _insured(scene, person) is None)


def active_roles(scene: Scene, person: str) -> list[Resource]:
    """Return somebody's roles that are active and in their period."""
    return [
        one
        for one in scene.referring("PractitionerRole", person, "practitioner")
        if one.get("active", True)
        and (stated_us(first(one, "period.start")) or 0) <= scene.now_us
        and ((end := end_us(first(one, "period.end"))) is None or end > scene.now_us)
        and reference(one.get("practitioner")) == person
    ]


def filing(role: Resource, part: str) -> object:
    """Return a part of what was filed with the platform of a role: ``registration``, ``filed``."""
    return value_of(value_of(role, PRACTICE_FILING), part)


def is_a(role: Resource, functions: tuple[str, ...]) -> bool:
    """Tell whether a role is one of these functions, by a code or by the words that it is called."""
    said = [*each(role, "code.coding.code"), *each(role, "code.coding.display"), *each(role, "code.text")]
    return any(function == one or function in str(one) for one in said for function in functions)


def _registered(scene: Scene, person: str) -> bool:
    return any(
        one.get("status") == "validated"
        and (when := moment(one.get("statusDate") or one.get("lastPerformed"))) is not None
        and when <= scene.now_us
        and person in references(one, "target")
        for one in scene.referring("VerificationResult", person, "target")
    )


def _since(scene: Scene, person: str) -> date | None:
    starts = [
        day(first(one, "period.start"))
        for one in _licences(scene, person)
        if not any("助理" in text for text in texts(one.get("code")))
    ]
    return min((one for one in starts if one is not None), default=None)


def _licences(scene: Scene, person: str) -> list[Resource]:
    """Return the qualifications that are called a licence to practise; all where none is called so."""
    there = each(scene.read(person), "qualification")
    return [one for one in there if any("执业" in text for text in texts(one.get("code")))] or there


def _insured(scene: Scene, person: str) -> bool | None:
    """Tell whether insurance is in date, None where there is no evidence; one may be for a whole hospital."""
    found = False
    for ref in (person, scene.hospital_ref, scene.parent_ref):
        there = of_kind(scene, ref, "liability-insurance") if ref else []
        if any(in_date(one, scene) for one in there):
            return True
        found = found or bool(there)
    return False if found else None


def _licensed(scene: Scene, person: str) -> bool:
    for one in _licences(scene, person):
        start = moment(first(one, "period.start"))
        end = end_us(first(one, "period.end"))
        if start is not None and start <= scene.now_us and (end is None or end > scene.now_us):
            return True
    return False


def _institutions(scene: Scene, person: str) -> set[str]:
    return {ref for role in active_roles(scene, person) for ref in references(role, "organization")}
