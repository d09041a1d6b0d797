"""``qiao cda write``: a document from a file, or an error that names what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from gateway.canonical.json import dumps, loads
from gateway.cli import main

SAMPLE = Path(__file__).parents[2] / "adapters/his/hl7v2/samples/10-prescription-outpatient.json"
CODE = "12990101MB0000000X"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    said = loads(SAMPLE.read_bytes())
    resources = [one.get("resource", one) for one in (said if isinstance(said, list) else said["entry"])]
    resources.append({"resourceType": "Organization", "id": "h", "name": "渡桥市人民医院"})
    file = tmp_path / "bundle.json"
    file.write_bytes(dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}))
    return file


def test_a_bundle_becomes_a_document(bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "C0004.xml"
    said = ["cda", "write", "--type", "C0004", "--from", str(bundle), "-o", str(out), "--organization", CODE]
    assert main(said) == 0
    root = etree.parse(str(out)).getroot()
    assert root.find("{urn:hl7-org:v3}code").get("code") == "C0004"


def test_what_is_missing_is_named_and_nothing_is_written(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "C0004.xml"
    assert main(["cda", "write", "--type", "C0004", "--from", str(bundle), "-o", str(out)]) == 1
    assert "hospital.id" in capsys.readouterr().err and not out.exists()


@pytest.mark.parametrize(("said", "code"), [
    (["--type", "C0099", "--from", "x.json"], 2), (["--type", "C0004", "--from", "no-such.json"], 2),
])  # fmt: skip
def test_a_wrong_command_is_told_so(said: list[str], code: int) -> None:
    assert main(["cda", "write", *said]) == code
