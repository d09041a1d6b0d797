"""Signatures written from the document alone are those of the gateway, in both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from conformance.simulators import jws
from conformance.simulators.exact import dumps, loads
from gateway.canonical.json import dumps as gateway_dumps
from gateway.canonical.json import loads as gateway_loads
from gateway.errors import Rejected
from gateway.security.signature import AUTHOR, Signatures, open_signatures
from gateway.security.signature import canonical as gateway_canonical
from gateway.security.signature.demonstration import demonstration
from gateway.settings import SignatureSettings

WHO = "Practitioner/w1"
TEXT = """[
 {"resourceType": "RequestGroup", "id": "g1", "status": "draft", "intent": "order",
  "text": {"status": "empty"}, "action": [{"resource": {"reference": "MedicationRequest/m1"}}],
  "note": [{"text": "\\u0001 “é” \\u2028 \\/ 𠮷"}]},
 {"resourceType": "MedicationRequest", "id": "m1", "status": "draft", "_status": {"id": "x"},
  "intent": "order",
  "dispenseRequest": {"quantity": {"value": 1.50}, "numberOfRepeatsAllowed": 0}}]"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ca")
    demonstration(made, algorithm="ES256")
    return made


@pytest.fixture(scope="module")
def signatures(folder: Path) -> Signatures:
    return open_signatures(SignatureSettings(trust=(str(folder / "trust.pem"),), keys=str(folder / "keys")))


def test_the_bytes_that_are_signed_are_the_same() -> None:
    assert jws.canonical(loads(TEXT)) == gateway_canonical(gateway_loads(TEXT.encode()))


def test_numbers_keep_their_digits() -> None:
    assert dumps(loads(TEXT)).encode() == gateway_dumps(gateway_loads(TEXT.encode()))


def test_the_gateway_takes_a_signature_of_the_simulator(folder: Path, signatures: Signatures) -> None:
    key = jws.read_key(folder / "keys", "physician")
    provenance = jws.sign(loads(TEXT), key, WHO, jws.AUTHOR)
    verified = signatures.verify(provenance, gateway_loads(TEXT.encode()))
    assert (verified.who, verified.purpose) == (WHO, AUTHOR)
    changed = gateway_loads(TEXT.replace("1.50", "1.5").encode())
    with pytest.raises(Rejected) as refused:
        signatures.verify(provenance, changed)
    assert refused.value.code == "signature-value"


def test_the_simulator_takes_a_signature_of_the_gateway(folder: Path, signatures: Signatures) -> None:
    provenance = signatures.sign(gateway_loads(TEXT.encode()), "physician", who=WHO, purpose=AUTHOR)
    data = provenance["signature"][0]["data"]
    found = jws.check(data, jws.canonical(loads(TEXT)))
    authority = x509.load_pem_x509_certificates((folder / "trust.pem").read_bytes())
    assert (found.good, found.purpose, jws.trusted(found.chain, authority)) == (True, jws.AUTHOR, True)
    assert jws.check(data, jws.canonical(loads(TEXT.replace("1.50", "15.0")))).good is False


def test_a_chain_to_another_authority_is_not_trusted(folder: Path, tmp_path: Path) -> None:
    demonstration(tmp_path, algorithm="ES256")
    other = x509.load_pem_x509_certificates((tmp_path / "trust.pem").read_bytes())
    chain = jws.read_key(folder / "keys", "physician").chain
    assert jws.trusted(chain, other) is False


def test_what_cannot_be_checked_is_said(tmp_path: Path) -> None:
    demonstration(tmp_path, algorithm="SM2")
    own = open_signatures(
        SignatureSettings(trust=(str(tmp_path / "trust.pem"),), keys=str(tmp_path / "keys"))
    )
    documents: list[dict[str, Any]] = gateway_loads(TEXT.encode())
    data = own.sign(documents, "physician", who=WHO, purpose=AUTHOR)["signature"][0]["data"]
    assert jws.check(data, jws.canonical(loads(TEXT))).good is None
