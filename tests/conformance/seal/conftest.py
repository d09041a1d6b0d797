"""A report, and keys to seal it with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.seal import SigningKey, open_key

SM2_PEM = b"""-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgOUUgj3shRLE/NuOKxtOfldiTkmkoYLUa
QvuB7033xbihRANCAAQJ+d8x5UIaFQ3Xfcej5NsUxJGKJSp1R2TcYE0LhkyjVw==
-----END PRIVATE KEY-----
"""


def p256_pem() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SigningKey]:
    """Two keys of P-256 and one of SM2."""
    folder = tmp_path_factory.mktemp("keys")
    made = {"own": p256_pem(), "other": p256_pem(), "sm2": SM2_PEM}
    for name, pem in made.items():
        (folder / name).write_bytes(pem)
    return {name: open_key(folder / name) for name in made}


def _report(folder: Path) -> Path:
    (folder / "evidence").mkdir(parents=True)
    exchanges = [{"n": 1, "id": "E0001-1"}]
    (folder / "evidence" / "E0001.json").write_text(json.dumps({"check": "a.b", "exchanges": exchanges}))
    checks = [{"id": "a.b", "evidence": ["E0001-1"], "steps": [{"evidence": ["E0001-1"]}]}]
    (folder / "result.json").write_text(json.dumps({"checks": checks, "requirements": []}))
    (folder / "index.html").write_text("<p>报告</p>")
    return folder


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return _report(tmp_path / "report")


@pytest.fixture(scope="session")
def write_report() -> Callable[[Path], Path]:
    """Writes a small report into a folder."""
    return _report
