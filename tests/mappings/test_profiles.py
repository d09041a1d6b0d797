"""The contract of ``mappings/profiles``: whatever is dropped in is right in itself and has examples.

``examples/NAME/good-*.json`` conform to the profile ``NAME``; ``bad-*.json`` have the fault that
``expected.json`` beside them names by rule and place.
"""

from __future__ import annotations

import json
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gateway.validation import Validator
from gateway.validation.artefacts import shipped_artefacts

PROFILES = Path(str(files("mappings"))) / "profiles"
ARTEFACTS = shipped_artefacts()
OF_RESOURCES = [
    one
    for one in ARTEFACTS.values()
    if one["resourceType"] == "StructureDefinition" and one["kind"] == "resource"
]
GOOD = sorted(PROFILES.glob("examples/*/good-*.json"))
BAD = sorted(PROFILES.glob("examples/*/bad-*.json"))


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"), parse_float=Decimal)


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("url", ARTEFACTS)
def test_every_artefact_is_right_in_itself(url: str, validator: Validator) -> None:
    artefact = ARTEFACTS[url]
    issues = validator.check(artefact, best_practice=False)
    assert [one for one in issues if one.severity in ("error", "warning")] == []
    assert artefact["title"]
    assert artefact["description"]
    if artefact["resourceType"] == "StructureDefinition":
        for binding in (one["binding"] for one in elements(artefact) if "binding" in one):
            assert validator.terminology.members(binding["valueSet"]) is not None, binding["valueSet"]
        for type_ in (type_ for one in elements(artefact) for type_ in one.get("type", ())):
            for target in (*type_.get("profile", ()), *type_.get("targetProfile", ())):
                assert validator.definitions.structure(target) is not None, target


def elements(artefact: dict[str, Any]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = artefact["differential"]["element"]
    return listed


@pytest.mark.parametrize("profile", OF_RESOURCES, ids=lambda one: one["id"])
def test_every_profile_has_examples(profile: dict[str, Any]) -> None:
    folder = PROFILES / "examples" / profile["url"].rpartition(":")[2]
    bad = {path.name for path in folder.glob("bad-*.json")}
    assert list(folder.glob("good-*.json"))
    assert len(bad) >= 3
    assert read(folder / "expected.json").keys() == bad
    assert any("requirements" in one for one in elements(profile)), "no element says who asks for it"


@pytest.mark.parametrize("path", GOOD, ids=name_of)
def test_good_examples_conform(path: Path, validator: Validator) -> None:
    issues = validator.check(read(path), [f"urn:qiao:profile:{path.parent.name}"], best_practice=False)
    assert [one for one in issues if one.severity in ("error", "warning")] == []


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_bad_examples_are_found_out(path: Path, validator: Validator) -> None:
    expected = read(path.with_name("expected.json"))[path.name]
    issues = validator.check(read(path), [f"urn:qiao:profile:{path.parent.name}"], best_practice=False)
    assert (expected["rule"], expected["where"]) in {
        (one.rule, one.where) for one in issues if one.severity == "error"
    }
