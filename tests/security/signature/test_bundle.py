"""The signature of a Bundle: all that is sent, by whoever sends it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from gateway.canonical.resource import Resource
from gateway.errors import Rejected
from gateway.security.signature import sign_bundle, verify_bundle

HOSPITAL = {"name": "渡桥市人民医院互联网医院"}


@pytest.fixture
def bundle(prescription: list[Resource]) -> Resource:
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:qiao:id:feed", "value": "default-41-42"},
        "type": "message",
        "entry": [{"resource": one} for one in prescription],
    }


def refused(ward: Any, bundle: Resource, **more: Any) -> str:
    with pytest.raises(Rejected) as caught:
        verify_bundle(ward.open(), bundle, **more)
    return caught.value.code


def test_a_bundle_is_signed_by_whoever_sends_it(ward: Any, bundle: Resource) -> None:
    made = sign_bundle(ward.open(), bundle, "physician", {"reference": "Organization/o1"}, ward.now_us)
    verified = verify_bundle(ward.open(), made, organization=HOSPITAL)
    assert verified.who == "Organization/o1"
    assert verified.targets == ("urn:qiao:id:feed|default-41-42",)
    stored = made | {"id": "7", "meta": {"versionId": "1"}}
    assert verify_bundle(ward.open(), stored)
    assert refused(ward, made, organization={"name": "南桥医院"}) == "signature-organization"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda one: one["entry"][0]["resource"].update(status="active"), "signature-value"),
        (lambda one: one["entry"].pop(), "signature-value"),
        (lambda one: one["identifier"].update(value="default-41-43"), "signature-target"),
        (lambda one: one.pop("identifier"), "signature-form"),
        (lambda one: one.pop("signature"), "signature-form"),
        (lambda one: one["signature"].update(when="2026-03-06T01:15:01Z"), "signature-time"),
        (lambda one: one["signature"].update(data="ZGV0YWNoZWQ="), "signature-form"),
    ],
)
def test_whatever_is_changed_on_the_way_is_noticed(
    ward: Any, bundle: Resource, change: Callable[[Resource], object], code: str
) -> None:
    made = copy.deepcopy(sign_bundle(ward.open(), bundle, "physician", {}, ward.now_us))
    change(made)
    assert refused(ward, made) == code


def test_the_signature_of_a_document_is_none_of_a_bundle(
    ward: Any, bundle: Resource, prescription: list[Resource]
) -> None:
    signature = ward.sign(prescription)["signature"][0]
    assert refused(ward, bundle | {"signature": signature}) == "signature-target"


def test_any_bytes_are_sealed_and_what_they_are_is_signed_along(ward: Any) -> None:
    data = ward.open().seal(b"head", "physician", ["ledger:default:1024"])
    assert ward.open().unseal(b"head", data).targets == ("ledger:default:1024",)
    with pytest.raises(Rejected):
        ward.open().unseal(b"Head", data)
