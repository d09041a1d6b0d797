"""Keys: of P-256 and SM2 in files; the user's own is made at first, for him alone."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from conformance.seal import SealRefused, default_place, open_key, read_trust, seal, sm2, verify

PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()
SECRET = serialization.BestAvailableEncryption(b"x")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_the_user_s_own_key_is_made_once(home: Path) -> None:
    first, again = open_key(), open_key()
    assert first.made and not again.made and first.fingerprint == again.fingerprint
    assert default_place() == home / "config" / "qiao" / "conformance.key.pem"
    assert stat.S_IMODE(default_place().stat().st_mode) == 0o600
    assert [one.name for one in default_place().parent.iterdir()] == ["conformance.key.pem"]


def test_two_that_start_at_once_have_one_key(home: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: open_key().fingerprint, range(8)))
    assert len(set(found)) == 1


def test_a_key_that_others_read_is_nobody_s_own(home: Path) -> None:
    open_key()
    default_place().chmod(0o644)
    with pytest.raises(SealRefused, match="600"):
        open_key()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no key", b"-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----",
        rsa.generate_private_key(65537, 2048).private_bytes(PEM, PKCS8, PLAIN),
        ec.generate_private_key(ec.SECP384R1()).private_bytes(PEM, PKCS8, PLAIN),
        ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, SECRET),
    ],
    ids=("empty", "text", "broken", "rsa", "p384", "encrypted"),
)  # fmt: skip
def test_what_is_no_such_key(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(SealRefused) as refused:
        open_key(tmp_path / "key.pem")
    assert "P-256" in refused.value.words.en and "SM2" in refused.value.words.zh


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SealRefused, match="cannot be read"):
        open_key(tmp_path / "none.pem")


def test_a_public_key_in_a_file_is_trusted(report: Path, tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "key.pem").write_bytes(
        private.private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, PLAIN)
    )
    public = private.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    seal(report, open_key(tmp_path / "key.pem"))
    assert verify(report, trust=[tmp_path / "public.pem"]).ok
    with pytest.raises(SealRefused):
        read_trust([tmp_path / "key.pem"])


def test_sm2_keys_and_certificates_of_openssl(
    report: Path, tmp_path: Path, require: Callable[..., str]
) -> None:
    program = require("openssl", binary="openssl")

    def run(*arguments: str) -> None:
        subprocess.run(
            [program, *arguments], cwd=tmp_path, check=True, capture_output=True, env={**os.environ}
        )

    run("genpkey", "-algorithm", "SM2", "-out", "plain.pem")
    run("req", "-x509", "-key", "plain.pem", "-sm3", "-subj", "/CN=signer", "-days", "9", "-out", "crt.pem",
        "-sigopt", "distid:1234567812345678")  # fmt: skip
    (tmp_path / "key.pem").write_bytes(
        (tmp_path / "plain.pem").read_bytes() + (tmp_path / "crt.pem").read_bytes()
    )
    key = open_key(tmp_path / "key.pem")
    assert key.public.algorithm == "SM2" and key.chain
    assert key.fingerprint == open_key(tmp_path / "plain.pem").fingerprint
    seal(report, key)
    assert verify(report, trust=[tmp_path / "crt.pem"]).ok
    assert sm2.read_certified(key.chain[0]) == key.public.point
