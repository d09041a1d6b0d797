"""Files that users import: what is read, what is refused, and what a reader sees meanwhile."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.validation.r4 import Definitions
from gateway.validation.terminology import LoadedFile, Terminology
from gateway.validation.terminology.checks import check_together
from gateway.validation.terminology.load import load
from gateway.validation.terminology.reading import read

ICD = "urn:oid:2.16.156.10011.2.3.3.11"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(name: str, content: str | bytes | dict[str, Any]) -> Path:
        path = tmp_path / name
        data = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return file


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "terminology.db"


TABLE = 'code,display,parent,note\nI10,原发性高血压,I,慢病\nI,循环系统疾病,,\n\nI10.x,"高血压, 未特指",I10,\n'


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_the_encodings_of_spreadsheets(write: Write, database: Path, coding: str) -> None:
    load(database, read(write("icd.csv", TABLE.encode(coding)), ICD, "2.0"))
    concepts = Terminology(Definitions(), LoadedFile(database)).code_system(ICD)
    assert concepts is not None and (concepts.version, concepts.count) == ("2.0", 3)
    found = concepts.concept("I10")
    assert found is not None
    assert (found.display, found.parents, found.children) == ("原发性高血压", ("I",), ("I10.x",))
    assert found.values("note") == ["慢病"]
    assert [one.code for one in concepts.each()] == ["I10", "I", "I10.x"]
    assert (concepts.has("I10"), concepts.has("i10"), concepts.has("Z")) == (True, False, False)


def test_columns_by_other_names(write: Write) -> None:
    (found,) = read(write("a.csv", "# system: urn:x\n# version: 7\n诊断代码\t诊断名称\nA\t甲\n"))
    assert (found["url"], found["version"]) == ("urn:x", "7")
    assert found["concept"] == [{"code": "A", "display": "甲"}]
    text = '"LOINC_NUM","COMPONENT","LONG_COMMON_NAME"\n"2345-7","Glucose","Glucose in Serum"\n'
    (found,) = read(write("Loinc.csv", text))
    assert found["url"] == "http://loinc.org" and found["caseSensitive"] is False
    assert found["concept"][0]["property"] == [{"code": "COMPONENT", "valueString": "Glucose"}]


SYSTEM = {"resourceType": "CodeSystem", "url": "urn:s", "content": "complete", "concept": [{"code": "a"}]}
BAD: dict[str, tuple[str | dict[str, Any], str, str]] = {
    "twice.csv": ("code,display\nA,x\nB,y\nA,z\n", "twice.csv:4", "first in line 2"),
    "column.csv": ("code,beschreibung\nA,x\n", "column.csv:1", "no column display"),
    "blank.csv": ("code,display\n,x\n", "blank.csv:2", "no code"),
    "circle.csv": ("code,display,parent\nA,x,B\nB,y,A\n", "circle.csv:2", "circle"),
    "self.csv": ("code,display,parent\nA,x,A\n", "self.csv:2", "circle"),
    "orphan.csv": ("code,display,parent\nA,x,Z\n", "orphan.csv:2", "parent 'Z'"),
    "rows.csv": ("code,display\n", "rows.csv", "no rows"),
    "empty.csv": ("", "empty.csv", "empty"),
    "wide.csv": ("code,display\nA,x,y\n", "wide.csv:2", "3 cells"),
    "quote.csv": ('code,display\nA,"x\n', "quote.csv:2", "not CSV"),
    "other.json": ({"resourceType": "Patient"}, "other.json", "but Patient"),
    "none.json": ({"resourceType": "Bundle", "entry": []}, "none.json", "has no CodeSystem"),
    "broken.json": ("{", "broken.json", "not JSON"),
    "deep.json": ("[" * 100_000, "deep.json", "deeply"),
    "line.ndjson": (json.dumps(SYSTEM) + "\n{\n", "line.ndjson:2", "not JSON"),
    "url.json": (SYSTEM | {"url": "nix"}, "url.json", "absolute"),
    "double.json": (SYSTEM | {"concept": [{"code": "a"}, {"code": "a"}]}, "double.json", "there twice"),
    "nothing.json": (SYSTEM | {"concept": []}, "nothing.json", "no concepts"),
    "cycle.json": (
        SYSTEM | {"concept": [{"code": "a", "property": [{"code": "parent", "valueCode": "a"}]}]},
        "cycle.json",
        "circle",
    ),
    "supplement.json": (SYSTEM | {"content": "supplement"}, "supplement.json", "supplements"),
    "set.json": ({"resourceType": "ValueSet", "url": "urn:v"}, "set.json", "neither compose"),
    "filter.json": (
        {
            "resourceType": "ValueSet",
            "url": "urn:v",
            "compose": {
                "include": [
                    {"system": "urn:s", "filter": [{"property": "code", "op": "regex", "value": "("}]}
                ]
            },
        },
        "filter.json",
        "regular expression",
    ),
    "map.json": ({"resourceType": "ConceptMap", "url": "urn:m"}, "map.json", "no groups"),
    "types.json": (SYSTEM | {"concept": ["a"]}, "types.json", "something else"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_place(write: Write, name: str) -> None:
    content, where, said = BAD[name]
    system = ICD if name.endswith(".csv") else ""
    with pytest.raises(Rejected) as error:
        read(write(name, content), system)
    assert error.value.where == where
    assert said in error.value.reason


def test_a_package_is_read_without_what_has_no_content(tmp_path: Path, write: Write) -> None:
    members = {
        "package/package.json": {"name": "x"},
        "package/.index.json": {"files": []},
        "package/a.json": SYSTEM,
        "package/b.json": SYSTEM | {"url": "urn:none", "content": "not-present", "concept": []},
        "package/c.json": {"resourceType": "StructureDefinition", "url": "urn:sd"},
        "package/other/d.json": SYSTEM | {"url": "urn:other"},
    }
    path = tmp_path / "x.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            archive.add(write("member", content), name)
    assert [one["url"] for one in read(path)] == ["urn:s"]
    with pytest.raises(Rejected, match="no FHIR package"):
        read(write("y.tgz", b"no archive"))


def test_bytes_and_missing_files_are_refused(write: Write, tmp_path: Path) -> None:
    for path in (write("a.csv", b"\xff\xff\xff\0\0"), tmp_path / "missing.csv"):
        with pytest.raises(Rejected):
            read(path, ICD)
    with pytest.raises(Rejected, match="--system"):
        read(write("b.csv", "code,display\nA,x\n"))


def test_a_value_set_that_contains_itself_is_refused() -> None:
    def importing(url: str, other: str) -> dict[str, Any]:
        return {"resourceType": "ValueSet", "url": url, "compose": {"include": [{"valueSet": [other]}]}}

    there = {"urn:b": importing("urn:b", "urn:c"), "urn:c": importing("urn:c", "urn:a")}
    with pytest.raises(Rejected, match="contains itself"):
        check_together([importing("urn:a", "urn:b|1")], there.get)
    check_together([importing("urn:x", "urn:y")], there.get)


def test_the_same_artefact_twice_in_one_import_is_refused() -> None:
    check_together([SYSTEM, SYSTEM | {"version": "2"}], lambda _url: None)
    with pytest.raises(Rejected, match="twice"):
        check_together([SYSTEM, SYSTEM], lambda _url: None)


def test_bundles_and_lines_and_what_they_are_good_for(write: Write, database: Path) -> None:
    value_set = {
        "resourceType": "ValueSet",
        "url": "urn:v",
        "compose": {
            "include": [{"system": "urn:s", "filter": [{"property": "concept", "op": "is-a", "value": "a"}]}]
        },
    }
    nested = SYSTEM | {"concept": [{"code": "a", "concept": [{"code": "B"}]}, {"code": "c"}]}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": nested}, {"resource": value_set}]}
    load(database, read(write("b.json", bundle)))
    terminology = Terminology(Definitions(), LoadedFile(database))
    members = terminology.members("urn:v")
    assert members is not None and members.codes == {"a", "B"}
    assert members.contains("urn:s", "b") is True  # nobody says that case matters
    assert members.contains("urn:s", "c") is False
    assert next(terminology.urls("ValueSet")) == "urn:v"


def test_the_same_version_is_replaced_another_one_stands_beside_it(write: Write, database: Path) -> None:
    for version, code in (("1", "old"), ("2", "new"), ("1", "mended")):
        load(database, read(write("a.csv", f"code,display\n{code},x\n"), ICD, version))
    there = LoadedFile(database)
    assert [(row.version, row.concepts) for row in there.rows()] == [("2", 1), ("1", 1)]
    terminology = Terminology(Definitions(), there)
    for version, code in (("2", "new"), ("1", "mended")):
        concepts = terminology.code_system(f"{ICD}|{version}")
        assert concepts is not None and concepts.has(code)
    latest = terminology.code_system(ICD)
    assert latest is not None and latest.version == "1"
    assert terminology.code_system(f"{ICD}|3") is None


def test_a_fault_in_the_middle_changes_nothing(write: Write, database: Path) -> None:
    load(database, read(write("a.csv", "code,display\nA,x\n"), ICD))
    there = LoadedFile(database)
    generation = there.generation()

    def stop(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(database, read(write("a.csv", "code,display\nB,x\n"), ICD), stop)
    concepts = there.code_system(ICD)
    assert concepts is not None and (concepts.has("A"), concepts.has("B")) == (True, False)
    assert there.generation() == generation


def test_a_reader_sees_the_old_until_the_new_is_whole(write: Write, database: Path) -> None:
    load(database, read(write("a.csv", "code,display\nA,x\n"), ICD))
    terminology = Terminology(Definitions(), LoadedFile(database))
    concepts = terminology.code_system(ICD)
    value_set = {"resourceType": "ValueSet", "url": "urn:v", "compose": {"include": [{"system": ICD}]}}
    load(database, [value_set])
    terminology.refresh()
    members = terminology.members("urn:v")
    assert concepts is not None and members is not None and members.codes == {"A"}
    seen: list[bool | None] = []
    load(
        database,
        read(write("a.csv", "code,display\nB,x\n"), ICD),
        lambda _count: seen.append(concepts.has("A")),
    )
    assert seen == [True]
    assert (concepts.has("A"), concepts.has("B")) == (False, True)
    terminology.refresh()
    again = terminology.members("urn:v")
    assert again is not None and again.codes == {"B"}


def test_a_file_of_another_program_is_refused(write: Write) -> None:
    path = write("other.db", "no database at all, but long enough to be looked at" * 10)
    with pytest.raises(Rejected, match="no file of terminologies"):
        load(path, [SYSTEM])


def test_without_a_file_nothing_is_loaded(tmp_path: Path) -> None:
    there = LoadedFile(tmp_path / "none.db")
    assert there.rows() == [] and there.code_system(ICD) is None and there.artefact("u", "ValueSet") is None


def test_questions_that_belong_together_see_one_state(write: Write, database: Path) -> None:
    load(database, read(write("a.csv", "code,display\nA,x\n"), ICD))
    terminology = Terminology(Definitions(), LoadedFile(database))
    concepts = terminology.code_system(ICD)
    assert concepts is not None
    with terminology.snapshot(), terminology.snapshot():
        assert concepts.has("A")
        load(database, read(write("a.csv", "code,display\nB,x\n"), ICD))
        assert (concepts.has("A"), concepts.has("B")) == (True, False)
    assert (concepts.has("A"), concepts.has("B")) == (False, True)
