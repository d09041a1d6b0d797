"""update over HTTP: versions, conditions, upserts (R4 §3.1.0.4)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

Call = Callable[..., Any]


def patient(id_: str = "", family: str = "张") -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:mrn", "value": "1"}],
        "name": [{"family": family}],
    }
    return {**made, "id": id_} if id_ else made


def test_update_creates_and_counts_versions(call: Call) -> None:
    made = call("PUT", "/fhir/Patient/p1", patient("p1"))
    assert (made.status_code, made.headers["etag"]) == (201, 'W/"1"')
    assert made.headers["location"] == "http://localhost:8080/fhir/Patient/p1/_history/1"
    changed = call("PUT", "/fhir/Patient/p1", patient("p1", "李"))
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    assert call("GET", "/fhir/Patient/p1").json()["name"] == [{"family": "李"}]
    assert call("GET", "/fhir/Patient/p1/_history/1").json()["name"] == [{"family": "张"}]


def test_the_same_content_is_no_new_version(call: Call) -> None:
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    again = call("PUT", "/fhir/Patient/p1", patient("p1"))
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"1"')


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/fhir/Patient/p1", patient(), 400),
        ("/fhir/Patient/p1", patient("p2"), 400),
        ("/fhir/Patient/p1", {**patient("p1"), "resourceType": "Person"}, 400),
        ("/fhir/Patient/p_1", patient("p_1"), 400),
        ("/fhir/Patient/" + "p" * 65, patient("p" * 65), 400),
        ("/fhir/Patient/p1", {**patient("p1"), "gender": "M"}, 422),
        ("/fhir/Patient/p1?x=1", patient("p1"), 400),
        ("/fhir/Nothing/p1", {"resourceType": "Nothing", "id": "p1"}, 404),
    ],
)
def test_what_does_not_fit_the_address(call: Call, path: str, body: Any, status: int) -> None:
    answer = call("PUT", path, body)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_if_match(call: Call) -> None:
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    assert call("PUT", "/fhir/Patient/p1", patient("p1", "b"), if_match='W/"1"').status_code == 200
    late = call("PUT", "/fhir/Patient/p1", patient("p1", "c"), if_match='W/"1"')
    assert (late.status_code, late.json()["issue"][0]["code"]) == (412, "conflict")
    assert call("PUT", "/fhir/Patient/p1", patient("p1", "c"), if_match="1").status_code == 400
    assert call("PUT", "/fhir/Patient/p1", patient("p1", "c"), if_match='W/"x"').status_code == 412
    assert call("PUT", "/fhir/Patient/p2", patient("p2"), if_match='W/"1"').status_code in (404, 412)
    assert call("GET", "/fhir/Patient/p1").json()["name"] == [{"family": "b"}]


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ('W/"1", W/"2"', 200),
        ('W/"2" , "x,y"', 200),
        ('W/"1","3"', 412),
        ('W/"2",', 400),
        ('*, W/"2"', 400),
    ],
)
def test_of_several_versions_in_if_match_one_must_be_the_current_one(
    call: Call, tags: str, status: int
) -> None:
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    call("PUT", "/fhir/Patient/p1", patient("p1", "b"))
    assert call("PUT", "/fhir/Patient/p1", patient("p1", "c"), if_match=tags).status_code == status


def test_if_match_star_never_creates(call: Call) -> None:
    assert call("PUT", "/fhir/Patient/p1", patient("p1"), if_match="*").status_code == 412
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    assert call("PUT", "/fhir/Patient/p1", patient("p1", "b"), if_match="*").status_code == 200
    assert call("DELETE", "/fhir/Patient/p1", if_match="*").status_code == 204
    assert call("PUT", "/fhir/Patient/p1", patient("p1"), if_match="*").status_code == 412
    assert call("DELETE", "/fhir/Patient/p1", if_match="*").status_code == 412


def test_if_none_match_star_only_creates(call: Call) -> None:
    assert call("PUT", "/fhir/Patient/p1", patient("p1"), if_none_match="*").status_code == 201
    assert call("PUT", "/fhir/Patient/p1", patient("p1", "b"), if_none_match="*").status_code == 412


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ('W/"2"', 412),
        ('"2"', 412),
        ('W/"1", W/"2"', 412),
        ('W/"1"', 200),
        ('W/"1","x,2"', 200),
        ("2", 400),
        ('W/"2",', 400),
        ('*, W/"2"', 400),
    ],
)
def test_if_none_match_of_a_version_wants_another_one(call: Call, tags: str, status: int) -> None:
    """RFC 9110 §13.1.2: compared weakly; none of the tags may be the one of the current version."""
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    call("PUT", "/fhir/Patient/p1", patient("p1", "b"))
    assert call("PUT", "/fhir/Patient/p1", patient("p1", "c"), if_none_match=tags).status_code == status
    call("DELETE", "/fhir/Patient/p1")
    if status != 400:
        revived = call("PUT", "/fhir/Patient/p1", patient("p1"), if_none_match='W/"3"')
        assert revived.status_code == 201, "what is deleted is no current representation"


@pytest.mark.parametrize("family", ["n{n}", "same", "张"])
def test_of_concurrent_updates_of_one_version_one_wins(call: Call, family: str) -> None:
    """Whatever they write: something of their own, the same, or what is there already."""
    call("PUT", "/fhir/Patient/p1", patient("p1"))

    def update(n: int) -> Any:
        return call("PUT", "/fhir/Patient/p1", patient("p1", family.format(n=n)), if_match='W/"1"')

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(update, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


def test_conditional_update(call: Call) -> None:
    url = "/fhir/Patient?identifier=urn:mrn|1"
    made = call("PUT", url, patient())
    assert made.status_code == 201
    id_ = made.json()["id"]
    changed = call("PUT", url, patient(family="李"))
    assert (changed.status_code, changed.json()["id"], changed.headers["etag"]) == (200, id_, 'W/"2"')
    assert call("PUT", url, patient("other", "王")).status_code == 400
    call("POST", "/fhir/Patient", patient())
    assert call("PUT", url, patient(family="x")).status_code == 412
    assert call("PUT", "/fhir/Patient", patient()).status_code == 400
    assert call("PUT", "/fhir/Patient?foo=1", patient()).status_code == 400


def test_a_deleted_resource_can_come_back(call: Call) -> None:
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    call("DELETE", "/fhir/Patient/p1")
    back = call("PUT", "/fhir/Patient/p1", patient("p1"))
    assert (back.status_code, back.headers["etag"]) == (201, 'W/"3"')
    assert call("GET", "/fhir/Patient/p1").status_code == 200


@pytest.mark.parametrize("number", ["1e400", "9" * 4000, "1e999999999999999999999", "9" * 5000])
def test_a_number_beyond_a_double_is_taken_or_refused_and_costs_nobody_else(call: Call, number: str) -> None:
    text = (
        '{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"x"},'
        '"valueQuantity":{"value":%s}}'
    )
    body = (text % number).encode()
    made = call("PUT", "/fhir/Observation/o1", body)
    assert made.status_code == (201 if len(number) in (5, 4000) else 400)
    inside = b'{"resourceType":"Parameters","parameter":[{"name":"resource","resource":%s}]}' % body
    assert call("POST", "/fhir/Observation/$validate", inside).status_code == 200
    for query in ("code:text=x", "_sort=date", "_content=x", "_total=accurate"):
        assert call("GET", f"/fhir/Observation?{query}").status_code == 200
