"""Whatever a URL says: a search answers or says what is wrong with it, and never works without end."""

from __future__ import annotations

import contextlib
import random
import string
from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store.search import budget, sight

ODD = [
    "", " ", ",", "|", "||", "|||", "$", "$$", "\\", "\\\\", "\\,", "-", "--", "+", "0", "-0", "1e999",
    "-1e-999", "lt1e999", "gt-1e999", "NaN", "inf", "9" * 40, "gt", "eq", "apx", "ap0", "0000",
    "9999-12-31T24:00:00Z", "1-1-1", "ge0001", "true", "null", "*", "%", "_", "%_!", "'",
    "'; DROP TABLE version; --", "Patient/", "/1", "Patient/1/_history/1", "#1", "urn:", "http://",
    "http://x|1|2", "\x00", "a\x00", "\ud800", "\U0010ffff", "ß", "İ", "e\u0301", "x" * 5000, "29|106",
    "1|2|3|4", "nan|0", "1e400|2", "$current-x", "../../etc/passwd",
]  # fmt: skip
NAMES = [
    "_id", "_lastUpdated", "_tag", "_profile", "_source", "_text", "_content", "_list", "_filter",
    "_query", "_type", "_has", "_has:", "_has::", "_has:Observation:subject:",
    "_has:Observation:subject:code", "_count", "_sort", "_include", "_include:iterate", "_revinclude",
    "_total", "_summary", "_elements", "_contained", "_cursor", "code", "code:not", "code:in",
    "code:below", "code:text", "code:of-type", "code:missing", "code:", ":", ".", "subject", "subject:",
    "subject:Patient", "subject.", "subject..name", "subject.name", "subject:Patient.name:exact", "date",
    "value-quantity", "code-value-quantity", "value-string", "value-string:contains", "identifier",
    "subject:identifier",
]  # fmt: skip


def test_a_search_answers_or_says_what_is_wrong(full: Any) -> None:
    chance = random.Random(7)
    values = [*ODD, *("".join(chance.choices(string.printable, k=9)) for _ in range(20))]
    for name in NAMES:
        for value in values:
            with contextlib.suppress(Rejected):
                full.page("Observation", (name, value), lenient=chance.random() < 0.2)
            with contextlib.suppress(Rejected):
                full.page("", ("_type", "Observation,Patient"), (name, value))


def test_many_values_and_parameters_are_bounded(full: Any) -> None:
    with pytest.raises(Rejected):
        full.page("Observation", ("code", ",".join(map(str, range(201)))))
    assert full.found("Observation", ("code", ",".join(["718-7", *map(str, range(199))]))) == ["o3", "o1"]
    assert full.found("Observation", *[("code", "718-7,2-2")] * 60) == ["o4", "o3", "o2", "o1"]
    assert full.found("Observation", ("date", "gt2026"), ("date", "lt2020")) == []


@pytest.mark.parametrize(("seconds", "bodies"), [(-1.0, 1000), (60.0, 1)])
def test_work_is_bounded(full: Any, seconds: float, bodies: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "Budget", lambda: budget.Budget(seconds, bodies=bodies))
    with pytest.raises(Rejected) as raised:
        full.page("Observation", ("code:text", "nothing"))
    assert raised.value.code == "too-costly"
    assert "patient" in raised.value.reason, "it says what to do"


def test_a_resource_that_names_odd_things_breaks_no_search(ward: Any) -> None:
    odd = [
        {"reference": name}
        for name in ("Patient/\x01", "Patient/a b", "Patient/", "#x", "x", "Group/1/_history/x")
    ]
    ward.put(ward.observation("o1") | {"performer": odd, "focus": odd})
    for pairs in ([("_include", "*")], [("_include:iterate", "Observation:*")], [("subject.name", "x")]):
        ward.page("Observation", *pairs)
    assert ward.found("Observation", ("performer.name:missing", "true")) == []
