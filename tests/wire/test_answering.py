"""Answers to questions: whatever is asked, the answer is a message that names it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.asked import Answer
from gateway.errors import Rejected
from gateway.wire import er7
from gateway.wire.hl7v2 import Asked
from gateway.wire.hl7v2.answering import answered, is_answered

NOW = datetime(2026, 3, 5, 8, 40, tzinfo=UTC)
TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30)
FIELDS = st.lists(TEXT, max_size=10).map("|".join)
KINDS = {"QBP^Q11": "QPD", "QRY^Q02": "QRD", "ORM^O01": "ORC"}
PARTS = st.dictionaries(st.sampled_from("123"), st.lists(TEXT, min_size=1, max_size=1), min_size=1)
VALUES = st.lists(st.one_of(TEXT, PARTS), min_size=1, max_size=2)
SEGMENT = st.tuples(
    st.sampled_from(["PID", "SPM", "ORC", "OBR", "DSP"]),
    st.dictionaries(st.integers(1, 30).map(str), VALUES, min_size=1, max_size=4),
)
SAID = st.lists(st.lists(SEGMENT, min_size=1, max_size=4), max_size=3)


@given(
    st.sampled_from(list(KINDS)),
    FIELDS,
    SAID,
    st.sampled_from(["ASCII", "UNICODE UTF-8", "GB 18030-2000", ""]),
)
def test_every_question_has_an_answer_that_names_it(kind: str, fields: str, said: list, charset: str) -> None:  # type: ignore[type-arg]
    line = f"ORC|RF|{fields}" if kind == "ORM^O01" else f"{KINDS[kind]}|{fields}"
    codec = {"GB 18030-2000": "gb18030"}.get(charset, "utf-8")
    raw = f"MSH|^~\\&|A|B|C|D|20260305||{kind}|K7|P|2.5.1||||||{charset}\r{line}\r".encode(codec)
    try:
        message = er7.parse(raw)
    except Rejected:
        return
    if not is_answered(message):
        assert kind == "ORM^O01"
        return
    made = answered(Asked(message, Answer("x", said=said), "Q1", NOW))
    assert len(made) == (1 + len(said) if kind == "QRY^Q02" else 1)
    for one in made:
        read = er7.parse(one)
        assert read.get("MSA-2") == "K7"
        assert read.get("MSH-5") == "A"
    (refused,) = answered(Asked(message, Rejected("no", code="value"), "Q1", NOW))
    assert er7.parse(refused).get("MSA-1") == "AE"


@pytest.mark.parametrize(("type_", "lines"), [
    ("ORU^R01", "ORC|RF||1"), ("ORM^O01", "ORC|NW|1"), ("ORM^O01", "PID|1||7\rORC|RF||1"),
    ("ORM^O01", "ORC|RF||1\rOBR|1|1"), ("QRY^A19", "QRD|1"), ("ACK^Q03", "MSA|AA|1"),
])  # fmt: skip
def test_what_tells_something_is_no_question(type_: str, lines: str) -> None:
    message = er7.parse(f"MSH|^~\\&|A|B|C|D|20260305||{type_}|K7|P|2.3.1\r{lines}\r".encode())
    assert not is_answered(message)
    assert answered(Asked(message, Answer("x"), "Q1", NOW)) == []
