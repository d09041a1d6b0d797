"""FHIRPath: values of expressions on resources, and what cannot be evaluated."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from gateway.validation.fhirpath import FHIRPath, NotEvaluated
from gateway.validation.fhirpath.model import Node, plain
from gateway.validation.invariants import moments
from gateway.validation.r4 import Definitions
from gateway.validation.scope import Scope
from gateway.validation.terminology import Terminology
from gateway.validation.validator import Validator

DEFINITIONS = Definitions()
FHIRPATH = FHIRPath(DEFINITIONS, Terminology(DEFINITIONS).members)

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "name": [{"family": "王", "given": ["小", "明"]}, {"text": "王小明", "use": "official"}],
    "gender": "male",
    "birthDate": "1990-02-20",
    "_birthDate": {
        "extension": [{"url": "http://example.org/time", "valueDateTime": "1990-02-20T08:30:00+08:00"}]
    },
    "deceasedBoolean": False,
    "multipleBirthInteger": 2,
    "managingOrganization": {"reference": "#o"},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "人民医院"}],
    "maritalStatus": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"}]
    },
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}, {"code": "HGB"}]},
    "effectiveDateTime": "2026-03-01T08:00:00+08:00",
    "valueQuantity": {
        "value": Decimal("5.60"),
        "unit": "g/L",
        "system": "http://unitsofmeasure.org",
        "code": "g/L",
    },
    "component": [
        {"code": {"text": "a"}, "valueInteger": 3},
        {"code": {"text": "b"}, "valueString": "x"},
        {"code": {"text": "c"}},
    ],
}


def value(expression: str, resource: dict[str, Any] = PATIENT) -> list[Any]:
    items = FHIRPATH.values(expression, resource, "", Scope(resource))
    return [
        one.value if type(one) is Node and type(one.value) is dict else written(plain(one)) for one in items
    ]


def written(one: Any) -> Any:
    return getattr(one, "text", one)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Patient.name.given", ["小", "明"]),
        ("name[1].text", ["王小明"]),
        ("Observation.status", []),
        ("DomainResource.gender = 'male'", [True]),
        ("birthDate.count()", [1]),
        ("birthDate = @1990-02-20", [True]),
        ("birthDate.extension('http://example.org/time').value.hasValue()", [True]),
        ("birthDate.extension.exists()", [True]),
        ("deceased", [False]),
        ("deceased is Boolean", [True]),
        ("deceased is boolean", [True]),
        ("deceased is dateTime", [False]),
        ("multipleBirth as integer", [2]),
        ("multipleBirth.ofType(boolean)", []),
        ("gender is string", [True]),
        ("gender is System.String", [True]),
        ("gender is FHIR.code", [True]),
        ("name is HumanName", NotEvaluated),
        ("name.first() is Element", [True]),
        ("Patient is DomainResource", [True]),
        ("managingOrganization.resolve().name", ["人民医院"]),
        ("managingOrganization.resolve() is Organization", [True]),
        ("name.where(use = 'official').text", ["王小明"]),
        ("name.where($this.given.exists()).given.where($index = 1)", ["明"]),
        ("name.all(given.where($this = '明').exists() or $this.text.exists())", [True]),
        ("name.given.combine(name.given).isDistinct()", [False]),
        ("(name.given | name.given).count()", [2]),
        ("name.given.aggregate($total & $this, '')", ["小明"]),
        ("name.select(given.first() | family)", ["小", "王"]),
        ("name.exists(use = 'old')", [False]),
        ("name.use.empty().not()", [True]),
        ("contained.descendants().where($this = '人民医院').count()", [1]),
        ("descendants().reference", ["#o"]),
        ("children().code", []),
        ("iif(gender = 'male', 'm', 'f')", ["m"]),
        ("{}", []),
        ("{} = 1", []),
        ("1 = 1.0", [True]),
        ("true = 1", [False]),
        ("'a' & {} & 'b'", ["ab"]),
        ("1 + 2 * 3 - 4 / 2", [Decimal(5)]),
        ("7 div 2 + 7 mod 2", [4]),
        ("1 / 0", []),
        ("-(3) + 1", [-2]),
        ("true and {}", []),
        ("false and {}", [False]),
        ("true or {}", [True]),
        ("{} implies true", [True]),
        ("{} implies false", []),
        ("true xor {}", []),
        ("'a' in ('b' | 'a')", [True]),
        ("('b' | 'a') contains 'c'", [False]),
        ("'Ab  c' ~ 'aB c'", [True]),
        ("0.67 ~ 1.2 / 1.8 and 1.2 ~ 1.24 and (1 !~ 2)", [True]),
        ("(1 | 2) ~ (2 | 1)", [True]),
        ("@2020-01-01T00:00:00Z ~ @2020-01-01T08:00:00+08:00", [True]),
        ("@2020 ~ @2020-01", [False]),
        ("birthDate < today() and birthDate < now()", [True]),
        ("7 days = 1 week and 1 'wk' > 6 days", [True]),
        ("Patient.name.given.subsetOf(Patient.name.given)", [True]),
        ("active.type().name & '.' & active.type().namespace", ["boolean.FHIR"]),
        ("'abc'.substring(1, 1)", ["b"]),
        ("'abc'.startsWith('ab') and 'abc'.endsWith('bc') and 'abc'.contains('b')", [True]),
        ("'a1'.matches('[0-9]')", [True]),
        ("'a1'.matches('^[0-9]$')", [False]),
        ("'a.b.c'.replaceMatches('\\\\..*', '')", ["a"]),
        ("'\\u0041\\'\\\\'", ["A'\\"]),
        ("'a,b'.split(',').join('-')", ["a-b"]),
        ("'12'.toInteger() + 1", [13]),
        ("'x'.toInteger()", []),
        ("'x'.convertsToInteger()", [False]),
        ("true.toString()", ["true"]),
        ("1.50.toString()", ["1.50"]),
        ("@2020-05 < @2020-05-03", []),
        ("@2020-05 < @2020-06-03", [True]),
        ("@2020-05-03T10:00:00Z = @2020-05-03T12:00:00+02:00", [True]),
        ("@2020-01-31 + 1 month", ["2020-02-29"]),
        ("@2020-01-01 - 1 day", ["2019-12-31"]),
        ("@2020-02.highBoundary() >= @2020-02-29T23:00:00", [True]),
        ("@2020.lowBoundary() <= @2020-01-01T00:00:00 and @2020 < @2020.highBoundary()", []),
        ("birthDate.lowBoundary() <= birthDate.highBoundary()", [True]),
        ("@T10:30 < @T11:00", [True]),
        ("-3 != 3 and +1 < +2 and -Patient.name.given.count() = -2", [True]),
        ("name.given.where(substring($this.length() - 1) = '明')", ["明"]),
        ("name.first().subsetOf($this.name) and name.supersetOf($this.name.first())", [True]),
        ("(0 | 1 | 2).tail() = 1 | 2", [True]),
        ("(1 | 2 | 3).aggregate(iif($total.empty(), $this, iif($this > $total, $this, $total)))", [3]),
        ("'1 day'.toQuantity() = 1 day and 1.toQuantity() = 1 '1'", [True]),
        ("'1 wk'.convertsToQuantity() or '1.a'.convertsToDecimal() or 2.convertsToBoolean()", [False]),
        ("1.is(Integer) and 1.0.is(Decimal) and '1'.is(Integer).not() and @2013-04-05.is(Date)", [True]),
        ("@2017-11-05T01:30:00.0-04:00 = @2017-11-05T00:30:00.0-05:00", [True]),
        ("'t2'.toChars() = 't' | '2'", [True]),
        ("iif({}, true, false) or iif(false, 1 / 0, false)", [False]),
        ("children().skip(1).exists() and Encounter.name.empty()", [True]),
        ("1 'g' = 1000 'mg'", [True]),
        ("2 days > 36 hours", [True]),
        ("1 'g' < 1 'm'", []),
        ("%ucum", ["http://unitsofmeasure.org"]),
        ("%`vs-administrative-gender`", ["http://hl7.org/fhir/ValueSet/administrative-gender"]),
        ("gender.memberOf(%'vs-administrative-gender')", [True]),
        ("maritalStatus.memberOf('http://hl7.org/fhir/ValueSet/marital-status')", [True]),
        ("%context.id & %resource.id & %rootResource.id", ["ppp"]),
        ("name.given.trace('given', $this).count()", [2]),
        ("today() >= @2024-01-01", [True]),
        ("name.given.take(1) | name.given.skip(1).last()", ["小", "明"]),
        ("(1 | 2 | 3).sum() = 6 and (1 | 2).max() = 2", [True]),
        ("repeat(contained | managingOrganization).count()", [2]),
        ("'a' = 'a' = true", [True]),
        ("name.given.subsetOf('小' | '明' | '红')", [True]),
        ("name.single().text", NotEvaluated),
        ("gender.conformsTo('http://example.org')", NotEvaluated),
        ("name.given +", NotEvaluated),
        ("name.given) or true", NotEvaluated),
        ("name.unknown()", NotEvaluated),
        ("%unknown", NotEvaluated),
        ("gender > 1", NotEvaluated),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    if expected is NotEvaluated:
        with pytest.raises(NotEvaluated):
            value(expression)
    else:
        assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("value.value", [Decimal("5.60")]),
        ("value > 5 'g/L'", [True]),
        ("value is Quantity", [True]),
        ("(value as Quantity).unit", ["g/L"]),
        ("component.value.ofType(integer)", [3]),
        ("component.where(value is string).code.text", ["b"]),
        ("component.where(value.empty()).code.text", ["c"]),
        ("code.coding.where(system = %loinc).code", ["718-7"]),
        ("effective.toString().length() >= 8", [True]),
        ("(effective as dateTime) < @2026-03-01T01:00:00Z", [True]),
        ("code.coding.all(code.matches('^[A-Z0-9-]+$'))", [True]),
    ],
)
def test_choices_and_their_types(expression: str, expected: Any) -> None:
    assert value(expression, OBSERVATION) == expected


def structure(expression: str, path: str = "Patient") -> dict[str, Any]:
    constraint = {"key": "own-1", "severity": "error", "human": "own", "expression": expression}
    return {
        "resourceType": "StructureDefinition",
        "url": "http://example.org/StructureDefinition/own",
        "name": "Own",
        "status": "draft",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation": "constraint",
        "differential": {"element": [{"id": path, "path": path, "constraint": [constraint]}]},
    }


def verdict(expression: str, resource: dict[str, Any], path: str = "Patient") -> list[tuple[str, str, str]]:
    own = structure(expression, path)
    validator = Validator(Definitions([own]))
    issues = validator.check(resource, [own["url"]])
    return [(issue.severity, issue.where, issue.code) for issue in issues if issue.rule == "own-1"]


def test_an_invariant_of_a_users_profile_is_evaluated() -> None:
    assert verdict("gender = 'male'", PATIENT) == []
    assert verdict("gender = 'female'", PATIENT) == [("error", "Patient", "invariant")]
    assert verdict("text.exists() or use.exists()", PATIENT, "Patient.name") == [
        ("error", "Patient.name[0]", "invariant")
    ]


def test_an_empty_result_breaks_an_invariant() -> None:
    assert verdict("language = 'zh'", PATIENT) == [("error", "Patient", "invariant")]


@pytest.mark.parametrize(
    "expression", ["name.given) or", "gender.conformsTo('http://example.org')", "gender.does()"]
)
def test_what_cannot_be_evaluated_is_reported(expression: str) -> None:
    assert verdict(expression, PATIENT) == [("warning", "Patient", "processing")]


@pytest.mark.parametrize(
    "expression",
    ["value.value.truncate()", "value.value.floor()", "value.value div 1", "@2020-01-01 + value"],
)
def test_a_number_whose_digits_fill_the_memory_is_not_written_out(expression: str) -> None:
    quantity = {"value": Decimal("1e999999999999999999"), "unit": "year"}
    huge = {"resourceType": "Observation", "valueQuantity": quantity}
    with pytest.raises(NotEvaluated):
        value(expression, huge)
    assert value("value.value.toString()", huge) == ["1E+999999999999999999"]


def test_a_reference_to_what_is_not_here_is_reported_where_it_matters() -> None:
    elsewhere = PATIENT | {"managingOrganization": {"reference": "Organization/x"}, "contained": []}
    del elsewhere["contained"]
    expression = "managingOrganization.resolve().name.exists()"
    assert verdict(expression, PATIENT) == []
    assert verdict(expression, elsewhere) == [("warning", "Patient", "processing")]
    assert verdict(f"{expression} or gender = 'male'", elsewhere) == []


def test_a_contained_resource_and_an_entry_are_their_own_resource() -> None:
    structure_definition = {
        "resourceType": "StructureDefinition",
        "id": "s",
        "url": "http://example.org/p",
        "name": "P",
        "status": "draft",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation": "constraint",
        "differential": {"element": [{"id": "Person", "path": "Person"}]},
    }
    document = {
        "resourceType": "List",
        "status": "current",
        "mode": "working",
        "contained": [structure_definition],
        "entry": [{"item": {"reference": "#s"}}],
    }
    found = [issue.where for issue in Validator().check(document) if issue.rule == "sdf-8a"]
    assert found == ["List.contained[0].differential"]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": "http://example.org/StructureDefinition/s", "resource": structure_definition}],
    }
    found = [issue.where for issue in Validator().check(bundle) if issue.rule == "sdf-8a"]
    assert found == ["Bundle.entry[0].resource.differential"]


def test_descendants_of_a_large_resource_are_found() -> None:
    items: list[dict[str, Any]] = [{"linkId": str(at), "type": "string"} for at in range(20_000)]
    form = {"resourceType": "Questionnaire", "status": "draft", "item": items}
    assert FHIRPATH.holds("descendants().linkId.isDistinct()", form, "", Scope(form)) is True
    items.append({"linkId": "7", "type": "string"})
    assert FHIRPATH.holds("descendants().linkId.isDistinct()", form, "", Scope(form)) is False


@pytest.mark.parametrize(
    ("first", "second", "later"),
    [
        ("2026-03-02", "2026-03-01", True),
        ("2026-03-01", "2026-03-01", False),
        ("2026-01-01", "2026-12-31", False),
        ("2026-02", "2026-01", True),
        ("2026-03-01T23:30:00-05:00", "2026-03-01", False),
        ("2026-03-02T00:30:00+08:00", "2026-03-01", True),
        ("2026-03-01T08:00:00+08:00", "2026-03-01T00:00:01Z", False),
        ("2026-03-01T08:00:01+08:00", "2026-03-01T00:00:00Z", True),
        ("2026-03-01T08:00:00.2+08:00", "2026-03-01T08:00:00.1+08:00", True),
        ("2026", "2026-03", False),
        ("2027", "2026-03", True),
        ("2026-02-30", "2026-02-29T08:00:00Z", True),
        ("no date", "2026", False),
    ],
)
def test_the_order_of_moments(first: str, second: str, later: bool) -> None:
    assert moments.after(first, second) is later


def test_the_grammar_is_imported_only_for_an_expression() -> None:
    program = (
        "import sys; from gateway.validation.validator import Validator\n"
        "Validator().check({'resourceType': 'Patient', 'gender': 'male'})\n"
        "sys.exit('antlr4' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
