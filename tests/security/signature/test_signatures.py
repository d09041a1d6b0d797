"""Signing and verifying: what holds, and every way in which a signature does not."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.resource import Resource
from gateway.errors import Misconfigured, Rejected
from gateway.security.signature import AUTHOR, REVIEW, open_signatures
from gateway.security.signature.claim import read_claim
from gateway.settings import SignatureSettings

DAY = timedelta(days=1)
PRACTITIONER = {
    "resourceType": "Practitioner",
    "id": "w1",
    "identifier": [{"system": "urn:qiao:id:practice-certificate", "value": "110990101000017"}],
}
HOSPITAL = {"resourceType": "Organization", "name": "渡桥市人民医院互联网医院"}


def refused(ward: Any, provenance: Resource, documents: list[Resource], **more: Any) -> str:
    """Return the code with which a signature is refused."""
    settings = more.pop("settings", {})
    with pytest.raises(Rejected) as caught:
        ward.open(**settings).verify(provenance, documents, **more)
    assert not isinstance(caught.value, Misconfigured)
    return caught.value.code


def reheaded(provenance: Resource, change: Callable[[dict[str, Any]], object]) -> Resource:
    """Return a Provenance whose protected header was changed after signing."""
    changed = copy.deepcopy(provenance)
    head, _, value = base64.b64decode(changed["signature"][0]["data"]).split(b".")
    header = json.loads(base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4)))
    change(header)
    made = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    changed["signature"][0]["data"] = base64.b64encode(made + b".." + value).decode()
    return changed


@pytest.mark.parametrize("algorithm", ["SM2", "ES256", "RS256"])
def test_what_was_signed_proves_who_what_and_when(
    ward: Any, prescription: list[Resource], algorithm: str
) -> None:
    ward.algorithm = algorithm
    ward.__post_init__()
    verified = ward.open().verify(
        ward.sign(prescription), prescription, practitioner=PRACTITIONER, organization=HOSPITAL
    )
    assert verified.algorithm == algorithm
    assert verified.who == "Practitioner/w1"
    assert verified.purpose == AUTHOR
    assert verified.signed_us == ward.now_us
    assert verified.targets == (
        "MedicationRequest/m1/_history/1",
        "MedicationRequest/m2/_history/1",
        "RequestGroup/g1/_history/3",
    )
    assert verified.persons == ("110990101000017",)
    altered = copy.deepcopy(prescription)
    altered[1]["medicationCodeableConcept"]["text"] = "氨氯地平片 6mg"
    assert refused(ward, ward.sign(prescription), altered) == "signature-value"


def test_the_provenance_is_of_the_profile_signature(ward: Any, prescription: list[Resource]) -> None:
    from gateway.settings import Settings
    from gateway.validation import examine, validator_of

    made = ward.sign(prescription)
    found = examine(
        validator_of(Settings(), []), json.dumps(made).encode(), ["urn:qiao:profile:signature"], False
    )
    assert found.valid, found


def test_serial_status_and_version_that_come_later_change_nothing(
    ward: Any, prescription: list[Resource]
) -> None:
    made = ward.sign(prescription)
    for one in prescription:
        one |= {"status": "active", "groupIdentifier": {"value": "CQ1"}, "meta": {"versionId": "7"}}
    assert ward.open().verify(made, prescription).targets[2] == "RequestGroup/g1/_history/3"


def test_a_drug_that_is_exchanged_left_out_or_added_is_noticed(
    ward: Any, prescription: list[Resource]
) -> None:
    made = ward.sign(prescription)
    exchanged = [*prescription[:2], prescription[2] | {"id": "m3"}]
    assert refused(ward, made, exchanged) == "signature-target"
    assert refused(ward, made, prescription[:2]) == "signature-target"
    assert refused(ward, made, [*prescription, prescription[2] | {"id": "m3"}]) == "signature-target"


def test_a_prescription_is_signed_as_a_whole(ward: Any, prescription: list[Resource]) -> None:
    with pytest.raises(Rejected) as caught:
        ward.sign(prescription[:2])
    assert caught.value.code == "signature-part"


def test_a_signature_of_another_document_is_no_signature(ward: Any, prescription: list[Resource]) -> None:
    other = {"resourceType": "ServiceRequest", "id": "s1", "authoredOn": "2026-03-06T09:12:00+08:00"}
    made = ward.sign([other])
    assert refused(ward, made, prescription) == "signature-target"
    made["target"] = ward.sign(prescription)["target"]
    assert refused(ward, made, prescription) == "signature-target"
    twin = reheaded(
        made, lambda header: header["urn:qiao:signed"].update(targets=["ServiceRequest/s2/_history/1"])
    )
    twin["target"] = [{"reference": "ServiceRequest/s2/_history/1"}]
    assert refused(ward, twin, [other | {"id": "s2"}]) == "signature-value"


def test_one_target_of_the_unit_suffices_and_a_foreign_one_does_not(
    ward: Any, prescription: list[Resource]
) -> None:
    made = ward.sign(prescription)
    made["target"] = [{"reference": "RequestGroup/g1/_history/3"}]
    ward.open().verify(made, prescription)
    made["target"].append({"reference": "RequestGroup/g1/_history/4"})
    assert refused(ward, made, prescription) == "signature-target"


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.update(sigT="2026-03-06T01:14:59Z"),
        lambda header: header["urn:qiao:signed"].update(purpose=REVIEW),
        lambda header: header["urn:qiao:signed"]["targets"].__setitem__(2, "RequestGroup/g1/_history/4"),
        lambda header: header.update(more=1),
    ],
    ids=["time", "purpose", "version", "more"],
)
def test_the_header_is_signed_too(
    ward: Any, prescription: list[Resource], change: Callable[[dict[str, Any]], object]
) -> None:
    made = reheaded(ward.sign(prescription), change)
    claimed = json.loads(
        base64.urlsafe_b64decode(base64.b64decode(made["signature"][0]["data"]).split(b".")[0] + b"==")
    )
    made["signature"][0] |= {
        "when": claimed["sigT"],
        "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": claimed["urn:qiao:signed"]["purpose"]}],
    }
    made["target"] = [{"reference": one} for one in claimed["urn:qiao:signed"]["targets"]]
    assert refused(ward, made, prescription) == "signature-value"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda one: one.update(when="2026-03-06T09:15:01+08:00"), "signature-time"),
        (lambda one: one.update(when="2026-03-06"), "signature-time"),
        (lambda one: one.pop("when"), "signature-time"),
        (lambda one: one.update(type=[]), "signature-form"),
        (lambda one: one.update(sigFormat="application/pkcs7-signature"), "signature-form"),
        (lambda one: one.update(who={"reference": "Practitioner/w2"}), "signature-form"),
        (lambda one: one.update(who={"reference": "Device/d1"}), "signature-form"),
        (lambda one: one.update(who="Practitioner/w1"), "signature-form"),
        (lambda one: one.update(data="ZGV0YWNoZWQ="), "signature-form"),
        (lambda one: one.update(data="not base64"), "signature-form"),
        (lambda one: one.update(data="QUFB" * 20000), "signature-form"),
        (lambda one: one.update(data=base64.b64encode(b"..").decode()), "signature-form"),
        (lambda one: one.update(data=None), "signature-form"),
    ],
)
def test_a_provenance_that_says_otherwise_is_refused(
    ward: Any, prescription: list[Resource], change: Callable[[dict[str, Any]], object], code: str
) -> None:
    made = ward.sign(prescription)
    change(made["signature"][0])
    assert refused(ward, made, prescription) == code


@pytest.mark.parametrize("signatures", [None, [], [{}, {}], "x", [1]])
def test_a_provenance_has_one_signature(ward: Any, prescription: list[Resource], signatures: object) -> None:
    made = ward.sign(prescription) | {"signature": signatures}
    assert refused(ward, made, prescription) == "signature-form"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda header: header.update(alg="none"), "signature-algorithm"),
        (lambda header: header.update(alg="HS256"), "signature-algorithm"),
        (lambda header: header.update(alg="SM2"), "signature-algorithm"),
        (lambda header: header.update(alg="RS256"), "signature-algorithm"),
        (lambda header: header.update(crit=["sigT"]), "signature-form"),
        (lambda header: header.pop("crit"), "signature-form"),
        (lambda header: header.update(b64=False), "signature-form"),
        (lambda header: header.pop("urn:qiao:signed"), "signature-form"),
        (lambda header: header["urn:qiao:signed"].update(canonicalization="x"), "signature-form"),
        (lambda header: header["urn:qiao:signed"].update(targets=[]), "signature-form"),
        (lambda header: header["urn:qiao:signed"].update(targets=[1]), "signature-form"),
        (lambda header: header["urn:qiao:signed"].update(purpose=1), "signature-form"),
        (lambda header: header.update(sigT=1), "signature-form"),
        (lambda header: header.update(sigT="2026-02-30T00:00:00Z"), "signature-form"),
        (lambda header: header.update(x5c=[]), "signature-form"),
        (lambda header: header.update(x5c=["AA=="] * 9), "signature-form"),
        (lambda header: header.update(x5c=[1]), "signature-form"),
        (lambda header: header.update(x5c=["AAAA"]), "signature-certificate"),
        (lambda header: header.update(x5c=header["x5c"][::-1]), "signature-usage"),
        (lambda header: header.update(x5c=header["x5c"][:1]), "signature-untrusted"),
    ],
)
def test_a_header_of_another_kind_is_refused(
    ward: Any, prescription: list[Resource], change: Callable[[dict[str, Any]], object], code: str
) -> None:
    assert refused(ward, reheaded(ward.sign(prescription), change), prescription) == code


@given(st.binary(max_size=200), st.sampled_from([b"", b"eyJhbGciOiJTTTIifQ", b"e30"]))
def test_strangers_data_is_refused_and_nothing_else(data: bytes, head: bytes) -> None:
    signature = {"sigFormat": "application/jose", "data": base64.b64encode(head + b".." + data).decode()}
    with pytest.raises(Rejected):
        read_claim({"signature": [signature]})


def test_future_and_old_signatures_are_refused_when_they_arrive(
    ward: Any, prescription: list[Resource]
) -> None:
    made = ward.sign(prescription)
    for late, code in ((-301, "signature-time"), (86701, "signature-time")):
        assert refused(ward, made, prescription, at_us=ward.now_us + late * 1_000_000) == code
    for fine in (-300, 0, 86700):
        ward.open().verify(made, prescription, at_us=ward.now_us + fine * 1_000_000)
    a_year_later = ward.now_us + 365 * 86400 * 1_000_000
    assert ward.open(max_age=0).verify(made, prescription, at_us=a_year_later)


def test_a_document_cannot_be_older_than_what_is_written_in_it(
    ward: Any, prescription: list[Resource]
) -> None:
    prescription[1]["authoredOn"] = "2026-03-06T09:25:00+08:00"
    assert refused(ward, ward.sign(prescription), prescription) == "signature-time"


def test_the_certificate_names_the_signer_and_the_hospital(ward: Any, prescription: list[Resource]) -> None:
    made = ward.sign(prescription)
    other = {"identifier": [{"system": "urn:qiao:id:practice-certificate", "value": "110990101000099"}]}
    assert refused(ward, made, prescription, practitioner=other) == "signature-person"
    foreign = {"identifier": [{"system": "urn:x", "value": "110990101000017"}]}
    assert refused(ward, made, prescription, practitioner=foreign) == "signature-person"
    assert refused(ward, made, prescription, practitioner={"identifier": "x"}) == "signature-person"
    elsewhere = {"name": "南桥医院", "identifier": [{"value": "12990102MA0000025K"}]}
    assert refused(ward, made, prescription, organization=elsewhere) == "signature-organization"
    by_number = {"name": "新名", "identifier": [{"value": "12990101MA0000017Q"}]}
    assert ward.open().verify(made, prescription, organization=by_number)
    renamed = {"name": "新名", "alias": ["渡桥市人民医院互联网医院"]}
    assert ward.open().verify(made, prescription, organization=renamed)
    assert refused(ward, made, prescription, organization={}) == "signature-organization"


def test_a_number_within_the_common_name_counts_where_the_settings_say_so(
    ward: Any, prescription: list[Resource]
) -> None:
    ward.enrol("other", subject={"CN": "温如玉@D030402@1", "serialNumber": "x"})
    made = ward.sign(prescription, "other")
    staff = {"identifier": [{"system": "urn:oid:2.16.156.10011.1.4", "value": "D030402"}]}
    assert refused(ward, made, prescription, practitioner=staff) == "signature-person"
    assert ward.open(person=("CN",)).verify(made, prescription, practitioner=staff)


def test_signed_again_by_somebody_else_it_is_somebody_elses(ward: Any, prescription: list[Resource]) -> None:
    ward.enrol("other", subject={"serialNumber": "110990101000099"})
    made = ward.sign(prescription, "other")
    assert refused(ward, made, prescription, practitioner=PRACTITIONER) == "signature-person"


def test_without_authorities_nothing_is_good(ward: Any, prescription: list[Resource]) -> None:
    made = ward.sign(prescription)
    nobody = open_signatures(SignatureSettings(), lambda: ward.now_us)
    with pytest.raises(Rejected, match="no authority"):
        nobody.verify(made, prescription)
    with pytest.raises(Misconfigured, match="no keys"):
        nobody.sign(prescription, "physician", who="Practitioner/w1")


def test_software_does_not_sign(ward: Any, prescription: list[Resource]) -> None:
    with pytest.raises(Misconfigured, match="software does not sign"):
        ward.sign(prescription, who="Device/d1")


def test_a_review_is_another_purpose(ward: Any, prescription: list[Resource]) -> None:
    made = ward.sign(prescription, purpose=REVIEW)
    assert ward.open().verify(made, prescription).purpose == REVIEW
    assert made["agent"][0]["type"]["coding"][0]["code"] == "verifier"


def test_the_time_of_signing_is_kept(ward: Any, prescription: list[Resource]) -> None:
    at = datetime(2026, 3, 6, 1, 14, 30, 999999, tzinfo=UTC)
    made = ward.sign(prescription, at_us=int(at.timestamp() * 1_000_000))
    assert made["signature"][0]["when"] == "2026-03-06T01:14:30Z"
    made["signature"][0]["when"] = "2026-03-06T09:14:30.000+08:00"
    assert ward.open().verify(made, prescription).signed_us == 1772759670000000


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"person": ("mail",)}, "no attribute"),
        ({"server": "http://hsm.example/"}, "needs https"),
        ({"server": "hsm"}, "needs https"),
        ({"trust": ("/nowhere.pem",)}, "cannot be read"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(ward: Any, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        ward.open(**changed)


def test_a_key_that_others_may_read_signs_nothing(ward: Any, prescription: list[Resource]) -> None:
    (ward.folder / "physician.key.pem").chmod(0o644)
    with pytest.raises(Misconfigured, match="others may read"):
        ward.sign(prescription)


@pytest.mark.parametrize("key", ["../physician", "", "a" * 65, "nobody"])
def test_a_key_that_is_not_there_is_said(ward: Any, prescription: list[Resource], key: str) -> None:
    with pytest.raises(Misconfigured):
        ward.sign(prescription, key)


def test_a_key_beside_the_certificate_of_another_signs_nothing(
    ward: Any, prescription: list[Resource], tmp_path: Path
) -> None:
    ward.enrol("other")
    (tmp_path / "other.crt.pem").write_bytes((tmp_path / "physician.crt.pem").read_bytes())
    with pytest.raises(Misconfigured, match="not the key"):
        ward.sign(prescription, "other")
