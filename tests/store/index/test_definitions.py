"""The official definitions: every type and parameter is there, and each expression is read right."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gateway.store.index import Parameter, parameters, values
from gateway.store.index.definitions import catalogue
from gateway.store.index.expression import Equal, Member, Refers, Unreadable, read
from gateway.store.index.expression import Path as Way
from gateway.store.index.lists import PRESENT, way
from gateway.store.types import TYPES
from gateway.validation.fhirpath import FHIRPath
from gateway.validation.r4 import Definitions
from gateway.validation.scope import Scope

DATA: dict[str, Any] = json.loads(files("gateway.store.index").joinpath("definitions.json").read_bytes())
FHIRPATH = FHIRPath(Definitions())
COMMON = {"_content", "_id", "_lastUpdated", "_profile", "_query", "_security", "_source", "_tag", "_text"}


def every() -> Iterator[Parameter]:
    for type_ in TYPES:
        yield from parameters(type_).values()


def official(package: Path) -> dict[str, dict[str, Any]]:
    with tarfile.open(package) as archive:
        handle = archive.extractfile("package/Bundle-searchParams.json")
        assert handle is not None
        return {entry["resource"]["url"]: entry["resource"] for entry in json.load(handle)["entry"]}


def test_every_official_parameter_is_known_by_its_url_name_and_type(package: Path) -> None:
    given = official(package)
    assert len(given) == 1375
    above = {"Resource", "DomainResource"}
    wanted = {
        (base, one["code"], one["type"], url)
        for url, one in given.items()
        for base in set(one["base"]) - above
    }
    found = {(one.base, one.name, one.type, one.url) for one in every() if one.name not in COMMON}
    assert found == wanted
    assert {one.url for one in every()} == given.keys()


def test_every_type_has_the_common_parameters() -> None:
    assert all(
        parameters(type_).keys() >= COMMON for type_ in set(TYPES) - {"Binary", "Bundle", "Parameters"}
    )
    assert parameters("Bundle").keys() & COMMON == COMMON - {"_text"}


def test_an_unknown_type_is_none() -> None:
    with pytest.raises(KeyError):
        parameters("Patients")


def sample(path: Way, root: dict[str, Any]) -> None:
    """Put something that the path selects into a resource, beside what is there."""
    node: Any = root
    steps = list(path.steps)
    last = max(at for at, step in enumerate(steps) if isinstance(step, Member))
    for at, step in enumerate(steps):
        if isinstance(step, Equal):
            node[step.name] = step.value
        elif isinstance(step, Refers):
            node["reference"] = f"{step.type}/1"
        else:
            value = leaf(path.type, step.name) if at == last else {}
            held = node.setdefault(step.name, [value] if step.many else value)
            node = held[-1] if step.many else held


def leaf(type_: str, name: str) -> Any:
    if type_ == PRESENT:
        return True if name.endswith("Boolean") else "2026-03-09"
    if type_ == "Resource":
        return {"resourceType": "Composition", "id": "1"}
    if not type_[:1].islower():
        return {"id": "x"}
    special = {"boolean": True, "decimal": Decimal("1.50"), "date": "2026-03-09", "dateTime": "2026-03-09"}
    special |= {"instant": "2026-03-09T08:00:00Z", "integer": 7, "positiveInt": 7, "unsignedInt": 7}
    return special.get(type_, "x")


def test_every_way_of_every_expression_is_the_one_that_fhirpath_goes() -> None:
    ways = 0
    for one in every():
        for path in one.paths:
            if not path.members:
                continue  # a composite of the resource itself
            resource: dict[str, Any] = {"resourceType": one.base}
            sample(path, resource)
            found = [value for _, value in values(one, resource)]
            engine = evaluated(one.expression, resource)
            assert found, (one.base, one.name)
            assert found == engine, (one.base, one.name)
            ways += 1
    assert ways > 2000


class Named(dict[str, Any]):
    """Every reference is there."""

    def get(self, reference: str, default: Any = None) -> Any:
        return {"resourceType": reference.partition("/")[0]}


def evaluated(expression: str, resource: dict[str, Any]) -> list[Any]:
    items = FHIRPATH.values(expression, resource, "", Scope(resource, Named()))
    return [getattr(item, "value", item) for item in items]


def test_every_element_that_is_searched_is_filed_in_a_list_of_the_parameter() -> None:
    for type_ in TYPES:
        lists = {(one.kind, one.name): {way(path) for path in one.paths} for one in catalogue().lists(type_)}
        assert len(lists) == len(catalogue().lists(type_)), "each list has a name of its own"
        for one in parameters(type_).values():
            kind = "number" if one.type == "quantity" else one.type
            filed = set().union(*(lists[kind, name] for name in one.postings))
            mine = {way(path) for path in one.paths if one.postings}
            readable = {place for place in mine if place in filed or place[:-1] in filed}
            if one.exact:
                assert filed <= mine, (type_, one.name)
            assert not one.postings or readable, (type_, one.name)


def test_what_several_parameters_select_is_filed_once() -> None:
    patient, observation = parameters("Patient"), parameters("Observation")
    assert patient["phone"].postings == patient["email"].postings == patient["telecom"].postings
    assert (patient["phone"].exact, patient["telecom"].exact) == (False, True)
    assert patient["family"].postings == patient["given"].postings == patient["name"].postings
    assert observation["patient"].postings == observation["subject"].postings
    assert observation["combo-code"].postings == ("code", "component-code")
    assert observation["combo-code"].exact


def test_targets_are_those_that_the_element_may_have() -> None:
    assert parameters("Encounter")["patient"].targets == ("Patient",)
    assert parameters("AllergyIntolerance")["patient"].targets == ("Patient",)
    assert parameters("Encounter")["subject"].targets == ("Group", "Patient")
    assert parameters("Provenance")["target"].targets == ()


def test_codes_have_the_system_of_their_binding() -> None:
    assert parameters("Patient")["gender"].system == "http://hl7.org/fhir/administrative-gender"
    assert parameters("Observation")["code"].system == ""


def test_a_component_is_answered_by_the_lists_of_its_definition() -> None:
    whole = parameters("Observation")["code-value-quantity"]
    assert [(one.name, one.type, one.postings) for one in whole.components] == [
        ("code", "token", ("code",)),
        ("value-quantity", "quantity", ("value-quantity",)),
    ]


def test_an_expression_of_another_kind_is_refused() -> None:
    elements = DATA["elements"]
    for text in ("Patient.name.first()", "Patient.nothing", "Patient.name + 1", "Observation.code"):
        with pytest.raises(Unreadable):
            list(read(text, "Patient", elements))


def test_the_data_is_what_the_script_writes(package: Path) -> None:
    from gateway.store.index import trim

    assert json.loads(json.dumps(trim.content(str(package)))) == DATA
