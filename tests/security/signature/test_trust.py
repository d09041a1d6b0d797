"""Chains: who may have issued a signer's certificate, when it counts, and how it ends."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.canonical.resource import Resource
from gateway.errors import Misconfigured, Rejected
from gateway.security.signature.issuing import Authority, make_key
from gateway.security.signature.pem import blocks, pem
from gateway.security.signature.trust import Trust

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 6, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)
ALGORITHMS = ["SM2", "ES256"]


def refused(ward: Any, documents: list[Resource], chain: tuple[bytes, ...], key: Any) -> str:
    """Return the code with which a signature under this chain is refused."""
    ward.enrol("tried", chain, key)
    made = ward.sign(documents, "tried")
    with pytest.raises(Rejected) as caught:
        ward.open().verify(made, documents)
    return caught.value.code


def code_of(trust: Trust, chain: tuple[bytes, ...], now: datetime = NOW) -> str:
    with pytest.raises(Rejected) as caught:
        trust.path(chain, now, NOW)
    return caught.value.code


@pytest.mark.parametrize("above", ALGORITHMS)
@pytest.mark.parametrize("middle", ALGORITHMS)
@pytest.mark.parametrize("below", ["SM2", "ES256", "RS256"])
def test_chains_of_every_mixture_are_followed(tmp_path: Path, above: Any, middle: Any, below: Any) -> None:
    root = Authority.root(make_key(above), {"CN": "Root"}, begins=BEGINS)
    issuer = root.below(make_key(middle), {"CN": "Issuer"}, begins=BEGINS)
    chain = issuer.issue(make_key(below), {"CN": "x"}, begins=BEGINS)
    (tmp_path / "trust.pem").write_bytes(pem(root.chain[0], "CERTIFICATE"))
    way = Trust([tmp_path / "trust.pem"]).path(chain[:2], NOW, NOW)
    assert [one.der for one in way] == list(chain)


def test_authorities_may_be_trusted_at_any_height_and_in_der(ward: Any, tmp_path: Path) -> None:
    chain = ward.authority.issue(make_key("SM2"), {"CN": "x"}, begins=BEGINS)
    (tmp_path / "issuer.der").write_bytes(chain[1])
    assert len(Trust([tmp_path / "issuer.der"]).path(chain[:1], NOW, NOW)) == 2


def test_an_authority_of_the_same_name_is_another(ward: Any, prescription: list[Resource]) -> None:
    false = Authority.root(make_key("ES256"), {"CN": "Root"}, begins=BEGINS)
    key = make_key("ES256")
    chain = false.issue(key, {"CN": "x"}, begins=BEGINS)
    assert refused(ward, prescription, (*chain, b"-"), key) == "signature-untrusted"


def test_a_signer_is_no_authority(ward: Any, prescription: list[Resource]) -> None:
    physician = make_key("ES256")
    chain = ward.authority.issue(physician, {"CN": "physician"}, begins=BEGINS)
    false = Authority(physician, {"CN": "physician"}, chain)
    key = make_key("ES256")
    assert (
        refused(ward, prescription, false.issue(key, {"CN": "x"}, begins=BEGINS), key)
        == "signature-untrusted"
    )


def test_an_authority_does_not_stand_deeper_than_it_may(ward: Any, prescription: list[Resource]) -> None:
    deeper = ward.authority.below(make_key("ES256"), {"CN": "Deeper"}, begins=BEGINS)
    key = make_key("ES256")
    chain = deeper.issue(key, {"CN": "x"}, begins=BEGINS)
    assert refused(ward, prescription, chain, key) == "signature-untrusted"


def test_an_authority_and_a_key_for_encryption_sign_no_documents(
    ward: Any, prescription: list[Resource]
) -> None:
    key = make_key("ES256")
    for more in ({"authority": True}, {"signs": False}):
        chain = ward.authority.issue(key, {"CN": "x"}, begins=BEGINS, **more)
        assert refused(ward, prescription, chain, key) == "signature-usage"


@pytest.mark.parametrize("begins", [NOW + timedelta(seconds=1), NOW - 40 * DAY])
def test_a_certificate_must_have_been_valid_when_it_was_used(
    ward: Any, prescription: list[Resource], begins: datetime
) -> None:
    key = make_key("ES256")
    chain = ward.authority.issue(key, {"CN": "x"}, begins=begins, days=30)
    assert refused(ward, prescription, chain, key) == "signature-expired"


def test_it_may_have_ended_since(ward: Any, prescription: list[Resource]) -> None:
    ward.enrol("short", days=70)
    made = ward.sign(prescription, "short")
    assert ward.open(max_age=0).verify(made, prescription, at_us=ward.now_us + 400 * 86400 * 1_000_000)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_revoked_certificate_does_not_count_whenever_it_says_that_it_signed(
    ward: Any, prescription: list[Resource], algorithm: str
) -> None:
    ward.algorithm = algorithm
    ward.__post_init__()
    chain = ward.enrol("dismissed")
    made = ward.sign(prescription, "dismissed")
    ward.revoke(chain, NOW - timedelta(hours=1))
    with pytest.raises(Rejected) as caught:
        ward.open().verify(made, prescription)
    assert caught.value.code == "signature-revoked"
    assert ward.open().verify(ward.sign(prescription), prescription)


def test_what_arrived_before_the_revocation_still_counts(ward: Any, prescription: list[Resource]) -> None:
    chain = ward.enrol("dismissed")
    made = ward.sign(prescription, "dismissed")
    ward.revoke(chain, NOW + timedelta(hours=1))
    assert ward.open().verify(made, prescription)
    late = ward.now_us + 2 * 3600 * 1_000_000
    with pytest.raises(Rejected):
        ward.open().verify(made, prescription, at_us=late)


def test_an_authority_may_be_revoked_by_the_one_above(ward: Any, prescription: list[Resource]) -> None:
    made = ward.sign(prescription)
    ward.revoke(ward.authority.chain, NOW - DAY, by=ward.root)
    with pytest.raises(Rejected) as caught:
        ward.open().verify(made, prescription)
    assert caught.value.code == "signature-revoked"


def test_a_list_that_somebody_else_made_stops_everything(ward: Any, prescription: list[Resource]) -> None:
    made = ward.sign(prescription)
    false = Authority(make_key("ES256"), {"CN": "Issuer"}, ())
    ward.revoke(ward.root.chain, NOW - DAY, by=false)
    with pytest.raises(Rejected) as caught:
        ward.open().verify(made, prescription)
    assert caught.value.code == "signature-revocation"


def test_a_new_list_is_noticed_within_a_minute_and_a_broken_one_changes_nothing(ward: Any) -> None:
    chain = ward.authority.issue(make_key("ES256"), {"CN": "x"}, begins=BEGINS)
    ward.revoke(ward.root.chain, NOW - DAY)
    file = ward.folder / "revoked.pem"
    trust = Trust([ward.folder / "trust.pem"], [file])
    assert trust.path(chain[:2], NOW, NOW)
    ward.revoke(chain, NOW - DAY)
    file.write_bytes(file.read_bytes() + b"\n")
    assert code_of(trust, chain[:2], NOW + timedelta(seconds=61)) == "signature-revoked"
    file.write_bytes(b"half of it")
    assert code_of(trust, chain[:2], NOW + timedelta(seconds=122)) == "signature-revoked"
    assert trust.outdated(NOW) == []
    assert trust.outdated(NOW + 30 * DAY) == [str(file)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no PEM block"),
        (b"-----BEGIN CERTIFICATE-----\nAA!\n-----END CERTIFICATE-----", "no PEM block"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "cannot be read"),
    ],
)
def test_files_that_hold_something_else_are_refused_at_the_start(
    tmp_path: Path, text: bytes, said: str
) -> None:
    (tmp_path / "x.pem").write_bytes(text)
    with pytest.raises(Misconfigured, match=said):
        Trust([tmp_path / "x.pem"])


def test_only_authorities_are_trusted_and_only_lists_are_lists(ward: Any, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no authority's"):
        Trust([tmp_path / "physician.crt.pem"])
    (tmp_path / "x.pem").write_bytes(pem(b"\x30\x00", "X509 CRL"))
    with pytest.raises(Misconfigured, match="no revocation list"):
        Trust([tmp_path / "trust.pem"], [tmp_path / "x.pem"])


def test_a_critical_extension_that_nobody_understands_is_no_certificate(ward: Any) -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    root = ward.root.key
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Root")])
    made = (
        x509.CertificateBuilder(name, name, root.public_key(), 1, BEGINS, BEGINS + 999 * DAY)
        .add_extension(strange, critical=True)
        .sign(root, SHA256())
    )
    trust = Trust([ward.folder / "trust.pem"])
    assert code_of(trust, (made.public_bytes(Encoding.DER),)) == "signature-certificate"


def test_a_short_rsa_key_is_no_key(ward: Any) -> None:
    chain = ward.authority.issue(rsa.generate_private_key(65537, 1024), {"CN": "x"}, begins=BEGINS)
    assert code_of(Trust([ward.folder / "trust.pem"]), chain[:2]) == "signature-certificate"


def test_certificates_with_sm2_that_openssl_made_are_followed(tmp_path: Path, require: Any) -> None:
    openssl = require("openssl", binary="openssl")
    (tmp_path / "leaf.cnf").write_text(
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
    )
    identity = "distid:1234567812345678"
    for command in (
        f"req -x509 -newkey sm2 -nodes -sm3 -sigopt {identity} -subj /CN=R -days 30 -keyout r.key -out r.pem",
        f"req -newkey sm2 -nodes -sm3 -sigopt {identity} -subj /CN=L/serialNumber=7 -keyout l.key -out l.req",
        f"x509 -req -in l.req -vfyopt {identity} -CA r.pem -CAkey r.key -sm3 -sigopt {identity} -days 9"
        " -extfile leaf.cnf -out l.pem",
    ):
        subprocess.run([openssl, *command.split()], cwd=tmp_path, check=True, capture_output=True)
    leaf = blocks(tmp_path / "l.pem", "CERTIFICATE")[0]
    now = x509.load_der_x509_certificate(leaf).not_valid_before_utc + DAY
    way = Trust([tmp_path / "r.pem"]).path((leaf,), now, now)
    assert list(way[0].attributes(("serialNumber", "CN"))) == ["L", "7"]


def test_openssl_follows_certificates_with_sm2_that_were_made_here(tmp_path: Path, require: Any) -> None:
    openssl = require("openssl", binary="openssl")
    root = Authority.root(make_key("SM2"), {"CN": "Root"})
    leaf, _ = root.issue(make_key("SM2"), {"CN": "x"})
    (tmp_path / "r.pem").write_bytes(pem(root.chain[0], "CERTIFICATE"))
    (tmp_path / "l.pem").write_bytes(pem(leaf, "CERTIFICATE"))
    command = f"{openssl} verify -vfyopt distid:1234567812345678 -CAfile r.pem l.pem"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
