"""Diagnoses of one code: two names are two, whichever comes first, and a row takes only itself away."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.store import Version
from gateway.wire import rows

LEFT, RIGHT, OTHER = "左额部头皮裂伤", "右颞部皮下血肿", "左额部头皮裂伤（清创后）"

Put = Callable[..., None]


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


@pytest.fixture
def put(desk: Any, maps: Maps) -> Put:
    """Store a record as a door hands it over."""

    def one(adapter: str, raw: bytes) -> None:
        spec = registry.find()[adapter]
        envelope = Envelope(
            "0" * 32, "default", adapter, "", 1_775_000_000_000_000, spec.content_type, "", raw
        )
        made = steps.translate(maps, envelope, steps.read(spec, maps, envelope))
        assert isinstance(made, Translation), made
        desk.stored(*made.drafts, event_at=made.event_at)

    return one


def row(no: str, name: str, changed: str, **more: Any) -> tuple[str, bytes]:
    said = {
        "diagnosis_no": no, "patient_no": "P3", "visit_no": "V3", "visit_type": "O",
        "diagnosis_code": "S00.800",
        "diagnosis_name": name, "changed_at": changed, "state": None, "diagnosis_type": "A", **more,
    }  # fmt: skip
    return "his/sql_view", rows.written("diagnosis", "HIS", [{"row": said}])


def message(changed: str, *names: str) -> tuple[str, bytes]:
    moment = "".join(one for one in changed if one.isdigit())
    text = f"MSH|^~\\&|HIS|DQRM|QIAO|DQRM|{moment}||ADT^A08^ADT_A01|{moment}|P|2.5.1|||||CHN|UNICODE UTF-8\r"
    text += f"EVN|A08|{moment}\rPID|1||P3^^^DQRM^MR\rPV1|1|O|{'|' * 16}V3^^^DQRM^VN\r"
    for at, name in enumerate(names, 1):
        text += f"DG1|{at}||S00.800^{name}^I10\r"
    return "his/hl7v2", text.encode()


def conditions(desk: Any) -> dict[str, dict[str, Any]]:
    """Return the Conditions by id."""
    found = {}
    for one in desk.store.search("default", "Condition", []).matches:
        version = desk.store.read("default", "Condition", one.id)
        assert isinstance(version, Version)
        found[one.id] = json.loads(version.body)
    return found


def named(desk: Any) -> dict[str, str]:
    """Return the id of each diagnosis that stands, by its name."""
    standing = [one for one in conditions(desk).values() if "entered-in-error" not in json.dumps(one)]
    said = {
        one["code"].get("text") or one["code"]["coding"][0]["display"]: str(one["id"]) for one in standing
    }
    assert len(said) == len(standing)
    return said


def test_two_names_in_one_message_are_two_and_stay_so(desk: Any, put: Put) -> None:
    put(*message("2026-03-07 08:00:00", LEFT, RIGHT))
    first = named(desk)
    assert first.keys() == {LEFT, RIGHT}
    for hour, names in enumerate(((RIGHT, LEFT), (RIGHT,), (LEFT,), (LEFT, RIGHT)), 10):
        put(*message(f"2026-03-07 {hour}:00:00", *names))
        assert named(desk) == first, names
    put(*row("D4", RIGHT, "2026-03-07 14:00:00"))
    put(*row("D3", LEFT, "2026-03-07 14:00:00"))
    assert named(desk) == first


def test_what_came_first_alone_keeps_its_id(desk: Any, put: Put) -> None:
    put(*message("2026-03-07 08:00:00", RIGHT))
    (alone,) = named(desk).items()
    put(*message("2026-03-07 09:00:00", LEFT, RIGHT))
    assert named(desk).keys() == {LEFT, RIGHT}
    assert alone in named(desk).items()


@pytest.mark.parametrize("order", list(permutations((("D3", LEFT), ("D4", RIGHT)))))
def test_rows_with_numbers_of_their_own_are_two(desk: Any, put: Put, order: Any) -> None:
    for no, name in order:
        put(*row(no, name, "2026-03-07 09:00:00"))
    first = named(desk)
    assert first.keys() == {LEFT, RIGHT}
    put(*row("D3", OTHER, "2026-03-07 10:00:00"))
    put(*message("2026-03-07 11:00:00", RIGHT))
    assert named(desk)[RIGHT] == first[RIGHT]


def test_a_name_that_is_put_right_is_one_diagnosis(desk: Any, put: Put) -> None:
    put(*row("D3", LEFT, "2026-03-07 09:00:00"))
    put(*row("D3", OTHER, "2026-03-07 10:00:00"))
    assert named(desk).keys() == {OTHER}
    put(*message("2026-03-07 11:00:00", LEFT))
    assert len(conditions(desk)) == 1, "another spelling through another door is no other diagnosis"


def test_a_row_that_goes_leaves_what_another_row_says(desk: Any, put: Put) -> None:
    put(*row("D1", LEFT, "2026-03-07 08:00:00"))
    put(*row("D2", LEFT, "2026-03-07 09:00:00", diagnosis_type="F"))
    put(*row("D1", LEFT, "2026-03-07 10:00:00", diagnosis_rank="1"))
    ((id_, body),) = conditions(desk).items()
    assert body["verificationStatus"]["coding"][0]["code"] == "confirmed", "D1 says nothing of it"
    put(*row("D1", LEFT, "2026-03-07 11:00:00", state="D"))
    (body,) = conditions(desk).values()
    assert body["verificationStatus"]["coding"][0]["code"] == "confirmed"
    put(*row("D2", LEFT, "2026-03-07 12:00:00", state="D"))
    assert not named(desk)
    put(*row("D1", LEFT, "2026-03-07 13:00:00", state="A"))
    assert named(desk) == {LEFT: id_}
    put(*row("D1", LEFT, "2026-03-07 14:00:00", state="D"))
    assert not named(desk), "D2 does not stand any more"


def test_a_row_whose_name_is_corrected_leaves_no_diagnosis_behind(desk: Any, put: Put) -> None:
    put(*row("D3", LEFT, "2026-03-07 08:00:00"))
    put(*row("D4", RIGHT, "2026-03-07 09:00:00"))
    put(*row("D4", OTHER, "2026-03-07 10:00:00"))
    assert named(desk).keys() == {LEFT, OTHER}
    put(*row("D5", RIGHT, "2026-03-07 11:00:00"))
    assert named(desk).keys() == {LEFT, OTHER, RIGHT}
    for no, name in (("D3", LEFT), ("D4", OTHER), ("D5", RIGHT)):
        put(*row(no, name, "2026-03-07 12:00:00", state="D"))
    assert not named(desk)


def test_a_row_that_gets_another_name_leaves_what_it_shared(desk: Any, put: Put) -> None:
    put(*row("D1", LEFT, "2026-03-07 08:00:00"))
    put(*row("D2", LEFT, "2026-03-07 09:00:00"))
    put(*row("D1", RIGHT, "2026-03-07 10:00:00"))
    assert named(desk).keys() == {LEFT, RIGHT}
    put(*row("D2", LEFT, "2026-03-07 11:00:00", state="D"))
    assert named(desk).keys() == {RIGHT}
    put(*row("D1", RIGHT, "2026-03-07 12:00:00", state="D"))
    assert not named(desk)


def test_a_new_row_with_the_name_that_another_had_is_one_of_its_own(desk: Any, put: Put) -> None:
    put(*row("D5", LEFT, "2026-03-07 08:00:00"))
    put(*row("D5", RIGHT, "2026-03-07 09:00:00"))
    put(*row("D6", LEFT, "2026-03-07 10:00:00"))
    assert named(desk).keys() == {LEFT, RIGHT}


def test_a_number_that_each_visit_begins_anew_mixes_no_visits(desk: Any, put: Put) -> None:
    put(*row("1", LEFT, "2026-03-07 08:00:00"))
    put(*row("1", RIGHT, "2026-03-08 08:00:00", visit_no="V4"))
    put(*row("1", OTHER, "2026-03-08 09:00:00", patient_no="P9", visit_no="V9"))
    put(*row("1", "脑梗死", "2026-03-08 10:00:00", diagnosis_code="I63.900"))
    assert named(desk).keys() == {LEFT, RIGHT, OTHER, "脑梗死"}
