"""What a request needs, and which role has it."""

from __future__ import annotations

import typing

import pytest

from gateway.security.caller import Caller
from gateway.security.rights import OWN, right_of
from gateway.security.roles import ROLES, Right, Role, roles_with
from gateway.store.types import NUMBER


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "/Patient/1", "read"),
        ("HEAD", "/Patient/1", "read"),
        ("GET", "/Patient/1/_history/2", "read"),
        ("GET", "/Patient", "search"),
        ("GET", "", "search"),
        ("GET", "/", "search"),
        ("POST", "/Patient/_search", "search"),
        ("POST", "/_search", "search"),
        ("GET", "/Patient/1/Observation", "search"),
        ("GET", "/Patient/1/*", "search"),
        ("POST", "/Patient/1/Observation/_search", "search"),
        ("GET", "/_history", "history"),
        ("GET", "/Patient/_history", "history"),
        ("GET", "/Patient/1/_history", "history"),
        ("POST", "/Patient", "write"),
        ("PUT", "/Patient/1", "write"),
        ("PUT", "/Patient", "write"),
        ("PATCH", "/Patient/1", "write"),
        ("DELETE", "/Patient/1", "write"),
        ("DELETE", "/Patient", "write"),
        ("POST", "", "transaction"),
        ("POST", "/", "transaction"),
        ("POST", "/Patient/$validate", "operations"),
        ("GET", "/Patient/1/$everything", "operations"),
        ("GET", "/Observation/$lastn", "operations"),
        ("POST", "/ValueSet/$expand", "terminology"),
        ("GET", "/CodeSystem/x/$lookup", "terminology"),
        ("GET", "/$policy", "read"),
        ("GET", "/$export", "export"),
        ("POST", "/Group/1/$export", "export"),
        ("GET", "/$export-status/x", "export"),
        ("DELETE", "/$export-status/x", "export"),
        ("GET", "/$export-file/x/1", "export"),
        ("POST", "/$import", "import"),
        ("POST", "/Subscription", "subscribe"),
        ("GET", "/Subscription/1", "subscribe"),
        ("POST", "/Subscription/_search", "subscribe"),
        ("GET", "/Subscription/1/$status", "subscribe"),
        ("GET", "/Subscription/1/_history", "subscribe"),
        ("GET", "/Subscription/1/$validate", "subscribe"),
        ("POST", "/Subscription/$import", "import"),
        ("POST", "/$drop-everything", "other"),
        ("PUT", "/Patient/1/_history/2", "other"),
        ("POST", "/Patient/1/Observation", "other"),
        ("OPTIONS", "/$export", "read"),
        ("GET", "/Subscription/$topic-list", "subscribe"),
        ("POST", "/RequestGroup/1/$submit", "visit"),
        ("POST", "/Task/1/$review", "visit"),
        ("POST", "/ServiceRequest/1/$assign-serial", "serials"),
        ("TRACE", "/Patient/1", "other"),
        ("GET", "/$feed", "feed"),
        ("POST", "/$finding", "feedback"),
        ("POST", "/Task/1/$close", "feedback"),
        ("POST", "/$feed-counts", "feedback"),
        ("GET", "/Measure/x/$evaluate-measure", "operations"),
        ("POST", "/$feed-acknowledge", "feed"),
        ("GET", "/$ledger-proof", "feed"),
        ("GET", "/MedicationRequest/m1/$deliveries", "visit"),
        ("POST", "/$ledger-countersign", "feed"),
    ],
)
def test_what_a_request_needs(method: str, path: str, right: Right) -> None:
    assert right_of(method, path) == right


def test_roles_are_what_the_documentation_says() -> None:
    reading = {"read", "search", "terminology", "operations", "history"}
    assert ROLES["read"] == reading
    assert ROLES["write"] == reading | {"write", "visit", "feedback", "transaction", "subscribe"}
    assert ROLES["regulator"] == reading | {"export", "subscribe", "serials", "feed", "feedback"}
    assert ROLES["operator"] == set(typing.get_args(Right))
    assert set(ROLES) == set(typing.get_args(Role))


def test_who_may_do_what_nobody_listed() -> None:
    assert roles_with("other") == ["operator"]
    assert not Caller("x", "default", "write").may("other")
    assert Caller("x", "default", "operator").may("other")


def test_what_belongs_to_a_client_are_types_of_r4() -> None:
    assert set(OWN) <= set(NUMBER)
