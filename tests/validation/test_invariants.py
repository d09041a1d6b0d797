"""Every invariant of R4 on a resource that keeps it and on one that breaks it, and the two forms of each."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.validation.fhirpath import FHIRPath, NotEvaluated
from gateway.validation.invariants import native
from gateway.validation.r4 import Definitions
from gateway.validation.scope import Scope
from gateway.validation.shapes import Constraint, Element, shape
from gateway.validation.validator import Validator

HERE = Path(__file__).with_name("invariants")
BASES: dict[str, Any] = yaml.safe_load((HERE / "bases.yaml").read_text())
CASES: list[dict[str, Any]] = [
    case
    for name in ("datatypes", "resources", "definitions")
    for case in yaml.safe_load((HERE / f"{name}.yaml").read_text())
]
NEVER_BROKEN = {"eld-11", "cid-0"}
"""As R4 writes them: eld-11 asks whether a comparison has a result,
cid-0 asks for a name that ChargeItemDefinition has not."""
NAMES = "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')"

DEFINITIONS = Definitions()
VALIDATOR = Validator(DEFINITIONS)
EXPRESSIONS = FHIRPath(DEFINITIONS, VALIDATOR.terminology.members)


def resource(case: dict[str, Any], which: str) -> dict[str, Any]:
    kind = case["place"].partition(".")[0]
    merged = {"resourceType": kind} | BASES[kind] | case[which]
    kept = {name: value for name, value in merged.items() if value is not None}
    made: dict[str, Any] = json.loads(json.dumps(kept), parse_float=Decimal)
    return made


def named(case: dict[str, Any]) -> str:
    return f"{case['rule']} {case['place']}"


def official() -> Iterator[tuple[str, Constraint]]:
    """Every invariant of the types of R4, with the path of the element that it is on."""
    for url in DEFINITIONS.urls("StructureDefinition"):
        structure = DEFINITIONS.get(url)
        if structure is not None and "snapshot" in structure:
            yield from _constraints(shape(structure))


def _required(element: Element) -> Iterator[tuple[str, list[str]]]:
    for child in element.children:
        if child.least:
            yield element.path, [key for key, _ in child.names()]
        yield from _required(child)


def _constraints(element: Element) -> Iterator[tuple[str, Constraint]]:
    yield from ((element.path, constraint) for constraint in element.constraints)
    for child in element.children:
        yield from _constraints(child)


def name_cases() -> Iterator[dict[str, Any]]:
    for path, constraint in official():
        if constraint.expression == NAMES and constraint.key not in NEVER_BROKEN:
            yield {
                "rule": constraint.key,
                "place": path,
                "good": {"name": "Good_1"},
                "bad": {"name": "not one"},
            }


ALL = CASES + list(name_cases())


@pytest.mark.parametrize("case", ALL, ids=named)
def test_what_keeps_an_invariant_has_no_error(case: dict[str, Any]) -> None:
    issues = VALIDATOR.check(resource(case, "good"))
    assert [issue for issue in issues if issue.rule == case["rule"]] == []
    if not case.get("loose"):
        assert [(issue.rule, issue.where) for issue in issues if issue.severity in ("error", "fatal")] == []


@pytest.mark.parametrize("case", [case for case in ALL if case["rule"] not in NEVER_BROKEN], ids=named)
def test_what_breaks_an_invariant_is_named_at_its_place(case: dict[str, Any]) -> None:
    issues = VALIDATOR.check(resource(case, "bad"))
    found = [(issue.where, issue.severity) for issue in issues if issue.rule == case["rule"]]
    severities = {constraint.severity for _, constraint in official_by_key()[case["rule"]]}
    assert found == [(case.get("at", case["place"]), found[0][1])]
    assert found[0][1] in severities


def official_by_key() -> dict[str, list[tuple[str, Constraint]]]:
    found: dict[str, list[tuple[str, Constraint]]] = {}
    for path, constraint in OFFICIAL:
        found.setdefault(constraint.key, []).append((path, constraint))
    return found


OFFICIAL = list(official())


def test_every_invariant_of_r4_has_a_case() -> None:
    wanted = {(constraint.key, constraint.expression) for _, constraint in OFFICIAL}
    met = {(case["rule"], constraint_of(case).expression) for case in ALL}
    assert len(wanted) == 239
    assert wanted - met == set()


def constraint_of(case: dict[str, Any]) -> Constraint:
    """The invariant of a case: that of its rule on its element or on the element's type."""
    _, kind, path = located(case, resource(case, "good"))
    places = {path, kind, kind.partition(".")[0], path.partition(".")[0]}
    choices = official_by_key()[case["rule"]]
    return next(
        one for at, one in choices if at in places or len({one.expression for _, one in choices}) == 1
    )


