"""Coverage says what is implemented, by which row, and why the rest is not."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.mapping import load_maps
from gateway.mapping.guide import Coverage, Guide, check, cover, read_exclusions, read_guide
from gateway.mapping.guide.exclusions import unused


@pytest.fixture(scope="module")
def guide() -> Guide:
    return read_guide()


@pytest.fixture(scope="module")
def coverage(guide: Guide) -> Coverage:
    return cover(guide, load_maps(), read_exclusions())


def by(coverage: Coverage, row: str) -> tuple[tuple[str, str], ...]:
    return next(one.by for one in coverage.verdicts if one.row.id == row)


def test_every_row_has_one_verdict(guide: Guide, coverage: Coverage) -> None:
    assert len(coverage.verdicts) == 2074 + 4763
    for counts in coverage.counts().values():
        assert counts["rows"] == counts["implemented"] + counts["excluded"] + counts["missing"]
    assert coverage.counts()["total"]["rows"] == 2074
    assert all(one.reason for one in coverage.verdicts if one.state == "excluded")


def test_rows_that_implement(coverage: Coverage) -> None:
    assert by(coverage, "PV1[Encounter]/PV1-16") == (("PV1[Encounter]", "PV1-16"),)
    # The constant beside the row, through `with`.
    assert by(coverage, "PV1[Encounter]/PV1-7#2") == (("PV1[Encounter]", "PV1-7"),)
    # The address of an extension, made by the row of its value.
    assert by(coverage, "CX[Identifier]/CX.2") == (("CX[Identifier]", "CX.2"),)
    # A part of what a function makes.
    assert by(coverage, "CX[Identifier]/CX.5") == (("CX[Identifier]", "CX.5"),)
    assert by(coverage, "NM[positiveInt]/NM.1") == (("functions", "positiveInt"),)
    assert by(coverage, "AdministrativeSex/F") == (("administrative-sex", "F"),)
    assert ("ORU_R01", "patient.PATIENT.PID") in by(coverage, "ORU_R01/PATIENT_RESULT.PATIENT.PID")


def test_shipped_references_to_the_guide_are_sound(coverage: Coverage) -> None:
    assert coverage.problems == []
    assert check(load_maps()) == []


_LEAST = (
    "datatypes/CWE-CodeableConcept.yaml",
    "datatypes/CX-Identifier.yaml",
    "datatypes/HD-Organization.yaml",
    "datatypes/ID-CodeableConcept-UniversalID.yaml",
    "codes/universal-id-type.yaml",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the least that maps need, to which a test adds one of its own."""
    folder = tmp_path / "mappings"
    for kind in ("segments", "datatypes", "codes"):
        (folder / "hl7v2" / kind).mkdir(parents=True)
    shipped = Path(str(files("mappings"))) / "hl7v2"
    for name in _LEAST:
        shutil.copy(shipped / name, folder / "hl7v2" / name)
    return folder


def write(root: Path, rows: str, head: str = "") -> None:
    text = f'map: "MRG[Account-Test]"\n{head}rows:\n{rows}'
    (root / "hl7v2/segments/MRG-Account-Test.yaml").write_text(text, encoding="utf-8")


def test_a_map_says_which_official_map_it_implements(guide: Guide, root: Path) -> None:
    write(root, '  - {from: MRG-3, to: identifier, as: "CX[Identifier]"}\n', 'guide: ["MRG[Account]"]\n')
    found = cover(guide, load_maps(root), [])
    assert by(found, "MRG[Account]/MRG-3") == (("MRG[Account-Test]", "MRG-3"),)
    assert by(found, "MRG[Account]/MRG") == ()


def test_a_constant_must_be_the_guides(guide: Guide, root: Path) -> None:
    write(root, "  - {id: status, value: active, to: status}\n", 'guide: ["MRG[Account]"]\n')
    assert by(cover(guide, load_maps(root), []), "MRG[Account]/MRG") == ()
    write(root, "  - {id: status, value: unknown, to: status}\n", 'guide: ["MRG[Account]"]\n')
    assert by(cover(guide, load_maps(root), []), "MRG[Account]/MRG") == (("MRG[Account-Test]", "status"),)


def test_a_row_claims_single_rows(guide: Guide, root: Path) -> None:
    write(root, '  - {from: MRG-1, to: name, as: string, guide: ["MRG[Account]/MRG-3"]}\n')
    assert by(cover(guide, load_maps(root), []), "MRG[Account]/MRG-3") == (("MRG[Account-Test]", "MRG-1"),)


def test_a_name_that_the_guide_has_not_is_reported(guide: Guide, root: Path) -> None:
    write(root, '  - {from: MRG-1, to: name, as: string, guide: ["MRG[Account]/MRG-99"]}\n')
    problems = check(load_maps(root))
    assert len(problems) == 1
    assert "MRG-99" in problems[0]
    assert "MRG-Account-Test.yaml:3" in problems[0]


def test_exclusions(guide: Guide, tmp_path: Path) -> None:
    (tmp_path / "exclusions").mkdir()
    (tmp_path / "exclusions" / "one.yaml").write_text(
        '- {map: "ADT_A01", rows: [MSH], reason: elsewhere, text: why, zh: 原因}\n'
        '- {map: "PRT[Device]", rows: "*", reason: local, text: why}\n'
        '- {map: "MRG[Account]", row: MRG-77, reason: local, text: why}\n',
        encoding="utf-8",
    )
    exclusions = read_exclusions(tmp_path)
    found = cover(guide, load_maps(), exclusions)
    verdict = next(one for one in found.verdicts if one.row.id == "ADT_A01/MSH")
    assert (verdict.state, verdict.reason, verdict.zh) == ("excluded", "elsewhere", "原因")
    assert found.maps()["PRT[Device]"]["missing"] == 0
    assert ["MRG-77" in one for one in unused(exclusions, guide)] == [True]


def test_an_unknown_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "exclusions").mkdir()
    (tmp_path / "exclusions" / "one.yaml").write_text(
        "- {map: X, row: Y, reason: tired, text: why}\n", encoding="utf-8"
    )
    with pytest.raises(Misconfigured):
        read_exclusions(tmp_path)


def test_a_row_that_is_left_out_by_name_counts_only_where_it_is_claimed(
    guide: Guide, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "exclusions").mkdir()
    (tmp_path / "exclusions" / "one.yaml").write_text(
        '- {map: "MRG[Account]", row: MRG-3, reason: elsewhere, text: why}\n', encoding="utf-8"
    )
    exclusions = read_exclusions(tmp_path)
    row = '  - {from: MRG-3, to: identifier, as: "CX[Identifier]"}\n'
    write(root, row, 'guide: ["MRG[Account]"]\n')
    assert by(cover(guide, load_maps(root), exclusions), "MRG[Account]/MRG-3") == ()
    write(root, row.replace("}", ', guide: ["MRG[Account]/MRG-3"]}'), 'guide: ["MRG[Account]"]\n')
    assert by(cover(guide, load_maps(root), exclusions), "MRG[Account]/MRG-3") != ()


def test_rows_that_a_form_of_output_writes_are_implemented(coverage: Coverage) -> None:
    assert by(coverage, "ORU_R01/MSH") == (("ORU_R01", "sender.MSH.bundle"),)
    assert by(coverage, "ORU_R01/MSH#2") == (("ORU_R01", "sender.MSH.header"),)
    assert by(coverage, "MSH[Provenance-Source]/MSH#2") == (("MSH[DocumentReference]", "bytes"),)
    assert by(coverage, "MSH[Bundle]/MSH-7") == (("MSH[Bundle]", "MSH-7"),)
