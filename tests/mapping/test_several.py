"""Code tables in which a code becomes several, in CSV, YAML and as a ConceptMap."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.api.concept_map import resource
from gateway.errors import Misconfigured
from gateway.mapping.code_folders import CodeFolders
from gateway.mapping.codes import Table
from gateway.mapping.translate import translate

LIVER = [{"code": "11", "equivalence": "wider"}, {"code": "12", "equivalence": "wider"}]
GLU = [{"code": "1", "equivalence": "equal"}]
ELEMENTS = [{"code": "LIVER", "target": LIVER}, {"code": "GLU", "target": GLU}]
CONCEPT_MAP = {
    "resourceType": "ConceptMap", "id": "own", "status": "active",
    "extension": [{"url": "urn:qiao:mapping:several", "valueBoolean": True}],
    "group": [{"target": "urn:own", "element": ELEMENTS}],
}  # fmt: skip
FORMS = {
    "own.csv": "# target: urn:own\n# several: true\ncode,target\nLIVER,11\nLIVER,12\nGLU,1\n",
    "own.yaml": "table: own\ntarget: urn:own\nseveral: true\ncodes:\n  LIVER: ['11', '12']\n  GLU: '1'\n",
    "own.json": json.dumps(CONCEPT_MAP),
}


def table(folder: Path, name: str, text: str) -> Table:
    (folder / name).write_text(text, encoding="utf-8")
    return CodeFolders([folder]).tables["own"]


@pytest.mark.parametrize("name", FORMS)
def test_every_form_says_all_of_them(tmp_path: Path, name: str) -> None:
    own = table(tmp_path, name, FORMS[name])
    assert [one.coding["code"] for one in translate([own], "LIVER")] == ["11", "12"]
    assert [one.coding["code"] for one in translate([own], "GLU")] == ["1"]
    assert [one.coding["code"] for one in translate([own], "12", "urn:own", reverse=True)] == ["LIVER"]
    (group,) = resource(own)["group"]
    assert [[one["code"] for one in element["target"]] for element in group["element"]] == [
        ["11", "12"],
        ["1"],
    ]


def test_a_code_twice_is_still_a_mistake_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="duplicate code 'LIVER'"):
        table(tmp_path, "own.csv", FORMS["own.csv"].replace("# several: true\n", ""))
