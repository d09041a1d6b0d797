"""Patient: is it who it says, how old is it, and who is with a child."""

from __future__ import annotations

import re

from gateway.canonical.elements import each
from gateway.canonical.moments import age, day, last_day
from gateway.policy.condition import Found, condition
from gateway.policy.conditions.subject import covers, scopes
from gateway.policy.scene import ATTENDING, Scene
from gateway.policy.systems import RESIDENT_ID

_FORM = re.compile(r"[0-9]{17}[0-9X]").fullmatch
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


@condition
def no_patient(scene: Scene) -> Found:
    """Nobody is on file as whom the documents are about."""
    return scene.patient is None


@condition
def no_identity(scene: Scene) -> Found:
    """The patient has no identifier with a value."""
    there = any(isinstance(one, str) and one.strip() for one in each(scene.patient, "identifier.value"))
    return not there and (f"{scene.patient_ref}.identifier",)


@condition
def resident_id_wrong(scene: Scene) -> Found:
    """The resident ID (GB 11643) has a wrong check character, or says another birth date or sex."""
    patient = scene.patient or {}
    numbers = [
        one.get("value")
        for one in each(patient, "identifier")
        if isinstance(one, dict) and one.get("system") == RESIDENT_ID and one.get("use") != "old"
    ]
    wrong = any(_wrong(number, patient.get("birthDate"), patient.get("gender")) for number in numbers)
    return (f"{scene.patient_ref}.identifier",) if wrong else False


@condition
def young_child(scene: Scene, years: int, inclusive: bool = True, after_birthday: bool = True) -> Found:
    """The patient is a young child, or may be one by what the birth date says.

    ``inclusive``: whether 以下 includes the age itself. ``after_birthday``: whether a year of life is
    complete only on the day after the birthday (民法典 §§ 201, 202).
    """
    born = last_day((scene.patient or {}).get("birthDate"))
    if born is None:
        return (f"{scene.patient_ref or 'Patient'}.birthDate",)
    lived = age(born, scene.today, after_birthday)
    young = lived <= years if inclusive else lived < years
    return (f"{scene.patient_ref}.birthDate",) if young else False


@condition
def younger_than(scene: Scene, years: int) -> Found:
    """The patient has not completed so many years."""
    born = last_day((scene.patient or {}).get("birthDate"))
    return born is not None and age(born, scene.today) < years and (f"{scene.patient_ref}.birthDate",)


@condition
def at_least(scene: Scene, years: int) -> Found:
    """The patient has completed so many years."""
    born = day((scene.patient or {}).get("birthDate"))
    return born is not None and age(born, scene.today) >= years and (f"{scene.patient_ref}.birthDate",)


@condition
def no_guardian(scene: Scene) -> Found:
    """No guardian of the patient, named on file, takes part in the visit (RelatedPerson, GUARD)."""
    for ref in scene.taking_part("GUARD"):
        person = scene.read(ref) if ref.startswith("RelatedPerson/") else None
        if person is not None and scene.patient_ref in (one for one in _patients(person)):
            return False
    return (f"{scene.visit_ref}.participant",)


@condition
def no_specialist(scene: Scene, subjects: tuple[str, ...], attending_counts: bool = False) -> Found:
    """No physician of one of these clinical subjects is with the child.

    ``attending_counts``: whether the attending physician may be that one.
    """
    attending = {scene.person(ref) for ref in scene.taking_part(ATTENDING)}
    present = {person for ref in scene.taking_part() if (person := scene.person(ref))}
    asked = present if attending_counts else present - attending
    there = any(
        covers(scope, subject) for one in asked for scope in scopes(scene, one) for subject in subjects
    )
    return False if there else (f"{scene.visit_ref}.participant",)


def check_character(first: str) -> str:
    """Return the last character of a resident ID after its first 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True)) % 11]


def _wrong(number: object, birth_date: object, gender: object) -> bool:
    if not isinstance(number, str) or not _FORM(number) or number[17] != check_character(number[:17]):
        return True
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    if day(born) is None or (isinstance(birth_date, str) and not born.startswith(birth_date)):
        return True
    sex = "male" if int(number[16]) % 2 else "female"
    return gender in ("male", "female") and gender != sex


def _patients(person: object) -> list[str]:
    return [one for one in each(person, "patient.reference") if isinstance(one, str)]
