"""Coding: diagnoses, results, units and numbers have the form of the system that they name."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.simulators.exact import Resource
from conformance.suites.quality import forms
from conformance.suites.quality.sample import codings, nothing, sample
from conformance.suites.quality.shares import least, share

_ICD10 = (
    "urn:oid:2.16.156.10011.2.3.3.11",
    "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/sid/icd-10-cn",
)
_UCUM = "http://unitsofmeasure.org"
_RESIDENT_ID = "urn:oid:2.16.156.10011.1.3"
"""Of resident IDs, unless the target's ``settings.resident_id`` names another system."""


@check("CQ18-20", zh="诊断编码符合 ICD-10 形式", en="codes of diagnoses have the form of ICD-10")
def icd10(run: Run) -> None:
    """Codings that name ICD-10 as their system."""
    listed = [
        one
        for one in codings(sample(run).of("Condition"), "code")
        if str(one.get("system")).startswith(_ICD10)
    ]
    share(
        run,
        listed,
        lambda one: forms.icd10(str(one.get("code"))),
        least("icd10"),
        "符合 ICD-10 形式",
        "it has the form of ICD-10",
        "ICD-10",
    )


@check("CQ18-20", zh="LOINC 编码的校验位正确", en="LOINC codes have the right check digit")
def loinc(run: Run) -> None:
    """Results, reports and requests."""
    found = sample(run)
    kinds = [
        kind for kind in ("Observation", "DiagnosticReport", "ServiceRequest") if found.by_kind.get(kind)
    ]
    listed = [
        one
        for one in codings(found.of(*kinds) if kinds else [], "code")
        if one.get("system") == "http://loinc.org"
    ]
    share(
        run,
        listed,
        lambda one: forms.loinc(str(one.get("code"))),
        least("loinc"),
        "校验位正确",
        "its check digit is right",
        "LOINC",
    )


@check("CQ18-20", zh="单位代码符合 UCUM 形式", en="codes of units have the form of UCUM")
def ucum(run: Run) -> None:
    """Quantities that name UCUM, wherever they stand."""
    listed = [one for resource in sample(run).all() for one in _quantities(resource)]
    share(
        run,
        listed,
        lambda one: forms.ucum(str(one.get("code"))),
        least("ucum"),
        "符合 UCUM 形式",
        "it has the form of UCUM",
        "UCUM",
    )


def _quantities(value: object) -> list[Resource]:
    if isinstance(value, dict):
        own = [value] if value.get("system") == _UCUM and "code" in value else []
        return own + [found for one in value.values() for found in _quantities(one)]
    return [found for one in value for found in _quantities(one)] if isinstance(value, list) else []


@check(
    "CQ18-20", zh="诊断、项目与药品编码带编码体系", en="codes of diagnoses, tests and drugs name their system"
)
def coded(run: Run) -> None:
    """A code without a system means nothing outside the house."""
    found = sample(run)
    places = (
        ("Condition", "code"),
        ("Observation", "code"),
        ("DiagnosticReport", "code"),
        ("MedicationRequest", "medicationCodeableConcept"),
    )
    listed = [
        one for kind, path in places for one in codings(found.by_kind.get(kind, []), path) if one.get("code")
    ]
    share(
        run,
        listed,
        lambda one: one.get("system"),
        least("coded"),
        "带编码体系",
        "it names its system",
        "codes",
    )


def _numbers(run: Run) -> list[tuple[Resource, str]]:
    system = run.target.setting("resident_id", _RESIDENT_ID)
    listed = [
        (patient, str(one.get("value")))
        for patient in sample(run).of("Patient")
        for one in each(patient, "identifier")
        if isinstance(one, dict) and one.get("system") == system
    ]
    if not listed:
        raise nothing("resident ID")
    return listed


@check("SC-26.1", zh="身份证号的校验码正确", en="resident IDs have the right check character")
def resident_id(run: Run) -> None:
    """GB 11643."""
    share(
        run,
        _numbers(run),
        lambda one: forms.resident_id(one[1]),
        least("resident_id"),
        "校验码正确",
        "its check character is right",
        "resident ID",
    )


@check("SC-26.1", zh="身份证号与出生日期、性别一致", en="resident IDs agree with birth date and sex")
def resident_agrees(run: Run) -> None:
    """Of patients who have all three."""
    listed = [one for one in _numbers(run) if forms.resident_id(one[1])]
    share(
        run,
        listed,
        _agrees,
        least("resident_agrees"),
        "与出生日期、性别一致",
        "it agrees with birth date and sex",
        "resident ID",
    )


def _agrees(one: tuple[Resource, str]) -> bool:
    patient, number = one
    born = forms.born(number)
    birth, gender = patient.get("birthDate"), patient.get("gender")
    agreed = birth is None or (born is not None and born.isoformat().startswith(str(birth)))
    return agreed and gender in (None, "unknown", "other", forms.gender(number))


@check("SC-26.1", zh="患者性别使用规定代码", en="the sex of patients is one of the codes")
def sex(run: Run) -> None:
    """R4 administrative-gender, to which GB/T 2261.1 is mapped."""
    listed = [one for one in sample(run).of("Patient") if "gender" in one]
    share(
        run,
        listed,
        lambda one: one["gender"] in ("male", "female", "other", "unknown"),
        1,
        "性别为规定代码",
        "it is one of the codes",
        "Patient.gender",
    )
