"""history over HTTP: all versions, tombstones, paging, polling (R4 §3.1.0.13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

Call = Callable[..., Any]


def patient(id_: str, family: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "name": [{"family": family}]}


def links(bundle: dict[str, Any]) -> dict[str, str]:
    return {link["relation"]: link["url"] for link in bundle["link"]}


@pytest.fixture
def lived(call: Call) -> Call:
    call("PUT", "/fhir/Patient/p1", patient("p1", "a"))
    call("PUT", "/fhir/Patient/p1", patient("p1", "b"))
    call("PUT", "/fhir/Organization/o1", {"resourceType": "Organization", "id": "o1", "name": "x"})
    call("DELETE", "/fhir/Patient/p1")
    return call


def test_all_versions_of_a_resource_newest_first(lived: Call) -> None:
    answer = lived("GET", "/fhir/Patient/p1/_history")
    bundle = answer.json()
    get_fhir_model_class("Bundle").model_validate_json(answer.content)
    assert (bundle["type"], bundle["total"]) == ("history", 3)
    assert [entry["request"]["method"] for entry in bundle["entry"]] == ["DELETE", "PUT", "PUT"]
    assert [entry["response"]["etag"] for entry in bundle["entry"]] == ['W/"3"', 'W/"2"', 'W/"1"']
    assert "resource" not in bundle["entry"][0]
    assert bundle["entry"][0]["request"]["url"] == "Patient/p1"
    assert {entry["fullUrl"] for entry in bundle["entry"]} == {"http://localhost:8080/fhir/Patient/p1"}
    assert bundle["entry"][1]["resource"]["name"] == [{"family": "b"}]
    assert (
        bundle["entry"][1]["response"]["lastModified"]
        == bundle["entry"][1]["resource"]["meta"]["lastUpdated"]
    )


def test_an_entry_says_how_its_version_was_made(lived: Call) -> None:
    """R4 Bundle.entry.request; what had the id of a client is made again by the same PUT elsewhere."""
    made = lived("POST", "/fhir/Patient", {"resourceType": "Patient"}).json()["id"]
    lived("PUT", "/fhir/Patient/p1", patient("p1", "c"))
    lived("PATCH", "/fhir/Patient/p1", b'[{"op":"replace","path":"/name/0/family","value":"d"}]',
          content_type="application/json-patch+json")  # fmt: skip
    lived("PUT", f"/fhir/Patient/{made}", {"resourceType": "Patient", "id": made, "active": True})
    told = [
        (entry["request"]["method"], entry["request"]["url"], entry["response"]["status"])
        for entry in lived("GET", "/fhir/Patient/_history?_sort=_lastUpdated").json()["entry"]
    ]
    p1 = "Patient/p1"
    assert told == [
        ("PUT", p1, "201"),
        ("PUT", p1, "200"),
        ("DELETE", p1, "204"),
        ("POST", "Patient", "201"),
        ("PUT", p1, "201"),
        ("PATCH", p1, "200"),
        ("PUT", f"Patient/{made}", "200"),
    ]
    posted = lived("GET", f"/fhir/Patient/{made}/_history").json()["entry"][1]
    assert posted["request"]["method"] == "POST"
    assert posted["fullUrl"].endswith(f"/fhir/Patient/{made}"), "who replays it needs the id"
    one = lived("GET", "/fhir/Patient/p1/_history?_count=1").json()["entry"][0]
    assert one["response"]["status"] == "200"


def test_an_id_like_those_of_the_server_makes_no_post(call: Call) -> None:
    near = call("POST", "/fhir/Patient", {"resourceType": "Patient"}).json()["id"]
    other = near[:-4] + ("0000" if near[-4:] != "0000" else "1111")
    call("PUT", f"/fhir/Patient/{other}", patient(other, "a"))
    entry = call("GET", f"/fhir/Patient/{other}/_history").json()["entry"][0]
    assert entry["request"] == {"method": "PUT", "url": f"Patient/{other}"}


def test_of_a_type_and_of_all(lived: Call) -> None:
    assert len(lived("GET", "/fhir/Patient/_history").json()["entry"]) == 3
    assert len(lived("GET", "/fhir/_history").json()["entry"]) == 4
    assert "entry" not in lived("GET", "/fhir/Observation/_history").json()
    assert "entry" not in lived("GET", "/t/second/fhir/_history").json()


def test_pages_are_one_snapshot(lived: Call) -> None:
    url, seen = "/fhir/_history?_count=3", []
    while url:
        bundle = lived("GET", url).json()
        seen += [(entry["fullUrl"], entry["response"]["etag"]) for entry in bundle["entry"]]
        lived("PUT", "/fhir/Patient/p9", patient("p9", str(len(seen))))
        url = links(bundle).get("next", "")
    assert len(seen) == len(set(seen)) == 4


def test_a_poller_gets_every_version_once_in_commit_order(lived: Call) -> None:
    url, seen = "/fhir/_history?_sort=_lastUpdated&_count=3", []
    for turn in range(6):
        bundle = lived("GET", url).json()
        seen += [
            (entry["fullUrl"].rpartition("/")[2], entry["response"]["etag"])
            for entry in bundle.get("entry", [])
        ]
        lived("PUT", "/fhir/Patient/p2", patient("p2", str(turn)))
        found = links(bundle)
        assert ("next" in found) != ("monitor" in found)
        url = found.get("next") or found["monitor"]
    versions = [("p1", 1), ("p1", 2), ("o1", 1), ("p1", 3), *(("p2", n) for n in range(1, 6))]
    assert seen == [(id_, f'W/"{ver}"') for id_, ver in versions]


@pytest.mark.parametrize("of", ["/fhir/_history?_since=", "/fhir/Patient?_lastUpdated=gt"])
def test_the_moment_of_a_bundle_is_where_the_next_poll_begins(lived: Call, of: str) -> None:
    """Also where none of its entries is as new as that: what is newest is of another type, or deleted."""
    bundle = lived("GET", "/fhir/Patient?_summary=count").json()
    moment = bundle["meta"]["lastUpdated"]
    assert lived("GET", "/fhir/Patient/_history?_count=1").json()["meta"]["lastUpdated"] == moment
    before = lived("GET", f"{of}{moment}").json()
    lived("PUT", "/fhir/Patient/p2", patient("p2", "later"))
    after = lived("GET", f"{of}{moment}").json()
    added = [one for one in after["entry"] if one not in before.get("entry", [])]
    assert [one["resource"]["id"] for one in added] == ["p2"]


def test_a_large_count_is_bounded(lived: Call) -> None:
    for count in ("1000000000", "9" * 5000):
        assert len(lived("GET", f"/fhir/_history?_count={count}").json()["entry"]) == 4


def test_since_and_at(lived: Call) -> None:
    second = lived("GET", "/fhir/Patient/p1/_history/2").json()["meta"]["lastUpdated"]
    later = lived("GET", "/fhir/Patient/p1/_history", None).json()
    assert len(later["entry"]) == 3
    since = lived("GET", f"/fhir/Patient/p1/_history?_since={second.replace('+', '%2B')}").json()
    assert [entry["response"]["etag"] for entry in since["entry"]] == ['W/"3"', 'W/"2"']
    assert "entry" not in lived("GET", "/fhir/_history?_since=2999-01-01").json()
    assert "entry" not in lived("GET", "/fhir/_history?_at=1999").json()
    assert lived("GET", "/fhir/_history?_at=2999").status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fhir/Patient/none/_history", 404),
        ("/fhir/Patient/a%00b/_history", 404),
        ("/fhir/Nothing/_history", 404),
        ("/fhir/_history?foo=1", 400),
        ("/fhir/_history?_count=-1", 400),
        ("/fhir/_history?_count=x", 400),
        ("/fhir/_history?_since=yesterday", 400),
        ("/fhir/_history?_at=x", 400),
        ("/fhir/_history?_sort=name", 400),
        ("/fhir/_history?_cursor=x", 400),
        ("/fhir/_history?_count=1&_count=2", 400),
        ("/fhir/_history?_count=999999999", 200),
        ("/fhir/_history?_count=0", 200),
    ],
)
def test_what_cannot_be_told(lived: Call, path: str, status: int) -> None:
    answer = lived("GET", path)
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["issue"][0]["expression"][0].startswith("http._") or "foo" in answer.text


def test_methods(lived: Call) -> None:
    assert lived("POST", "/fhir/Patient/_history", {}).status_code == 405
    assert lived("DELETE", "/fhir/Patient/p1/_history").status_code == 405


def test_xml(lived: Call) -> None:
    answer = lived("GET", "/fhir/_history?_format=xml")
    assert answer.headers["content-type"] == "application/fhir+xml"
    assert "<Bundle" in answer.text
