"""Hospital: name, level, kind, departments and people of an internet hospital and of the one behind it."""

from __future__ import annotations

from gateway.canonical.elements import codes, each, has, name_of, reference, references, value_of
from gateway.canonical.moments import day
from gateway.policy.condition import Found, condition
from gateway.policy.conditions.practitioner import active_roles, filing, is_a
from gateway.policy.conditions.subject import covers, offered
from gateway.policy.scene import Scene
from gateway.policy.systems import CONTRACTS, HOSPITAL_LEVEL, SUBJECTS, TITLES

_WORD = "互联网医院"
PARTNER = "partner"


@condition
def no_internet_hospital(scene: Scene) -> Found:
    """The institution is no internet hospital by its name or alias: the rules for names do not concern it."""
    return not any(_WORD in name for name in _names(scene))


@condition
def name_without_pattern(scene: Scene) -> Found:
    """No name has one of the three patterns in it: hospital or applicant, partner, 互联网医院."""
    return not any(_follows(name, scene, exact=False) for name in _names(scene)) and (_name_place(scene),)


@condition
def name_not_exact(scene: Scene) -> Found:
    """No name is exactly one of the three patterns."""
    return not any(_follows(name, scene, exact=True) for name in _names(scene)) and (_name_place(scene),)


@condition
def level_below(scene: Scene, level: int) -> Found:
    """The physical hospital is of a lower level, or does not say of which (extension hospital-level)."""
    given = value_of(scene.parent or scene.hospital, HOSPITAL_LEVEL)
    fits = given in ("1", "2", "3") and int(given) >= level
    return False if fits else (f"{scene.parent_ref or scene.hospital_ref}.extension",)


@condition
def second_internet_hospital(scene: Scene) -> Found:
    """The physical hospital has another internet hospital already."""
    others = [
        one
        for one in scene.referring("Organization", scene.parent_ref, "partof")
        if reference(one.get("partOf")) == scene.parent_ref
        and name_of(one) != scene.hospital_ref
        and one.get("active", True)
        and any(_WORD in str(name) for path in ("name", "alias") for name in each(one, path))
    ]
    return bool(others) and (f"{scene.hospital_ref}.partOf",)


@condition
def type_differs(scene: Scene) -> Found:
    """Category or ownership (Organization.type) is not the physical hospital's."""
    if scene.parent is None:
        return False
    own, parent = (set(each(one, "type.coding.code")) for one in (scene.hospital, scene.parent))
    return own != parent and (f"{scene.hospital_ref}.type",)


@condition
def no_department(scene: Scene, words: tuple[str, ...]) -> Found:
    """No active department has one of these words in its name."""
    return not any(
        any(word in str(name) for word in words)
        for whose in (scene.hospital_ref, scene.parent_ref)
        for one in scene.referring("Organization", whose, "partof")
        if one.get("active", True) and reference(one.get("partOf")) == whose
        for path in ("name", "alias", "type.text")
        for name in each(one, path)
    )


@condition
def no_seniors(scene: Scene, titles: tuple[str, ...]) -> Found:
    """For a clinical subject that is offered, the physical hospital has nobody of one of these titles."""
    at = scene.parent_ref or scene.hospital_ref
    roles = [
        one for one in scene.referring("PractitionerRole", at, "organization") if one.get("active", True)
    ]
    found = set()
    for subject in offered(scene, scene.hospital_ref):
        those = [one for one in roles if _practises(one, subject) and at in references(one, "organization")]
        held = {title for one in those for title in codes(one.get("code"), TITLES)}
        if not set(titles) <= held:
            found.add(at)
    return tuple(found)


@condition
def nobody_responsible(scene: Scene, functions: tuple[str, ...]) -> Found:
    """No active role at the hospital has one of these functions (codes or Chinese words)."""
    return not any(
        one.get("active", True) and is_a(one, functions)
        for whose in (scene.hospital_ref, scene.parent_ref)
        for one in scene.referring("PractitionerRole", whose, "organization")
    )


@condition
def no_way_to_reach(scene: Scene) -> Found:
    """Neither hospital names somebody to turn to, with a way to reach them (Organization.contact)."""
    return not any(has(one, "contact.telecom.value") for one in (scene.hospital, scene.parent)) and (
        f"{scene.hospital_ref}.contact",
    )


@condition
def registered_this_year(scene: Scene) -> Found:
    """The institution was registered this year: an identifier of it, its licence, began to hold in it."""
    begun = (day(one) for one in each(scene.hospital, "identifier.period.start"))
    return any(one is not None and one.year == scene.today.year for one in begun)


@condition
def physicians_of_elsewhere(scene: Scene, roles: tuple[str, ...]) -> Found:
    """Somebody who is one of these here has filed to practise at several sites, or is one elsewhere, too."""
    ours = {scene.hospital_ref, scene.parent_ref} - {""}
    found = {
        person: None
        for whose in sorted(ours)
        for role in scene.referring("PractitionerRole", whose, "organization")
        if role.get("active", True) and is_a(role, roles) and whose in references(role, "organization")
        for person in references(role, "practitioner")
        if filing(role, "registration") == "multi-site" or _elsewhere(scene, person, roles, ours)
    }
    return tuple(found)


def _elsewhere(scene: Scene, person: str, roles: tuple[str, ...], ours: set[str]) -> bool:
    """Tell whether somebody is one of these at an institution that is not ours."""
    return any(
        is_a(role, roles) and any(ref not in ours for ref in references(role, "organization"))
        for role in active_roles(scene, person)
    )


def _names(scene: Scene) -> list[str]:
    hospital = scene.hospital
    return [one for path in ("name", "alias") for one in each(hospital, path) if isinstance(one, str)]


def _name_place(scene: Scene) -> str:
    return f"{scene.hospital_ref}.name"


def _follows(name: str, scene: Scene, *, exact: bool) -> bool:
    """Pattern 1: hospital + 互联网医院; 2: hospital + partner + 互联网医院; 3: applicant + 互联网医院."""
    if _WORD not in name:
        return False
    before, _, after = name.partition(_WORD)
    hospital = str((scene.parent or {}).get("name") or _display(scene) or "")
    partners = _partners(scene)
    wanted = [hospital, *(hospital + one for one in partners), *partners] if hospital else partners
    if exact:
        return not after and before in wanted
    return any(one and one in before for one in wanted)


def _display(scene: Scene) -> str:
    return next((str(one) for one in each(scene.hospital, "partOf.display")), "")


def _partners(scene: Scene) -> list[str]:
    """Names by which partners are known: parties of the agreement other than the hospital, with aliases."""
    ours = {scene.hospital_ref, scene.parent_ref}
    return [
        str(name)
        for whose in (scene.hospital_ref, scene.parent_ref)
        for one in scene.referring("Contract", whose, "subject")
        if PARTNER in codes(one.get("type"), CONTRACTS)
        for ref in references(one, "subject")
        if ref not in ours and ref.startswith("Organization/")
        for path in ("name", "alias")
        for name in each(scene.read(ref), path)
    ]


def _practises(role: object, subject: str) -> bool:
    scopes = {code for one in each(role, "specialty") for code in codes(one, SUBJECTS)}
    return any(covers(scope, subject) or covers(subject, scope) for scope in scopes)
