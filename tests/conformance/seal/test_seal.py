"""Seal: any later edit shows, and who signed; signatures are added, and none is made up or taken out."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.seal import (
    SealRefused,
    SigningKey,
    manifest,
    open_key,
    read_trust,
    seal,
    sign_again,
    signature,
    verify,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["own", "sm2"])
def test_a_report_as_it_was_sealed(report: Path, keys: dict[str, SigningKey], name: str) -> None:
    key = keys[name]
    made = seal(report, key, signer="重庆示范医院", now=NOW)
    assert made["fingerprint"] == key.fingerprint and made["algorithm"] == (
        "SM2" if name == "sm2" else "ES256"
    )
    found = verify(report)
    assert found.ok and found.signature == "good"
    assert (found.signer, found.when) == ("重庆示范医院", "2026-03-01T12:00:00Z")
    assert (found.changed, found.missing, found.added) == ((), (), ())
    assert found.said[0].zh == "报告自封存后未被改动"
    assert key.fingerprint in found.said[1].en
    listed = json.loads((report / "manifest.json").read_bytes())["files"]
    assert [one["path"] for one in listed] == ["evidence/E0001.json", "index.html", "result.json"]


def _edit(report: Path) -> None:
    (report / "index.html").write_text("<p>报吿</p>")


def _rename(report: Path) -> None:
    (report / "index.html").rename(report / "index.htm")


def _swap(report: Path) -> None:
    (report / "index.html").unlink()
    shutil.copy(report / "result.json", report / "index.html")


def _link(report: Path) -> None:
    shutil.move(report / "index.html", report.parent / "index.html")
    (report / "index.html").symlink_to(report.parent / "index.html")


def _link_folder(report: Path) -> None:
    shutil.move(report / "evidence", report.parent / "evidence")
    (report / "evidence").symlink_to(report.parent / "evidence")


def _pipe(report: Path) -> None:
    os.mkfifo(report / "pipe")


@pytest.mark.parametrize(
    ("edit", "changed", "missing", "added"),
    [
        (_edit, ["index.html"], [], []),
        (lambda report: (report / "index.html").unlink(), [], ["index.html"], []),
        (lambda report: (report / "evidence" / "E2.json").write_text(""), [], [], ["evidence/E2.json"]),
        (lambda report: (report / ".hidden").write_text(""), [], [], [".hidden"]),
        (_rename, [], ["index.html"], ["index.htm"]),
        (_swap, ["index.html"], [], []),
        (_link, ["index.html"], [], []),
        (_link_folder, [], ["evidence/E0001.json"], ["evidence"]),
        (_pipe, [], [], ["pipe"]),
        (lambda report: (report / "manifest.json").unlink(), [], ["manifest.json"], []),
        (lambda report: (report / "manifest.json").write_text("{}"), ["manifest.json"], [], []),
        (lambda report: (report / "manifest.json").write_text("[" * 9999), ["manifest.json"], [], []),
    ],
)  # fmt: skip
def test_an_edit_is_named(
    report: Path, keys: dict[str, SigningKey], edit: Callable[[Path], object], changed: list[str],
    missing: list[str], added: list[str],
) -> None:  # fmt: skip
    seal(report, keys["own"])
    edit(report)
    found = verify(report)
    assert not found.ok
    assert (list(found.changed), list(found.missing), list(found.added)) == (changed, missing, added)
    assert all(path in " ".join(one.zh for one in found.said) for path in [*changed, *missing, *added])


def test_a_link_over_the_manifest(report: Path, keys: dict[str, SigningKey]) -> None:
    seal(report, keys["own"])
    shutil.move(report / "manifest.json", report.parent / "m.json")
    (report / "manifest.json").symlink_to(report.parent / "m.json")
    assert verify(report).signature == "bad"


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_byte_of_any_file_counts(
    keys: dict[str, SigningKey], write_report: Callable[[Path], Path], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as where:
        folder = write_report(Path(where) / "report")
        seal(folder, keys["own"], now=NOW)
        sign_again(folder, keys["other"], "review", now=NOW)
        path = data.draw(st.sampled_from(sorted(one for one in folder.rglob("*") if one.is_file())))
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        assert not verify(folder).ok


def _manifest(report: Path, edit: Callable[[dict[str, object]], object]) -> None:
    document = json.loads((report / "manifest.json").read_bytes())
    edit(document)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    (report / "manifest.json").write_text(text)


@pytest.mark.parametrize(
    "edit",
    [
        lambda one: one["files"].pop(),
        lambda one: one["files"].append({"bytes": 0, "path": "../x", "sha256": ""}),
        lambda one: one["files"].reverse(),
        lambda one: one.update(note="well done"),
        lambda one: one["signatures"].reverse(),
        lambda one: one["signatures"].pop(0),
        lambda one: one["signatures"].append(one["signatures"][0]),
        lambda one: one["signatures"].append("x"),
        lambda one: one["signatures"].append({}),
        lambda one: one["signatures"][0].update(role="responsible"),
        lambda one: one["signatures"][0].update(signer="somebody else"),
        lambda one: one["signatures"][0].update(jws=one["signatures"][1]["jws"]),
        lambda one: one["signatures"][0].update(jws="a.b.c"),
        lambda one: one["signatures"][0].update(jws="e30..AA"),
    ],
)
def test_an_edit_of_the_manifest_breaks_a_signature(
    report: Path, keys: dict[str, SigningKey], edit: Callable[[dict[str, object]], object]
) -> None:
    seal(report, keys["own"], now=NOW)
    sign_again(report, keys["other"], "review", now=NOW)
    _manifest(report, edit)
    found = verify(report)
    assert not found.ok and found.signature == "bad"


def test_without_signatures_nothing_is_proven(report: Path, keys: dict[str, SigningKey]) -> None:
    seal(report, keys["own"])
    _manifest(report, lambda one: one.update(signatures=[]))
    found = verify(report)
    assert not found.ok and found.signature == "none" and found.changed == ()


def test_a_signature_of_another_report_does_not_fit(report: Path, keys: dict[str, SigningKey]) -> None:
    seal(report, keys["own"])
    other = json.loads((report / "manifest.json").read_bytes())["signatures"]
    _edit(report)
    seal(report, keys["other"])
    assert verify(report).ok
    _manifest(report, lambda one: one.update(signatures=other))
    assert verify(report).signature == "bad"


def test_others_sign_beside(report: Path, keys: dict[str, SigningKey]) -> None:
    seal(report, keys["own"], signer="自评人", now=NOW)
    sign_again(report, keys["sm2"], "review", signer="复核人", now=NOW)
    with pytest.raises(SealRefused, match="role"):
        sign_again(report, keys["other"], "approver")
    sign_again(report, keys["other"], "responsible", signer="负责人", now=NOW)
    found = verify(report)
    assert found.ok and [one.role for one in found.signatures] == ["self", "review", "responsible"]
    assert [one.signer for one in found.signatures] == ["自评人", "复核人", "负责人"]
    assert found.signer == "自评人"


@pytest.mark.parametrize(
    ("role", "signer"), [("responsible", "负责人"), ("review", "复核人"), ("review", "")]
)
def test_one_key_is_not_two_people(report: Path, keys: dict[str, SigningKey], role: str, signer: str) -> None:
    seal(report, keys["own"], signer="自评人", now=NOW)
    sign_again(report, keys["other"], "review", signer="复核人", now=NOW)
    for name, said in (("own", "自评人"), ("other", "复核人")):
        with pytest.raises(SealRefused, match="--key") as refused:
            sign_again(report, keys[name], role, signer=signer)
        assert said in refused.value.words.zh
    made = signature.sign(
        manifest.payload(manifest.read(report)), keys["own"], role, signer,
        [one["jws"] for one in manifest.read(report)["signatures"]], NOW,
    )  # fmt: skip
    _manifest(report, lambda one: one.update(signatures=[*one["signatures"], made]))  # type: ignore[misc]
    found = verify(report)
    assert (found.ok, found.signature) == (False, "same key")
    assert "more than once" in found.said[0].en


def test_nobody_signs_what_was_edited(report: Path, keys: dict[str, SigningKey]) -> None:
    with pytest.raises(SealRefused, match=r"manifest\.json"):
        sign_again(report, keys["own"], "review")
    seal(report, keys["own"])
    _edit(report)
    with pytest.raises(SealRefused, match=r"index\.html") as refused:
        sign_again(report, keys["other"], "review")
    assert "已改动" in refused.value.words.zh


def test_sealed_again_by_another_shows_where_one_says_whom_to_trust(
    report: Path, keys: dict[str, SigningKey]
) -> None:
    own = keys["own"].fingerprint
    seal(report, keys["own"])
    assert verify(report, trust=[own]).ok
    assert verify(report, trust=[":".join(own[at : at + 2] for at in range(0, 64, 2)).upper()]).ok
    _edit(report)
    seal(report, keys["other"])
    assert verify(report).ok, "a seal alone proves no more"
    found = verify(report, trust=[own])
    assert not found.ok and found.signature == "unknown signer"
    assert verify(report, trust=read_trust([own, keys["other"].fingerprint])).ok
    with pytest.raises(SealRefused, match="fingerprint"):
        read_trust(["no such file"])


def test_evidence_that_is_named_must_be_there(report: Path, keys: dict[str, SigningKey]) -> None:
    checks = [{"evidence": ["E0001-2", "E0009-1", "../x"], "steps": [{"evidence": ["E0001-1", "E0001-3"]}]}]
    (report / "result.json").write_text(json.dumps({"checks": checks}))
    seal(report, keys["own"])
    found = verify(report)
    assert not found.ok and found.signature == "good"
    assert found.missing == (
        "evidence/../x", "evidence/E0001.json#E0001-2", "evidence/E0001.json#E0001-3",
        "evidence/E0009.json#E0009-1",
    )  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_a_result_that_is_none(report: Path, keys: dict[str, SigningKey], content: bytes) -> None:
    (report / "result.json").write_bytes(content)
    seal(report, keys["own"])
    assert verify(report).changed == ("result.json",)


def test_what_is_no_file_is_not_sealed(report: Path, keys: dict[str, SigningKey]) -> None:
    (report / "x").symlink_to("index.html")
    with pytest.raises(SealRefused, match="no plain file"):
        seal(report, keys["own"])


def _certificate(
    key: ec.EllipticCurvePrivateKey, name: str, issuer: ec.EllipticCurvePrivateKey, by: str
) -> bytes:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, by)]
    builder = x509.CertificateBuilder(*reversed(names), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(1)).not_valid_after(NOW + timedelta(1))
    return builder.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_a_certificate_is_trusted_by_its_authority_and_in_its_time(report: Path, tmp_path: Path) -> None:
    authority, signer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    private = signer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(private + _certificate(signer, "signer", authority, "authority"))
    (tmp_path / "ca.pem").write_bytes(_certificate(authority, "authority", authority, "authority"))
    key = open_key(tmp_path / "key.pem")
    seal(report, key, now=NOW)
    assert verify(report).ok and verify(report, trust=[tmp_path / "ca.pem"]).ok
    seal(report, key, now=NOW + timedelta(days=2))
    assert verify(report, trust=[tmp_path / "ca.pem"]).signature == "unknown signer"
    (tmp_path / "other.pem").write_bytes(_certificate(signer, "authority", signer, "authority"))
    assert verify(report, trust=[key.fingerprint]).ok
    (tmp_path / "wrong.pem").write_bytes(private + (tmp_path / "ca.pem").read_bytes())
    with pytest.raises(SealRefused, match="not that of the key"):
        open_key(tmp_path / "wrong.pem")
