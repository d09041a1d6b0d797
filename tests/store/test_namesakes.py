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


def message(changed: str, *names: str, records: tuple[str, ...] = ()) -> tuple[str, bytes]:
    """Return a message of v2 with a diagnosis for each name.

    Args:
        records: DG1-20 and DG1-21 of each.
    """
    moment = "".join(one for one in changed if one.isdigit())
    text = f"MSH|^~\\&|HIS|DQRM|QIAO|DQRM|{moment}||ADT^A08^ADT_A01|{moment}|P|2.5.1|||||CHN|UNICODE UTF-8\r"
    text += f"EVN|A08|{moment}\rPID|1||P3^^^DQRM^MR\rPV1|1|O|{'|' * 16}V3^^^DQRM^VN\r"
    for at, name in enumerate(names, 1):
        own = f"|||A{'|' * 14}{records[at - 1]}" if records else ""
        text += f"DG1|{at}||S00.800^{name}^I10{own}\r"
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


def test_a_row_that_gets_the_name_of_another_shares_its_diagnosis(desk: Any, put: Put) -> None:
    put(*row("D1", RIGHT, "2026-03-07 08:00:00"))
    put(*row("D2", LEFT, "2026-03-07 08:30:00"))
    first = named(desk)
    put(*row("D1", LEFT, "2026-03-07 09:00:00"))
    assert named(desk) == {LEFT: first[LEFT]}
    put(*row("D1", RIGHT, "2026-03-07 10:00:00"))
    assert named(desk) == first, "what it had been called before is there again"
    put(*row("D1", LEFT, "2026-03-07 11:00:00"))
    put(*row("D2", LEFT, "2026-03-07 12:00:00", state="D"))
    assert named(desk) == {LEFT: first[LEFT]}, "D1 stands"
    put(*row("D1", LEFT, "2026-03-07 13:00:00", state="D"))
    assert not named(desk)


def test_a_row_that_shared_a_name_and_has_it_again_leaves_nothing_behind(desk: Any, put: Put) -> None:
    for hour, (no, name) in enumerate((("D1", LEFT), ("D2", LEFT), ("D1", RIGHT), ("D1", LEFT)), 8):
        put(*row(no, name, f"2026-03-07 {hour:02}:00:00"))
    assert named(desk).keys() == {LEFT}


def test_an_older_row_moves_no_name_and_no_record(desk: Any, put: Put) -> None:
    put(*row("D3", LEFT, "2026-03-07 08:00:00"))
    put(*row("D4", RIGHT, "2026-03-07 08:00:00"))
    put(*row("D4", OTHER, "2026-03-07 09:00:00"))
    put(*row("D5", RIGHT, "2026-03-07 10:00:00"))
    first = named(desk)
    put(*row("D4", RIGHT, "2026-03-07 08:00:00"))
    put(*message("2026-03-07 11:00:00", RIGHT))
    assert named(desk) == first
    put(*row("D5", RIGHT, "2026-03-07 12:00:00", state="D"))
    assert named(desk).keys() == {LEFT, OTHER}, "D4 does not stand behind it"


@pytest.mark.parametrize("turn", [1, -1])
def test_names_that_change_places_in_one_message_stay_with_their_records(
    desk: Any, put: Put, turn: int
) -> None:
    put(*message("2026-03-07 08:00:00", LEFT, RIGHT, records=("D1", "D2")))
    first = named(desk)
    put(*message("2026-03-07 09:00:00", *(RIGHT, LEFT)[::turn], records=("D1", "D2")[::turn]))
    assert named(desk) == {RIGHT: first[LEFT], LEFT: first[RIGHT]}
    put(*message("2026-03-07 10:00:00", *(LEFT, OTHER)[::turn], records=("D1", "D2")[::turn]))
    assert named(desk) == {LEFT: first[LEFT], OTHER: first[RIGHT]}


def test_two_records_that_get_one_name_in_one_message_are_one_diagnosis(desk: Any, put: Put) -> None:
    put(*message("2026-03-07 08:00:00", LEFT, RIGHT, records=("D1", "D2")))
    put(*message("2026-03-07 09:00:00", OTHER, OTHER, records=("D1", "D2")))
    assert named(desk).keys() == {OTHER}
    put(*row("D1", OTHER, "2026-03-07 10:00:00", state="D"))
    assert named(desk).keys() == {OTHER}
    put(*row("D2", OTHER, "2026-03-07 11:00:00", state="D"))
    assert not named(desk)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_record_that_a_message_withdraws_takes_back_none_beside_it(desk: Any, put: Put, turn: int) -> None:
    put(*message("2026-03-07 08:00:00", LEFT, LEFT, records=("D1|D", "D2|A")[::turn]))
    (before,) = named(desk).items()
    put(*message("2026-03-07 09:00:00", LEFT, records=("D2|D",)))
    assert not named(desk)
    put(*row("D2", LEFT, "2026-03-07 10:00:00"))
    assert named(desk) == dict([before])


def test_a_visit_that_is_read_before_its_diagnoses_makes_none_of_its_own(desk: Any, put: Put) -> None:
    def visit(changed: str, *diagnoses: tuple[str, str, str | None]) -> tuple[str, bytes]:
        said = {"visit_no": "V3", "patient_no": "P3", "visit_type": "O", "status": "in-progress"}
        rows_ = [
            {"diagnosis_no": no, "diagnosis_code": "S00.800", "diagnosis_name": name, "diagnosis_type": "F",
             "state": state}
            for no, name, state in diagnoses
        ]  # fmt: skip
        return "his/sql_view", rows.written(
            "visit", "HIS", [{"row": {**said, "changed_at": changed}, "diagnoses": rows_}]
        )

    put(*row("D3", LEFT, "2026-03-07 08:00:00"))
    put(*row("D4", RIGHT, "2026-03-07 08:00:00"))
    put(*visit("2026-03-07 08:00:00", ("D3", LEFT, None), ("D4", RIGHT, None)))
    first = named(desk)
    put(*visit("2026-03-07 09:00:00", ("D3", LEFT, None), ("D4", OTHER, None)))
    put(*row("D4", OTHER, "2026-03-07 09:00:00"))
    assert named(desk) == {LEFT: first[LEFT], OTHER: first[RIGHT]}
    put(*row("D4", OTHER, "2026-03-07 10:00:00", state="D"))
    put(*visit("2026-03-07 11:00:00", ("D3", LEFT, None), ("D4", OTHER, "D")))
    assert named(desk).keys() == {LEFT}, "a visit does not bring back what its row withdraws"


def test_a_row_that_comes_back_shares_the_name_that_another_has_got(desk: Any, put: Put) -> None:
    put(*row("D2", LEFT, "2026-03-07 08:00:00"))
    put(*row("D3", LEFT, "2026-03-07 08:01:00"))
    put(*row("D3", RIGHT, "2026-03-07 08:02:00", state="D"))
    put(*row("D2", RIGHT, "2026-03-07 08:03:00"))
    put(*row("D3", RIGHT, "2026-03-07 08:04:00"))
    assert named(desk).keys() == {RIGHT}
