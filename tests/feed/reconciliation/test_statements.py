"""What a source may say of its counts, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.feed.reconciliation import of_csv, of_json, of_parameters
from gateway.store.reconciliation import Statement

COUNT = {"day": "2026-03-02", "kind": "exam", "source": "lis", "count": 2}


def test_the_three_forms_say_the_same() -> None:
    wanted = [Statement("2026-03-02", "exam", "source", "lis", 2, ("E1", "E2"))]
    assert of_json({"counts": [{**COUNT, "numbers": ["E2", "E1"]}]}) == wanted
    assert of_csv("day,kind,source,number\n2026-03-02,exam,lis,E1\n2026-03-02,exam,lis,E2\n") == wanted
    parts = [
        {"name": "day", "valueDate": "2026-03-02"},
        {"name": "kind", "valueCode": "exam"},
        {"name": "source", "valueString": "lis"},
        {"name": "number", "valueString": "E1"},
        {"name": "number", "valueString": "E2"},
    ]
    assert of_parameters({"parameter": [{"name": "count", "part": parts}]}) == wanted


def test_a_csv_of_counts_takes_the_source_from_outside_and_a_byte_order_mark() -> None:
    said = of_csv("\ufeffday,kind,count\r\n2026-03-02,visit,17\r\n\r\n", "his")
    assert said == [Statement("2026-03-02", "visit", "source", "his", 17)]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"counts": []},
        {"counts": [{**COUNT, "count": -1}]},
        {"counts": [{**COUNT, "count": True}]},
        {"counts": [{**COUNT, "count": 3, "numbers": ["E1"]}]},
        {"counts": [{**COUNT, "day": "2026-02-30"}]},
        {"counts": [{**COUNT, "kind": "Exam request"}]},
        {"counts": [{**COUNT, "receiver": "platform"}]},
        {"counts": [{**COUNT, "source": " "}]},
        {"counts": [{**COUNT, "note": "x"}]},
        {"counts": [COUNT, COUNT]},
        {"counts": ["x"]},
    ],
)
def test_what_is_wrong_is_refused_as_a_whole(wrong: Any) -> None:
    with pytest.raises(Rejected):
        of_json(wrong)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "day,kind,source,count\n2026-03-02,exam,lis,many\n"])
def test_a_csv_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        of_csv(text)
