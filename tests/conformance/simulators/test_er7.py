"""The ER7 writer escapes what the text holds and numbers fields as the standard does."""

from __future__ import annotations

from conformance.simulators.er7 import components, escape, segment


def test_delimiters_in_text_are_escaped() -> None:
    assert escape("10^9/L|a&b~c\\d") == "10\\S\\9/L\\F\\a\\T\\b\\R\\c\\E\\d"


def test_a_line_break_becomes_a_formatting_command() -> None:
    assert escape("一\n二") == "一\\.br\\二"


def test_trailing_empty_components_are_dropped() -> None:
    assert components("a", "", "b", "") == "a^^b"


def test_fields_stand_at_their_number() -> None:
    assert segment("PV1", {1: "1", 4: "R", 9: ""}) == "PV1|1|||R"
