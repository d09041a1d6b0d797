"""``qiao cda check`` and documents by ``qiao convert``: what an operator sees of a folder of documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli import main

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "adapters/his/cda/samples"
ARCHIVE = ROOT / "tests/reference/wst-schemas/cda-and-v3-xsd.tar.xz"


def test_deviations_are_told_with_file_line_and_place_and_without_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["cda", "check", str(SAMPLES / "08-C0035-gbk-sloppy.xml"), "--schemas", str(ARCHIVE)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert all("08-C0035-gbk-sloppy.xml:" in one and "ClinicalDocument" in one for one in lines)
    assert lines and "孟秋禾" not in "".join(lines)


def test_a_folder_is_checked_and_told_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.xml").write_bytes((SAMPLES / "04-C0007-laboratory.xml").read_bytes())
    (tmp_path / "b.xml").write_bytes(b'<!DOCTYPE x><ClinicalDocument xmlns="urn:hl7-org:v3"/>')
    (tmp_path / "c.xml").write_bytes(
        b'<ClinicalDocument xmlns="urn:hl7-org:v3"><code code="C9999"/></ClinicalDocument>'
    )
    assert main(["cda", "check", str(tmp_path), "--schemas", str(ARCHIVE), "--json"]) == 1
    documents = json.loads(capsys.readouterr().out)["documents"]
    assert [(Path(one["file"]).name, one["code"], one["error"]) for one in documents] == [
        ("a.xml", "C0007", ""), ("b.xml", "", "has-doctype"), ("c.xml", "C9999", "no-schema"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "said", [["no-such.xml", "--schemas", str(ARCHIVE)], [str(SAMPLES), "--schemas", "/no/such"]]
)
def test_what_is_not_there_is_named(said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cda", "check", *said]) == 2
    assert "no" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["01-C0004-prescription.xml", "04-C0007-laboratory.xml", "08-C0035-gbk-sloppy.xml"]
)
def test_a_document_becomes_a_document_bundle(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(SAMPLES / name), "--as", "document"]) == 0
    bundle = json.loads(capsys.readouterr().out)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "document")
    first = bundle["entry"][0]["resource"]
    assert first["resourceType"] == "Composition"
    there = {one["fullUrl"] for one in bundle["entry"]}
    references = [
        entry["reference"] for section in first.get("section", ()) for entry in section.get("entry", ())
    ]
    assert all(any(url.endswith(one) for url in there) for one in references)
    assert len(there) == len(bundle["entry"])
