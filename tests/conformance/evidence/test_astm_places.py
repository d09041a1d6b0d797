"""Records of an analyser: who the patient is is masked, the result stays; other texts are left alone."""

from __future__ import annotations

import pytest

from conformance.evidence.masking import Masker

_RECORDS = (
    "H|\\^&|||ANALYSER|||||LIS||P|1|20260301090000",
    "P|1||10019901|990101199003071234|王^小明|李|19900307|F||石桥路12号^^重庆||68485555|D7^赵敏",
    "O|1|T1||^^^GLU|R||20260301090000||||N||||SER|孙^一帆|68486666",
    "R|1|^^^GLU|5.60|mmol/L|3.90 to 6.10|N||F||周^八斤||20260301090000",
    "L|1|N",
)
_FRAMED = "\n".join(f"<STX>{number}{one}<CR><ETX>A3<CR><LF>" for number, one in enumerate(_RECORDS, 1))
_PEOPLE = (
    "10019901",
    "990101199003071234",
    "小明",
    "19900307",
    "石桥路",
    "68485555",
    "赵敏",
    "一帆",
    "68486666",
    "八斤",
)


@pytest.mark.parametrize("text", ["\r".join(_RECORDS), "\n".join(_RECORDS), f"<ENQ>\n{_FRAMED}\n<EOT>"])
def test_nobody_is_named_and_the_result_stays(text: str) -> None:
    masked = Masker().body(text.encode())
    assert masked is not None
    assert [one for one in _PEOPLE if one in masked] == []
    assert "R|1|^^^GLU|5.60|mmol/L|3.90 to 6.10|N||F||" in masked
    assert "|T1|" in masked
    assert masked.count("|") == text.count("|")
    assert len(masked.splitlines()) == len(text.splitlines())


def test_separators_are_those_of_the_header() -> None:
    masked = Masker().body("H!@#%!!!A\rP!1!!10019901!!王#小明!!19900307!F".encode())
    assert masked is not None
    assert "10019901" not in masked
    assert "小明" not in masked
    assert masked.endswith("!F")


@pytest.mark.parametrize("text", ["Hello | world", "H|1|2", "H2O|^", "<html><p>H|\\^&|</p></html>"])
def test_what_begins_with_no_header_is_no_message(text: str) -> None:
    assert Masker().body(text.encode()) == text
