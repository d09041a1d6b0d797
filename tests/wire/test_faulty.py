"""What cannot be read is kept as bytes that say why, in both languages and without a value."""

from __future__ import annotations

import pytest

from gateway.errors import Rejected
from gateway.wire import xml
from gateway.wire.rows import Faulty, faulty


@pytest.mark.parametrize("fault", faulty.SENTENCES)
def test_every_fault_is_said_in_english_and_chinese_and_read_again(fault: str) -> None:
    told = Faulty(fault, 7, {"cells": "5", "wanted": "6"}, "P1,张三", ("P1", "张三"))
    assert told.reason_zh != told.reason
    again = faulty.parse(told.written("cf.csv", "prescription"))
    assert (again.code, again.where, again.reason) == (fault, "cf.csv:7", told.reason)
    assert "张三" not in str(again)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"fault": "nothing", "line": 1, "said": {}, "file": ""}', b"\xff"]
)
def test_what_tells_of_no_fault_is_refused(raw: bytes) -> None:
    with pytest.raises(Rejected) as error:
        raise faulty.parse(raw)
    assert error.value.code == "not-rows"


def test_records_of_a_long_file_come_one_by_one() -> None:
    chunks = [b"<D>", *(f"<R><a>{at}</a></R>".encode() for at in range(5)), b"</D>"]
    found = [element.findtext("a") for element in xml.records(chunks, ["D", "R"])]
    assert found == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [(b"<D><R>", "not-xml"), (b"<!DOCTYPE D><D/>", "has-doctype"), (b"<D><R>" + b"<a/>" * 50, "too-large")],
)
def test_records_are_bounded_and_without_entities(raw: bytes, code: str) -> None:
    with pytest.raises(Rejected) as error:
        list(xml.records([raw], ["D", "R"], most=20))
    assert error.value.code == code
