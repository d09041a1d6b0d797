"""What the API writes about somebody who was merged refers to who goes on, as what messages write does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest

from gateway.canonical import Draft, Merge
from gateway.store import Change, Desk, Made, Occasion, Result, Transacted

Make = Callable[..., Draft]
MRN = "urn:oid:2.16.156.990101.1"
BASE = "https://here.example/fhir"
OTHER = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"


@pytest.fixture
def merged(desk: Any, patient: Make) -> Any:
    """``p1`` was merged into ``p2``, and that into ``p3``."""
    desk.stored(*(patient(f"p{n}", mrn=n) for n in "123"))
    for old, new in ("12", "23"):
        desk.stored(patient(f"p{new}", mrn=new), merges=[Merge("Patient", (MRN, old), f"p{old}", f"p{new}")])
    return desk


def observation(subject: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "subject": {"reference": subject}, **elements}


def done(transacted: Transacted) -> list[Result]:
    assert transacted.error is None, (transacted.at, transacted.error)
    return transacted.results


def subject(result: Result) -> str:
    assert result.version is not None
    return str(orjson.loads(result.version.body)["subject"]["reference"])


def stored(desk: Any, type_: str, id_: str) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(desk.store.read("default", type_, id_).body)
    return body


@pytest.mark.parametrize(
    "said", ["Patient/p1", f"{BASE}/Patient/p1", f"Patient?identifier={MRN}|1", f"{BASE}/Patient/p2"]
)
def test_a_reference_means_who_goes_on(merged: Any, said: str) -> None:
    (result,) = done(merged.transact(Change("create", "Observation", body=observation(said)), base=BASE))
    assert subject(result) == "Patient/p3"
    assert result.version is not None
    assert result.version.ver == 1
    found = merged.store.search("default", "Observation", [("patient", "p3")]).matches
    assert [one.id for one in found] == [result.version.id]
    same = Change("update", "Observation", result.version.id, observation(said))
    assert done(merged.transact(same, base=BASE))[0].status == "unchanged", "written again as it was said"


@pytest.mark.parametrize(
    "said",
    ["Patient/p3", "Patient/nobody", "https://elsewhere.example/fhir/Patient/p1", "Patient/p1/_history/1"],
)
def test_other_references_stay(merged: Any, said: str) -> None:
    (result,) = done(merged.transact(Change("create", "Observation", body=observation(said)), base=BASE))
    assert subject(result) == said


def test_a_transaction_and_a_patch_follow(merged: Any) -> None:
    known = Change(
        "create", "Patient", condition=(("identifier", f"{MRN}|1"),), full_url=OTHER,
        body={"resourceType": "Patient", "identifier": [{"system": MRN, "value": "1"}]},
    )  # fmt: skip
    made, found = done(merged.transact(Change("create", "Observation", body=observation(OTHER)), known))
    assert subject(made) == "Patient/p3"
    assert found.version is not None
    assert (found.status, found.version.id) == ("unchanged", "p3")
    assert made.version is not None
    patch = Change(
        "patch", "Observation", made.version.id,
        patch=lambda body: {**body, "performer": [{"reference": "Patient/p2"}]},
    )  # fmt: skip
    done(merged.transact(patch))
    assert stored(merged, "Observation", made.version.id)["performer"] == [{"reference": "Patient/p3"}]


def test_a_number_that_both_have_means_who_goes_on(merged: Any, patient: Make) -> None:
    merged.stored(patient("p1", mrn="1"))  # who goes on has the old number as well now
    said = observation(f"Patient?identifier={MRN}|1")
    assert subject(done(merged.transact(Change("create", "Observation", body=said)))[0]) == "Patient/p3"


@pytest.mark.parametrize(("type_", "element"), [("Encounter", "context"), ("Account", "account")])
def test_a_visit_or_an_account_that_was_merged_is_followed_too(desk: Any, type_: str, element: str) -> None:
    for id_ in ("v1", "v2"):
        body = {"resourceType": type_, "id": id_, "status": "active"}
        desk.stored(Draft(type_, id_, body, key=(f"urn:{type_}", id_)))
    goes_on = Draft(type_, "v2", {"resourceType": type_, "id": "v2"}, key=(f"urn:{type_}", "v2"))
    desk.stored(goes_on, merges=[Merge(type_, (f"urn:{type_}", "v1"), "v1", "v2")])
    refers: Any = {"reference": f"{type_}/v1"}
    said = {"resourceType": "ChargeItem", "id": "c", element: [refers] if element == "account" else refers}
    done(desk.transact(Change("update", "ChargeItem", "c", said)))
    assert f'"{type_}/v2"'.encode() in desk.store.read("default", "ChargeItem", "c").body


def test_links_documents_and_trails_keep_what_they_say(merged: Any) -> None:
    bundle = {
        "resourceType": "Bundle", "type": "document",
        "entry": [{"resource": observation("Patient/p1")}],
    }  # fmt: skip
    other = {"resourceType": "Patient", "link": [{"other": {"reference": "Patient/p1"}, "type": "seealso"}]}
    trail = {"resourceType": "Provenance", "target": [{"reference": "Patient/p1"}]}
    for body in (bundle, other, trail):
        (result,) = done(merged.transact(Change("create", body["resourceType"], body=body)))  # type: ignore[arg-type]
        assert result.version is not None
        assert b"Patient/p1" in result.version.body


class Judge:
    """A governor of prescriptions that remembers what it was shown."""

    types = frozenset(("MedicationRequest",))

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        for one in made:
            after = one.after
            assert after is not None
            self.seen.append((one.why, one.method, after["subject"]["reference"]))


def test_what_may_be_signed_is_kept_as_it_was_said_and_then_moved(merged: Any) -> None:
    judge = Judge()
    merged.store.govern(judge)
    said = {**observation("Patient/p1", intent="order"), "resourceType": "MedicationRequest"}
    for _ in range(2):
        (result,) = done(merged.transact(Change("update", "MedicationRequest", "m", said)))
        assert result.version is not None
        assert result.version.ver == 2
        assert subject(result) == "Patient/p3"
    first = orjson.loads(merged.store.vread("default", "MedicationRequest", "m", 1).body)
    assert first["subject"] == {"reference": "Patient/p1"}
    assert judge.seen == [("written", "create", "Patient/p1"), ("merged", "update", "Patient/p3")]
    assert [
        one.id for one in merged.store.search("default", "MedicationRequest", [("patient", "p3")]).matches
    ]
