"""A merge the other way round, where a client has written over what the first one had left."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.canonical import Draft, Merge
from gateway.store import Change

Make = Callable[..., Draft]
MRN = "urn:oid:2.16.156.990101.1"


def read(desk: Any, id_: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(desk.store.read("default", "Patient", id_).body)
    return body


def put(desk: Any, id_: str, **elements: Any) -> None:
    body = {name: value for name, value in read(desk, id_).items() if name not in ("meta", "link", "active")}
    done = desk.transact(Change("update", "Patient", id_, body={**body, **elements}))
    assert done.error is None, done.error


def ends(desk: Any, patient: Make, old: int, new: int, at: int) -> Any:
    merge = Merge("Patient", (MRN, str(old)), f"p{old}", f"p{new}")
    return desk.put(patient(f"p{new}", mrn=str(new)), merges=[merge], event_at=at).outcome


def link(kind: str, id_: str) -> dict[str, Any]:
    return {"other": {"reference": f"Patient/{id_}"}, "type": kind}


@pytest.fixture
def chain(desk: Any, patient: Make) -> Any:
    """4 ended in 5, and 5 in 6."""
    for n in "456":
        desk.stored(patient(f"p{n}", mrn=n), event_at=100)
    ends(desk, patient, 4, 5, 200)
    ends(desk, patient, 5, 6, 300)
    return desk


@pytest.mark.parametrize("links", [[], [link("replaced-by", "p9")], [link("replaced-by", "p4")]])
def test_the_numbers_alone_turn_where_the_links_do_not_lead_there(
    chain: Any, patient: Make, links: list[Any]
) -> None:
    """A client writes a patient as it read it before the merge: the link of the merge is gone."""
    put(chain, "p4", **({"link": links} if links else {}))
    outcome = ends(chain, patient, 6, 4, 2**53)
    assert [(one.severity, one.rule) for one in outcome.issues] == [("warning", "merge-not-turned")]
    uses = {one["value"]: one.get("use", "") for one in read(chain, "p6")["identifier"]}
    assert uses == {"4": "", "5": "old", "6": "old"}
    chain.stored(patient("p7", mrn="7"), event_at=500)


def test_who_stood_between_may_have_a_number_without_a_value(chain: Any, patient: Make) -> None:
    p5 = read(chain, "p5")
    put(chain, "p5", link=p5["link"], active=False, identifier=[{"system": "urn:x"}, *p5["identifier"]])
    outcome = ends(chain, patient, 6, 4, 2**53)
    assert [one.rule for one in outcome.issues] == ["merge-turned"]
    assert link("replaced-by", "p4") in read(chain, "p5")["link"]
