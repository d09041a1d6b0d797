"""The service that is stopped (YN-39): no internet visit begins and only operations end the stop."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Refused, Stored, Translation, new_envelope_id, now_us
from gateway.errors import Refusal
from gateway.feed.feedback import Feedback, resume, stop
from gateway.feed.feedback.stop import IDS
from gateway.feed.governors import Governors
from gateway.feed.visit.governor import Visits
from gateway.settings import TenantSettings
from gateway.store import Change, Receive, Settle

VISIT: dict[str, Any] = {"resourceType": "Encounter", "id": "v1", "class": {"code": "VR"}}
STOP = {"resourceType": "Flag", "status": "active", "code": {"text": "x"}, "subject": {"display": "x"}}


def halt(house: Any) -> None:
    house.act(lambda desk, _duties: stop(desk, "停电", "990101"))


def go_on(house: Any) -> None:
    house.act(lambda desk, _duties: resume(desk, "来电"))


def message(house: Any, **elements: Any) -> Any:
    """What becomes of a message that says this of the visit."""
    at = now_us()
    envelope = Envelope(
        new_envelope_id(at), "default", "his/hl7v2", "his", at, "x-application/hl7-v2+er7", "", b"MSH|", {}
    )
    key = ("urn:his", "v1")
    said = {**VISIT, "identifier": [{"system": key[0], "value": key[1]}], **elements}
    translation = Translation([Draft("Encounter", "v1", said, key=key, owns=True)])
    steps = [Receive(envelope, "1", b"digest", at), Settle(envelope, translation, lambda _: b"")]
    return house.store.write(steps)[1].outcome


def flagged(house: Any) -> list[Any]:
    found = house.store.search("default", "DetectedIssue", [("implicated", "Encounter/v1")]).matches
    return [house.read(f"DetectedIssue/{one.id}")["code"]["coding"][0]["code"] for one in found]


@pytest.mark.parametrize("status", ["planned", "arrived", "in-progress", "onleave"])
def test_no_internet_visit_comes(house: Any, status: str) -> None:
    halt(house)
    with pytest.raises(Refusal) as error:
        house.write({**VISIT, "status": status})
    assert (error.value.code, error.value.issues[0].requirement) == ("conflict", "YN-39")
    assert house.store.reconciliation.refusals("default", "2000", "9999")[0].rule == "service-stopped"
    go_on(house)
    house.write({**VISIT, "status": status})


@pytest.mark.parametrize(
    ("before", "after"),
    [("planned", "arrived"), ("planned", "in-progress"), ("arrived", "in-progress"), ("triaged", "onleave")],
)
def test_one_that_was_booked_does_not_begin(house: Any, before: str, after: str) -> None:
    house.write({**VISIT, "status": before})
    halt(house)
    with pytest.raises(Refusal, match="the service is stopped"):
        house.write({**VISIT, "status": after})
    go_on(house)
    house.write({**VISIT, "status": after})


def test_none_is_made_of_a_visit_to_the_clinic(house: Any) -> None:
    house.write({**VISIT, "status": "in-progress", "class": {"code": "AMB"}})
    halt(house)
    with pytest.raises(Refusal, match="the service is stopped"):
        house.write({**VISIT, "status": "in-progress"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("in-progress", "finished"),
        ("in-progress", "onleave"),
        ("onleave", "in-progress"),
        ("planned", "cancelled"),
        ("finished", "entered-in-error"),
    ],
)
def test_what_goes_on_may_go_on_and_end(house: Any, before: str, after: str) -> None:
    house.write({**VISIT, "status": before})
    halt(house)
    house.write({**VISIT, "status": after})
    house.write({**VISIT, "id": "ward", "status": "in-progress", "class": {"code": "IMP"}})


@pytest.mark.parametrize("id_", IDS)
@pytest.mark.parametrize("by", ["client", "import"])
def test_nobody_stops_or_resumes_it_by_a_write(house: Any, id_: str, by: str) -> None:
    says = {**STOP, "id": id_}

    def tried(change: Change) -> None:
        with pytest.raises(Refusal) as error:
            house.change(change, **({} if by == "client" else {"by": None}))
        assert error.value.code == "conflict"

    tried(Change("update", "Flag", id_, says))
    assert house.act(lambda desk, _duties: resume(desk, "x")).state == "running"
    halt(house)
    if id_ == IDS[0]:
        tried(Change("delete", "Flag", id_))
        tried(Change("patch", "Flag", id_, patch=lambda body: {**body, "status": "inactive"}))
        tried(Change("update", "Flag", id_, {**says, "status": "inactive"}))
    with pytest.raises(Refusal, match="the service is stopped"):
        house.write({**VISIT, "status": "in-progress"})
    assert house.ledger() == [("service", "effective", 0)]
    house.write({**STOP, "id": "allergy"})


def test_a_message_of_what_has_not_begun_is_refused(house: Any) -> None:
    assert isinstance(message(house, status="planned"), Stored)
    halt(house)
    for status in ("arrived", "triaged"):
        assert isinstance(message(house, status=status), Refused)
    assert house.read("Encounter/v1")["status"] == "planned"


@pytest.mark.parametrize(
    "before", [None, {"status": "planned"}, {"status": "in-progress", "class": {"code": "AMB"}}]
)
def test_a_message_of_what_has_begun_is_stored_flagged_and_entered(house: Any, before: Any) -> None:
    if before is not None:
        house.write({**VISIT, **before})
    settings = TenantSettings(organization="990101001")
    house.store.govern(Governors(Feedback(lambda _tenant: house.duties), Visits(lambda _tenant: settings)))
    halt(house)
    assert isinstance(message(house, status="in-progress"), Stored)
    assert house.read("Encounter/v1")["status"] == "in-progress"
    (entry,) = [one for one in house.store.ledger.entries("default") if one.kind == "visit"][-1:]
    assert entry.event in ("effective", "corrected")
    assert "service-stopped" in flagged(house)