def located(case: dict[str, Any], whole: dict[str, Any]) -> tuple[Any, str, str]:
    """The element at the place of a case, with its type and its path."""
    kind, *steps = case["place"].split(".")
    value: Any = whole
    path = kind
    for step in steps:
        match = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", step)
        assert match
        members = EXPRESSIONS.model.members(kind) or {}
        path = f"{kind}.{match[1]}"
        kind = next(type_ for pairs in members.values() for key, type_ in pairs if key == match[1])
        value = value[match[1]]
        if match[2]:
            value = value[int(match[2])]
    return value, kind, path


@pytest.mark.parametrize("which", ["good", "bad"])
@pytest.mark.parametrize("case", ALL, ids=named)
def test_fhirpath_says_the_same(case: dict[str, Any], which: str) -> None:
    if case[which] is None or (case["rule"], which) in FULL_MATCH or case["rule"] == "cid-0":
        return
    whole = resource(case, which)
    value, kind, _ = located(case, whole)
    verdict = EXPRESSIONS.holds(constraint_of(case).expression, value, kind, Scope(whole))
    assert verdict is (which == "good")


FULL_MATCH = {("eld-19", "bad"), ("eld-20", "bad")} | {(case["rule"], "bad") for case in name_cases()}
"""``matches`` finds a part of the string today; these expressions were written to match all of it."""

UNTOLD = (
    {
        "ref-1": "no reference at all gives empty; the definition asks something of local references only",
        "per-1": "a day and an hour of it have no order: nothing is wrong",
        "rng-2": "units that differ do not compare: nothing is wrong",
        "mdd-1": "as per-1",
        "inv-1": "as per-1",
        "ras-2": "no probability gives empty; the definition asks something of decimals only",
    }
    | {case["rule"]: "no name at all gives empty; nothing is wrong" for case in name_cases()}
    | {"cid-0": "as these"}
)
"""Where FHIRPath gives empty, the native form holds."""

OTHER_READING = {
    "eld-19": "all of the path, not only a part",
    "eld-20": "all of the path, not only a part",
} | {case["rule"]: "all of the name, not only a part" for case in name_cases()}


def test_native_forms_agree_with_fhirpath_on_damaged_resources() -> None:
    chance = random.Random(20260301)
    compared = 0
    for case in ALL:
        for which in ("good", "bad"):
            if case[which] is None:
                continue
            for _ in range(6):
                compared += compare_all(damaged(resource(case, which), chance))
    assert compared > 5_000


