"""Code tables in their three forms, and the hospital's own beside ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.mapping.code_folders import CodeFolders
from gateway.mapping.codes import Table

Files = dict[str, str]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    (ours / "route.yaml").write_text(
        "table: route\ntarget: http://r\ncodes:\n  PO: [PO, Oral]\n  Once: {timing: {count: 1}}\n", "utf-8"
    )
    return ours, theirs


def tables(folders: tuple[Path, Path], theirs: Files) -> dict[str, Table]:
    for name, text in theirs.items():
        (folders[1] / name).write_text(text, "utf-8")
    return CodeFolders(folders).tables


def concept_map(**group: object) -> str:
    return json.dumps(
        {"resourceType": "ConceptMap", "id": "ward", "url": "http://h/ward", "group": [group]}, indent=1
    )


def test_a_csv_table_says_what_a_yaml_table_says(folders: tuple[Path, Path]) -> None:
    text = (
        "\ufeff# target: http://t,,,\n# source_system: http://s\ncode,target,display,system,timing\n"
        '"a,1",x,"X, the",,\nb,y,,http://other,\nq,,,,"{""count"": 1}"\n\n'
    )
    found = tables(folders, {"ward.csv": text})["ward"]
    assert found.source_system == "http://s"
    assert found.get("A,1").coding() == {"system": "http://t", "code": "x", "display": "X, the"}  # type: ignore[union-attr]
    assert found.get("b").coding() == {"system": "http://other", "code": "y"}  # type: ignore[union-attr]
    assert found.get("q").extra == {"timing": {"count": 1}}  # type: ignore[union-attr]
    assert found.get("c") is None


def test_a_concept_map_is_a_table(folders: tuple[Path, Path]) -> None:
    elements = [
        {
            "code": "1",
            "target": [
                {"code": "wide", "equivalence": "wider"},
                {"code": "x", "display": "X", "equivalence": "equal"},
            ],
        },
        {"code": "2", "target": [{"code": "y", "equivalence": "unmatched"}]},
    ]
    found = tables(folders, {"w.json": concept_map(source="http://s", target="http://t", element=elements)})[
        "ward"
    ]
    assert found.url == "http://h/ward"
    assert found.source_systems == ("http://s",)
    entry = found.get("1")
    assert entry is not None
    assert (entry.coding(), entry.equivalence) == (
        {"system": "http://t", "code": "x", "display": "X"},
        "equal",
    )
    assert found.get("2") is None  # unmatched is no map


def test_a_code_system_finds_its_codes_by_name_unless_two_share_it(folders: tuple[Path, Path]) -> None:
    concepts = [
        {"code": "01", "display": "甲", "concept": [{"code": "01.1", "display": "丙"}]},
        {"code": "02", "display": "乙", "designation": [{"value": "丙"}, {"value": "丁"}]},
    ]
    text = json.dumps({"resourceType": "CodeSystem", "id": "ward", "url": "urn:w", "concept": concepts})
    found = tables(folders, {"ward.json": text})["ward"]
    codes = {
        name: entry.code if (entry := found.get(name)) else None for name in ("01", "01.1", "甲", "丁", "丙")
    }
    assert codes == {"01": "01", "01.1": "01.1", "甲": "01", "丁": "02", "丙": None}


def test_a_hospital_adds_and_overrides_codes_without_editing_ours(folders: tuple[Path, Path]) -> None:
    found = tables(folders, {"ours.csv": "# extends: route\ncode,target,system\npo,ORAL,\nGT,GT,http://h\n"})[
        "route"
    ]
    assert found.get("PO").coding() == {"system": "http://r", "code": "ORAL"}  # type: ignore[union-attr]
    assert found.get("GT").coding() == {"system": "http://h", "code": "GT"}  # type: ignore[union-attr]
    assert found.get("once") is not None


def test_a_fhir_resource_extends_too(folders: tuple[Path, Path]) -> None:
    data = json.loads(concept_map(target="http://t", element=[{"code": "GT", "target": [{"code": "g"}]}]))
    data["extension"] = [{"url": "urn:qiao:mapping:extends", "valueString": "route"}]
    found = tables(folders, {"w.json": json.dumps(data)})
    assert set(found) == {"route"}
    assert found["route"].get("GT").system == "http://t"  # type: ignore[union-attr]


WRONG: dict[str, tuple[Files, str]] = {
    "the same table twice": (
        {"route.csv": "code,target\nX,x\n"},
        "route.csv: table 'route' is also in route.yaml",
    ),
    "extends nothing": ({"a.csv": "# extends: nix\ncode,target\nX,x\n"}, "a.csv: it extends 'nix'"),
    "added twice": (
        {
            "a.csv": "# extends: route\ncode,target\nX,x\n",
            "b.yaml": "extends: route\ncodes:\n  Y: y\n  x: z\n",
        },
        "b.yaml:4: code 'x' is also added by a.csv:3",
    ),
    "a csv code twice": (
        {"w.csv": "code,target\nX,x\n\nX,y\n"},
        "w.csv:4: duplicate code 'X', also in line 2",
    ),
    "no target": ({"w.csv": "code,target\nX,x\nY,\n"}, "w.csv:3: a code without a target"),
    "no target in yaml": (
        {"w.yaml": "codes:\n  X: x\n  Y: {display: y}\n"},
        "w.yaml:3: a code without a target",
    ),
    "an unknown column": ({"w.csv": "code,target,colour\n"}, "w.csv:1: column 'colour'"),
    "no columns": ({"w.csv": "# target: http://t\n"}, "w.csv: no row of column names"),
    "too many cells": ({"w.csv": "code,target\nX,x,y\n"}, "w.csv:2: more cells than columns"),
    "an unknown key": ({"w.csv": "# colour: red\ncode,target\n"}, "w.csv: unknown key 'colour'"),
    "not json": ({"w.json": '{\n"resourceType": \n'}, "w.json:3: not JSON"),
    "another resource": ({"w.json": '{"resourceType": "Patient"}'}, "w.json: expected a resource"),
    "a fixed target": (
        {"w.json": concept_map(unmapped={"mode": "fixed"})},
        "w.json:6: unmapped.mode 'fixed'",
    ),
    "two targets": (
        {"w.json": concept_map(element=[{"code": "1", "target": [{"code": "a"}, {"code": "b"}]}])},
        "w.json:14: two targets fit equally well",
    ),
    "a map code twice": (
        {"w.json": concept_map(element=[{"code": "1", "target": [{"code": "a"}]}, {"code": "1"}])},
        "w.json:16: duplicate code '1'",
    ),
    "a bad shape": ({"w.json": '{"resourceType": "ConceptMap", "group": 5}'}, "w.json:1: group is a list"),
    "a bad equivalence": (
        {"w.yaml": "codes:\n  X: {code: x, equivalence: near}\n"},
        "w.yaml:2: equivalence 'near'",
    ),
    "a bad name": ({"a b.csv": "code,target\nX,x\n"}, "a b.csv: 'a b' is no name"),
}


@pytest.mark.parametrize(("files", "said"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_refused_with_its_place(folders: tuple[Path, Path], files: Files, said: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        tables(folders, files)
    assert str(caught.value).startswith(said)


def test_a_spreadsheet_in_another_charset_is_refused(folders: tuple[Path, Path]) -> None:
    (folders[1] / "w.csv").write_bytes("code,target\n口服,PO\n".encode("gbk"))
    with pytest.raises(Misconfigured, match="not UTF-8"):
        CodeFolders(folders)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no folder"):
        CodeFolders([tmp_path, tmp_path / "gone"])
