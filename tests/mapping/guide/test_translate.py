"""Seeds: official maps in our row format, good enough for the linter."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from gateway.errors import Misconfigured
from gateway.mapping import load_maps
from gateway.mapping.guide import Guide, names, place, read_guide, translate
from gateway.mapping.guide.coverage import kebab


@pytest.fixture(scope="module")
def guide() -> Guide:
    return read_guide()


def rows(text: str) -> list[dict[str, object]]:
    return list(yaml.safe_load(text)["rows"])


def test_constants_go_with_the_row_of_the_same_element(guide: Guide) -> None:
    made = rows(translate(guide, "NK1[RelatedPerson]"))
    assert {"from": "NK1-6", "to": "telecom", "as": "XTN[ContactPoint]", "with": {"use": "work"}} in made


def test_elements_that_meet_keep_their_key(guide: Guide) -> None:
    made = rows(translate(guide, "XCN[RelatedPerson]"))
    assert {"from": "XCN.1", "to": "identifier[1].value"} in made
    assert {"from": "XCN.13", "to": "identifier[1].type.coding.code", "codes": "identifier-type"} in made


def test_extensions_are_named_by_their_address(guide: Guide) -> None:
    made = rows(translate(guide, "PID[Patient]"))
    birth_time = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
    assert {
        "from": "PID-7",
        "when": "PID-7 length > 8",
        "to": f"birthDate.extension({birth_time}).valueDateTime",
    } in made


def test_what_cannot_be_said_becomes_a_comment(guide: Guide) -> None:
    text = translate(guide, "ORC[ServiceRequest]")
    assert re.search(r"# guide: ORC\[ServiceRequest\]/ORC-22 .* — inside the PractitionerRole", text)
    assert re.search(r"# guide: ORC\[ServiceRequest\]/ORC-4 .* — condition in words", text)


def test_a_datatype_spread_over_the_segment_stands_in_place(guide: Guide) -> None:
    assert {"from": "ORC-7.4", "to": "occurrenceTiming.repeat.boundsPeriod.start"} in rows(
        translate(guide, "ORC[ServiceRequest]")
    )


def test_code_tables(guide: Guide) -> None:
    table = yaml.safe_load(translate(guide, "CompletionStatus"))
    assert table["table"] == "completion-status"
    assert table["source_system"] == "http://terminology.hl7.org/CodeSystem/v2-0322"
    assert table["codes"]["RE"] == ["not-done", "Not Done"]
    assert kebab("PatientClass[EncounterClass]") == "patient-class-encounter-class"


def test_a_name_that_the_guide_has_not(guide: Guide) -> None:
    with pytest.raises(Misconfigured):
        translate(guide, "ZZZ[Patient]")


def test_all_seeds_together_pass_the_linter(guide: Guide, tmp_path: Path) -> None:
    """One exception: the guide's own EI[Device-udiCarrier] is no Device."""
    root = tmp_path / "mappings"
    shutil.copytree(Path(str(files("mappings"))), root, ignore=shutil.ignore_patterns("guide", "__pycache__"))
    maps, tables = names(root)
    for name, kind in guide.kinds.items():
        path = root / "hl7v2" / place(guide, name) if kind != "messages" else root
        if not path.exists() and name not in maps:
            text = translate(guide, name, maps, tables)
            path.write_text(
                re.sub(r".*EI\[Device-udiCarrier\].*\n", "", text) if kind == "segments" else text
            )
    assert len(load_maps(root).maps) > len(maps)


def test_tables_of_ours_with_another_name(guide: Guide) -> None:
    made = rows(translate(guide, "PV1[Encounter]", *names(Path(str(files("mappings"))))))
    assert {"from": "PV1-2", "to": "class", "as": "CWE[Coding]", "codes": "encounter-class"} in made