def damaged(whole: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The resource with some of its elements gone, or put in twice."""
    made = copy.deepcopy(whole)
    places: list[tuple[Any, Any]] = []
    pending: list[Any] = [made]
    while pending:
        one = pending.pop()
        for key, value in list(one.items()) if type(one) is dict else list(enumerate(one)):
            if key != "resourceType":
                places.append((one, key))
            if type(value) in (dict, list):
                pending.append(value)
    for holder, key in chance.sample(places, min(len(places), chance.randrange(3))):
        if type(holder) is dict:
            holder.pop(key, None)
        elif key < len(holder):
            holder.append(copy.deepcopy(holder[key]))
    return made


def compare_all(whole: dict[str, Any]) -> int:
    compared = 0
    for value, kind, constraint, scope in constrained(whole, whole["resourceType"], Scope(whole)):
        known = native(constraint.expression)
        if known is None or lacking(value, value.get("resourceType", kind)):
            continue
        holds = not all(need in value for need in known.needs)
        try:
            holds = holds or known.holds(value, scope)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError):
            continue  # what is missing is an error of its own, and the walker says so
        verdict, told = fhirpath_verdict(constraint, value, kind, scope)
        # Where FHIRPath has an answer, only a documented other reading of the definition may differ from it.
        said = constraint.key in OTHER_READING or (not told and constraint.key in UNTOLD)
        assert holds == verdict or said, (constraint.key, kind, value)
        compared += 1
    return compared


def fhirpath_verdict(constraint: Constraint, value: Any, kind: str, scope: Scope) -> tuple[bool, bool]:
    """The verdict of FHIRPath (nothing is false), and whether there was one."""
    try:
        found = EXPRESSIONS.values(constraint.expression, value, kind, scope)
    except NotEvaluated:
        return False, False
    return found == [True], bool(found)


def lacking(value: Any, kind: str) -> bool:
    """Whether a required element is gone below: an error of its own, and the forms need not agree."""
    if any(set(names).isdisjoint(value) for names in REQUIRED.get(kind, ())):
        return True
    kinds = {key: type_ for pairs in (EXPRESSIONS.model.members(kind) or {}).values() for key, type_ in pairs}
    for key, inner in value.items():
        for one in inner if type(inner) is list else [inner]:
            if type(one) is dict and lacking(one, one.get("resourceType", kinds.get(key, ""))):
                return True
    return False


def constrained(value: Any, kind: str, scope: Scope) -> Iterator[tuple[Any, str, Constraint, Scope]]:
    """Every complex element of a resource with each invariant that it must keep."""
    if type(value) is not dict:
        return
    kind = value.get("resourceType", kind)
    for path, constraint in BY_PATH.get(kind, ()):
        yield value, path, constraint, scope
    for name, pairs in (EXPRESSIONS.model.members(kind) or {}).items():
        for key, type_ in pairs:
            inner = value.get(key)
            for one in inner if type(inner) is list else [inner]:
                if type(one) is not dict:
                    continue
                for _, constraint in BY_PATH.get(f"{kind}.{name}", ()) if type_ != f"{kind}.{name}" else ():
                    yield one, type_, constraint, scope
                inside = Scope(one) if type_ == "Resource" and key != "contained" else scope
                yield from constrained(one, type_, inside)


UNKNOWN = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    ]
}


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        ({"resourceType": "Patient", "telecom": [{"_value": UNKNOWN}]}, [("cpt-2", "Patient.telecom[0]")]),
        ({"resourceType": "Patient", "telecom": [{"_value": UNKNOWN, "system": "phone"}]}, []),
        ({"resourceType": "Patient", "telecom": [{"value": "1", "_system": UNKNOWN}]}, []),
        (
            {"resourceType": "Patient", "identifier": [{"period": {"_start": UNKNOWN, "end": "2026-03-01"}}]},
            [],
        ),
        ({"resourceType": "Patient", "managingOrganization": {"_reference": UNKNOWN, "display": "a"}}, []),
        (
            {"resourceType": "Appointment", "_start": UNKNOWN} | BASES["Appointment"],
            [("app-2", "Appointment")],
        ),
    ],
)
def test_a_primitive_with_only_an_extension_is_there(
    whole: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    issues = VALIDATOR.check(whole, best_practice=False)
    assert [(issue.rule, issue.where) for issue in issues if issue.severity == "error"] == expected


BY_PATH: dict[str, list[tuple[str, Constraint]]] = {}
for _path, _constraint in OFFICIAL:
    BY_PATH.setdefault(_path.removesuffix("[x]"), []).append((_path, _constraint))

REQUIRED: dict[str, list[list[str]]] = {}
for _url in DEFINITIONS.urls("StructureDefinition"):
    _structure = DEFINITIONS.get(_url)
    if _structure is not None and "snapshot" in _structure:
        for _path, _names in _required(shape(_structure)):
            REQUIRED.setdefault(_path, []).append(_names)
