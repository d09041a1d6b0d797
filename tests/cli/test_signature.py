"""``qiao signature``: an authority for demonstrations, a signature, its verification."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main

EXAMPLES = Path(__file__).parents[2] / "mappings/profiles/examples"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A prescription of two drugs and its physician."""
    group = json.loads((EXAMPLES / "prescription-group/good-active.json").read_text("utf-8"))
    drug = json.loads((EXAMPLES / "prescription/good-draft.json").read_text("utf-8"))
    person = json.loads((EXAMPLES / "practitioner/good-physician.json").read_text("utf-8")) | {"id": "w1"}
    entries = [{"resource": one} for one in (group, drug, drug | {"id": "m2"}, person)]
    file = tmp_path / "visit.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "utf-8")
    return file


@pytest.fixture
def signed(tmp_path: Path, bundle: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Arguments of ``verify`` for the prescription as the physician has signed it."""
    assert main(["signature", "demo-ca", str(tmp_path / "ca"), "--algorithm", "ES256"]) == 0
    capsys.readouterr()
    keys = ["--keys", str(tmp_path / "ca/keys"), "--key", "physician", "--who", "Practitioner/w1"]
    assert main(["signature", "sign", str(bundle), *keys]) == 0
    (tmp_path / "signature.json").write_text(capsys.readouterr().out, "utf-8")
    trust = ["--trust", str(tmp_path / "ca/trust.pem")]
    return ["signature", "verify", str(bundle), str(tmp_path / "signature.json"), *trust]


def test_a_signature_is_made_and_found_good(signed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(signed) == 0
    assert "good, Practitioner/w1" in capsys.readouterr().out
    assert main([*signed, "--json"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["ok"] is True
    assert said["algorithm"] == "ES256"
    assert len(said["targets"]) == 3


def test_one_byte_is_found_and_told_in_chinese(
    signed: list[str], bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle.write_text(bundle.read_text("utf-8").replace('"value": 28', '"value": 29', 1), "utf-8")
    assert main(["--lang", "zh", *signed]) == 1
    assert "无效（signature-value）：文书" in capsys.readouterr().out
    assert main([*signed, "--json", "--lang", "en"]) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "signature-value"


def test_the_practitioner_in_the_file_must_be_the_one_of_the_certificate(
    signed: list[str], bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle.write_text(bundle.read_text("utf-8").replace("110990101000017", "110990101000018"), "utf-8")
    assert main([*signed, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "signature-person"


def test_without_a_signature_nothing_is_good(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["signature", "verify", str(bundle)]) == 1
    assert "no Provenance" in capsys.readouterr().err


def test_the_bytes_that_are_signed_are_shown_and_nothing_else(
    bundle: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    from gateway.security.signature import canonical

    assert main(["signature", "canonical", str(bundle)]) == 0
    entries = json.loads(bundle.read_text("utf-8"))["entry"]
    assert capfdbinary.readouterr().out == canonical([one["resource"] for one in entries[:3]])


def test_signers_of_ones_own_are_added_but_no_key_is_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["signature", "demo-ca", str(tmp_path / "ca"), "--signer", "night", "方知白", "D030499"]
    assert main([*more, "--organization", "南桥医院", "990102001", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["certificates"] == [str(tmp_path / "ca/keys/night.crt.pem")]
    assert main(more) == 2
    assert "there is a key of this name already" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "x", "[]", '{"a":1}', '{"resourceType":"Bundle","entry":[1]}'])
def test_a_file_that_is_no_fhir_is_said(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.json").write_text(text)
    assert main(["signature", "canonical", str(tmp_path / "x.json")]) == 2
