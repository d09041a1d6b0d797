"""``qiao cda check`` and documents by ``qiao convert``: what an operator sees of a folder of documents."""

from __future__ import annotations

import json
import re
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
    (tmp_path / "d.xml").write_bytes(b'<Request><code code="C0007"/></Request>')
    assert main(["cda", "check", str(tmp_path), "--schemas", str(ARCHIVE), "--json"]) == 1
    documents = json.loads(capsys.readouterr().out)["documents"]
    assert [(Path(one["file"]).name, one["code"], one["error"]) for one in documents] == [
        ("a.xml", "C0007", ""), ("b.xml", "", "has-doctype"), ("c.xml", "C9999", "no-schema"),
        ("d.xml", "", "no-document"),
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


def test_a_document_with_a_prefix_is_checked_as_one_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = (SAMPLES / "08-C0035-gbk-sloppy.xml").read_bytes()
    path = tmp_path / "prefixed.xml"
    path.write_bytes(re.sub(rb"<(/?)([A-Za-z])", rb"<\1v:\2", raw).replace(b' xmlns="urn', b' xmlns:v="urn'))
    told = []
    for one in (SAMPLES / "08-C0035-gbk-sloppy.xml", path):
        assert main(["cda", "check", str(one), "--schemas", str(ARCHIVE), "--json"]) == 1
        told.append(json.loads(capsys.readouterr().out)["documents"][0]["deviations"])
    assert told[0] == told[1] and any("/" in one["path"] for one in told[1])


def test_a_document_without_a_number_is_converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = next(SAMPLES.glob("06*.xml")).read_bytes()
    path = tmp_path / "unnumbered.xml"
    path.write_bytes(re.sub(rb'(<id root="2.16.156.10011.1.1") extension="[^"]*"', rb"\1", raw, count=1))
    assert main(["convert", str(path), "--as", "document"]) == 0
    first = capsys.readouterr().out
    assert json.loads(first)["entry"][0]["resource"]["resourceType"] == "Composition"
    assert main(["convert", str(path), "--as", "document"]) == 0
    assert capsys.readouterr().out == first


@pytest.mark.parametrize("name", ["03", "04"])
def test_a_report_without_a_conclusion_is_in_its_document(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = next(SAMPLES.glob(f"{name}*.xml")).read_text("utf-8")
    path = tmp_path / "plain.xml"
    path.write_text(
        text.replace("DE04.50.130.00", "DE99.99.001.00").replace("DE04.50.131.00", "DE99.99.002.00")
    )
    assert main(["convert", str(path), "--as", "document"]) == 0
    held = [one["resource"]["resourceType"] for one in json.loads(capsys.readouterr().out)["entry"]]
    assert "DiagnosticReport" in held
