"""Artefacts: definitions in files, folders and packages are found, and what is none is named."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Misconfigured
from gateway.validation import Definitions, Validator
from gateway.validation.artefacts import load_artefacts, shipped_artefacts
from gateway.validation.package import fhir_package

PROFILE: dict[str, Any] = {
    "resourceType": "StructureDefinition",
    "url": "urn:test:profile",
    "kind": "resource",
    "type": "Patient",
    "derivation": "constraint",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "differential": {"element": [{"path": "Patient"}, {"path": "Patient.name", "min": 1}]},
}
VALUES = {"resourceType": "ValueSet", "url": "urn:test:values", "compose": {"include": [{"system": "urn:s"}]}}


def put(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def pack(path: Path, **members: Any) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(name.replace("__", "/") + ".json")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def urls(*paths: Path) -> list[str]:
    return [one["url"] for one in load_artefacts(paths)]


def test_a_file_a_bundle_a_folder_and_a_package(tmp_path: Path) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": PROFILE}, {"resource": VALUES}],
    }
    both = ["urn:test:profile", "urn:test:values"]
    assert urls(put(tmp_path, "p.json", PROFILE)) == both[:1]
    assert urls(put(tmp_path, "b.json", bundle)) == both
    put(tmp_path, "folder/one.json", PROFILE)
    put(tmp_path, "folder/below/two.json", VALUES)
    put(tmp_path, "folder/patient.json", {"resourceType": "Patient"})
    put(tmp_path, "folder/package.json", {"name": "x"})
    assert sorted(urls(tmp_path / "folder")) == both
    package = pack(
        tmp_path / "x.tgz",
        package__package={"name": "x"},
        package__one=PROFILE,
        package__two=VALUES,
        package__example__three=PROFILE,
        package__stub={"resourceType": "CodeSystem", "url": "urn:stub", "content": "not-present"},
        package__guide={"resourceType": "ImplementationGuide", "url": "urn:guide"},
    )
    assert urls(package) == both


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ([1], "has no resourceType"),
        ({"name": "x"}, "has no resourceType"),
        ({"resourceType": "Patient"}, "is a Patient"),
        ({**PROFILE, "url": 5}, "no canonical url"),
        ({name: one for name, one in PROFILE.items() if name != "url"}, "no canonical url"),
        ({**PROFILE, "type": None}, "needs its type"),
        ({**PROFILE, "differential": []}, "differential or a snapshot"),
        ({**PROFILE, "differential": {"element": [{}]}}, "no path"),
        ({"resourceType": "CodeSystem", "url": "urn:s", "concept": [{}]}, "without a code"),
    ],
)
def test_what_is_no_definition_is_named(tmp_path: Path, content: Any, said: str) -> None:
    path = put(tmp_path, "x.json", content)
    with pytest.raises(Misconfigured, match=said) as error:
        urls(path)
    assert error.value.where.endswith("x.json")


def test_one_url_in_two_files(tmp_path: Path) -> None:
    first, second = (put(tmp_path, name, PROFILE) for name in ("a.json", "b.json"))
    with pytest.raises(Misconfigured, match=r"a\.json already") as error:
        urls(first, second)
    assert error.value.where == str(second)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b broken"])
def test_what_is_no_package(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.tgz"
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match="no FHIR package"):
        urls(path)
    with pytest.raises(Misconfigured, match="cannot be read"):
        urls(tmp_path / "nowhere.json")


def test_a_loaded_profile_counts(tmp_path: Path) -> None:
    definitions = Definitions(load_artefacts([put(tmp_path, "p.json", PROFILE)]))
    issues = Validator(definitions).check(
        {"resourceType": "Patient"}, ["urn:test:profile"], best_practice=False
    )
    assert [(one.rule, one.where) for one in issues] == [("cardinality", "Patient.name")]


def test_qiao_s_own_are_always_there() -> None:
    definitions = Definitions()
    assert definitions.structure("urn:qiao:profile:patient")
    assert definitions.of_id("StructureDefinition", "qiao-patient") == "urn:qiao:profile:patient"
    assert next(definitions.urls("CodeSystem")).startswith("urn:qiao:")


def test_the_package_is_the_same_every_time_and_loads_again(tmp_path: Path) -> None:
    data = fhir_package("1.2.3")
    assert data == fhir_package("1.2.3")
    path = tmp_path / "qiao.tgz"
    path.write_bytes(data)
    assert {one["url"]: one for one in load_artefacts([path])} == shipped_artefacts()
    with tarfile.open(path) as archive:
        names = archive.getnames()
        manifest, index = (
            json.load(handle)
            for name in ("package/package.json", "package/.index.json")
            if (handle := archive.extractfile(name)) is not None
        )
    assert manifest["version"] == "1.2.3"
    assert manifest["fhirVersions"] == ["4.0.1"]
    assert manifest["dependencies"] == {"hl7.fhir.r4.core": "4.0.1"}
    assert {f"package/{one['filename']}" for one in index["files"]} == set(names[2:])
