"""Layouts of ASTM records: which one fits, what its paths read, and what is left over."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.errors import Misconfigured
from gateway.mapping import Maps, load_maps
from gateway.mapping.layout import Laid, layout_file
from gateway.mapping.layout.astm_path import reader
from gateway.mapping.layout.astm_tree import tree_of
from gateway.mapping.layout.lay_astm import AstmLayout
from gateway.wire.astm.records import parse


@cache
def maps() -> Maps:
    return load_maps()


def laid(*lines: str, **meta: str) -> Laid:
    raw = "".join(f"{one}\r" for one in lines).encode()
    envelope = Envelope("0" * 32, "default", "lis/astm", "", 0, "application/astm", "", raw, meta)
    return maps().lay(parse(raw), envelope)


def translated(*lines: str, **meta: str) -> Translation:
    message = laid(*lines, **meta)
    envelope = Envelope("0" * 32, "default", "lis/astm", "", 0, "application/astm", "", message.raw, meta)
    return maps().translate(message, envelope, maps().profile("lis/astm", "", message))


def segment(message: Laid, name: str, number: int = 0) -> list[str]:
    return [one.fields for one in message.segments if one.name == name][number]


def header(sender: str, *, about: str = "", processing: str = "P") -> str:
    return f"H|\\^&|||{sender}||||||{about}|{processing}|LIS2-A2|20260307104500"


@pytest.mark.parametrize(
    ("first", "name"),
    [
        (header("TEST-1"), "results"),
        (header("XN-1000^00-24^1"), "sysmex"),
        (header("cobas6000^1", about="RSUPL^REAL"), "roche-cobas"),
        (header("C111^Roche^c111^4.2", about="RSUPL^REAL"), "roche-c111"),
        (header("BS-480", processing="PR"), "mindray-bs"),
        (header("ARCHITECT^9.45^F1"), "abbott"),
        (header("ACCESS^609999"), "beckman-access"),
        (header("ADVCNT_LIS"), "siemens-centaur"),
        (header("ABX"), "horiba-abx"),
        ("H|\\^&|||V2|||||||P|BCI|20260307104500", "biomerieux-bci"),
        (header("Lab^GeneXpert^6.4"), "cepheid-genexpert"),
        (header("U-WAM^00-22"), "sysmex-urine"),
        (header("iFlash3000", processing="PR"), "yhlo-iflash"),
        (header("MYLA^4.7"), "results"),
    ],
)
def test_an_instrument_is_told_by_its_header(first: str, name: str) -> None:
    message = laid(first, "P|1", "O|1|A", "R|1|^^^X|1", "L|1|N")
    assert message.type == f"ASTM^{name}"
    sender = maps().profile("lis/astm", "", message)
    assert sender.id == ("lis-astm" if name == "results" else f"astm-{name}")
    assert sender.sample is not None


def test_a_line_may_name_the_layout_whatever_the_header_says() -> None:
    lines = (header("WHATEVER"), "O|1||1^2^ 4711 ^B", "R|1|^^^^WBC^1|6.8", "L|1|N")
    assert all(one.name != "SPM" for one in laid(*lines).segments), "it has no number that is known"
    message = laid(*lines, layout="sysmex", line="haem-1")
    assert (segment(message, "SPM")[2], segment(message, "OBX")[3]) == ("4711", "WBC^^99SYSMEX")
    assert segment(message, "MSH")[3:5] == ["WHATEVER", "haem-1"]


@pytest.mark.parametrize(
    ("order", "sample"),
    [("O|1|4711", "4711"), ("O|1| 4711 ^2^3", "4711"), ("O|1|4711|S-9", "4711")],
)
def test_where_the_number_of_the_sample_stands(order: str, sample: str) -> None:
    assert segment(laid(header("T"), order, "R|1|^^^X|1", "L|1|N"), "SPM")[2] == sample


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("^^^GLU", "GLU^^T"),
        ("^^^^WBC^1", "WBC^^T"),
        ("GLU", "GLU^^T"),
        ("2345-7^Glucose^LN^GLU", "GLU^Glucose^T^2345-7^Glucose^LN"),
        ("", ""),
    ],
)
def test_where_the_code_of_a_test_stands(test: str, code: str) -> None:
    found = segment(laid(header("T"), "O|1|A", f"R|1|{test}|1", "L|1|N"), "OBX")[3]
    assert found == code or found.startswith(f"{code}^")


def test_levels_that_a_sender_leaves_out_are_there_all_the_same() -> None:
    for lines in (
        ("P|1", "O|1|A", "R|1|^^^X|1"),
        ("O|1|A", "R|1|^^^X|1"),
        ("P|1", "R|1|^^^X|1", "R|2|^^^Y|2"),
        ("R|1|^^^X|1",),
    ):
        message = laid(header("T"), *lines, "L|1|N")
        results = [one.fields[3] for one in message.segments if one.name == "OBX"]
        assert results[0] == "X^^T"
        assert len([one for one in message.segments if one.name == "OBR"]) == 1
        assert not message.left


def test_a_value_goes_through_as_it_was_written() -> None:
    values = ("5.60", "< 3", ">= 32", "1:80", "阴性(-)", "5|6", "a&b~c", "-1^0.2")
    for value in values:
        written = value.replace("&", "&E&").replace("|", "&F&")
        message = laid(header("T"), "O|1|A", f"R|1|^^^X|{written}", "L|1|N")
        raw = segment(message, "OBX")[5]
        assert (
            raw.replace("\\F\\", "|").replace("\\T\\", "&").replace("\\R\\", "~").replace("\\S\\", "^")
            == value
        )


def test_remarks_stand_with_what_they_follow() -> None:
    message = laid(
        header("T"), "P|1", "O|1|A", "C|1|I|of the order|G", "R|1|^^^X|1", "C|1|I|of the result|G",
        "C|2|I| ^ |G", "R|2|^^^Y|2", "L|1|N",
    )  # fmt: skip
    assert [one.name for one in message.segments[2:]] == ["OBR", "NTE", "OBX", "NTE", "OBX", "SPM"]
    made = translated(header("T"), "P|1", "O|1|A", "R|1|^^^X|1", "C|1|I|haemolytic|G", "R|2|^^^Y|2", "L|1|N")
    notes = {one.body["code"]["coding"][0]["code"]: one.body.get("note") for one in made.drafts
             if one.type == "Observation"}  # fmt: skip
    assert notes == {"X": [{"text": "haemolytic"}], "Y": None}
    lines = ("P|1", "C|1|L|of the patient|G", "O|1|A", "C|1|I|of the order|G", "R|1|^^^X|1")
    message = laid(header("T"), *lines, "L|1|N")
    assert [one.fields[3] for one in message.segments if one.name == "NTE"] == [
        "of the patient",
        "of the order",
    ]
    assert not message.left


def test_what_nothing_reads_is_counted_by_its_path() -> None:
    results = ("O|1|A", "R|1|^^^X^^7|1", "R|2|^^^Y^^8|1")
    assert laid(header("T"), "P|1||||||||||||||||||22", *results, "S|1|x", "M|1|raw", "L|1|N").left == {
        "P.20": 1,
        "R.3.6": 2,
        "S.2": 1,
        "S.3": 1,
        "M.2": 1,
        "M.3": 1,
    }


@pytest.mark.parametrize(
    ("status", "expected", "said"),
    [("F", "final", None), ("C", "corrected", None), ("P", "preliminary", None), ("X", "cancelled", None),
     ("W", "preliminary", "W"), ("M", "final", "M"), ("R", "final", "R"), ("", "unknown", None)],
)  # fmt: skip
def test_the_words_of_astm_for_a_status(status: str, expected: str, said: str | None) -> None:
    made = translated(header("T"), "O|1|A", f"R|1|^^^X|1|g/L||N||{status}", "L|1|N")
    (body,) = [one.body for one in made.drafts if one.type == "Observation"]
    assert body["status"] == expected
    more = body.get("_status", {}).get("extension", [{}])[0].get("valueCodeableConcept", {}).get("text")
    assert more == said


def test_one_number_tells_messages_apart_and_not_when_they_were_sent() -> None:
    def number(first: str, value: str) -> str:
        return segment(laid(first, "O|1|A", f"R|1|^^^X|{value}", "L|1|N"), "MSH")[10]

    once = number(header("T"), "1")
    assert once == number(header("T").replace("104500", "110000"), "1")
    assert once != number(header("T"), "2")
    assert number(header("T").replace("&||", "&|77|"), "1").startswith("77-")


def test_a_question_becomes_nothing() -> None:
    made = translated(header("ACCESS^1"), "Q|1|^4711||ALL", "L|1|N")
    assert not made.drafts
    assert not made.unmapped


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("R.4", "5.6"), ("R.3.4", "GLU"), ("O.3", "A^7"), ("O.3.2", "7"), ("H.5.1", "T"), ("P.9", "M"),
        ("R.9 or R.4", "F"), ("R.10 or R.4", "5.6"), ("R.4 with R.9", "5.6"), ("R.4 with R.10", ""),
        ("R.9 by words", "final"), ("R.5 by words", "pattern"), ("R.7 by words", "other"),
        ("R.10 by words", "none"), ("'x'", "x"),
        ("O.3.1 with R.9 by words", "other"), ("R.5 before '/'", "mmol"), ("$line", "chem-1"), ("$peer", ""),
        ("R", "R|1|^^^GLU|5.6|mmol/L||H||F"), ("same(R.9)", "F"),
    ],
)  # fmt: skip
def test_what_an_expression_reads(text: str, value: str) -> None:
    lines = (header("T"), "P|1|||||||M", "O|1|A^7", "R|1|^^^GLU|5.6|mmol/L||H||F", "L|1|N")
    root = tree_of(parse("".join(f"{one}\r" for one in lines).encode()))
    node = root.of("P")[0].of("O")[0].of("R")[0]
    codes = {"words": {"F": "final", "mm*": "pattern", "": "none", "*": "other"}}
    get: Callable[..., Any] = reader(text, codes, "x")
    assert get(node, {"line": "chem-1"}) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("astm: x\nmatch: {R.3: a}", "match takes fields of H"),
        ("astm: x\nas: ORU^R01\nsegments: [{OBR: {3: O.x}}]", "not a path"),
        ("astm: x\nas: ORU^R01\nsegments: [{OBR: {3: $nobody}}]", "is no fact"),
        ("astm: x\nas: ORU^R01\nsegments: [{OBR: {3: O.3 by none}}]", "there is no table"),
        ("astm: x\nas: ORU^R01\nsegments: [{OBR: {3: 'O.5 => O.5.4'}}]", "components of the repeat"),
        ("astm: x\nas: ORU^R01\nsegments: [{OBR: {3: 'O[2].5'}}]", "which record is meant"),
    ],
)
def test_what_a_layout_says_wrongly_is_told_with_its_file(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(Misconfigured, match=says) as told:
        AstmLayout(layout_file(path))
    assert "x.yaml" in told.value.where


def test_tests_that_were_ordered_by_themselves_are_one_report_of_the_sample() -> None:
    order = "O|{}|A||^^^X" + "|" * 21
    lines = ("P|1", order.format(1) + "F", "R|1|^^^X|1", order.format(2) + "{}", "R|1|^^^Y|2")
    message = laid(header("T"), *[one.format("F") for one in lines], "L|1|N")
    assert [one.name for one in message.segments[1:]][-4:] == ["OBR", "OBX", "OBX", "SPM"]
    assert (segment(message, "OBR")[25], message.left) == ("F", {})
    mixed = laid(header("T"), *[one.format("P") for one in lines], "L|1|N")
    assert segment(mixed, "OBR")[25] == ""  # nobody says what the whole of it is
    other = laid(header("T"), "O|1|A", "R|1|^^^X|1", "O|2|A|||||||||Q", "R|1|^^^X|2", "L|1|N")
    assert [one.fields[11] for one in other.segments if one.name == "SPM"] == ["", "Q"]


def test_a_control_of_sysmex_is_told_by_its_number() -> None:
    for number, role in (("QC-21870811", "Q"), ("2603070012", "")):
        message = laid(header("XN-1000^00-24^1"), f"O|1||4^7^  {number}^B", "R|1|^^^^WBC^1|6.8", "L|1|N")
        fields = segment(message, "SPM")
        assert (fields[2], fields[11]) == (number, role)


@pytest.mark.parametrize("said", ["Q", "q", "QC", " Q ", "N\\Q", "Q\\N", "^Q", "Control", "CONTROL", "质控"])
@pytest.mark.parametrize("sender", ["T", "XN-1000^00-24^1", "C111^Roche^c111^4.2"])
def test_a_control_is_told_however_it_is_written(said: str, sender: str) -> None:
    lines = (f"O|1|4711||^^^GLU|R||||||{said}", "R|1|^^^GLU|5.6", "L|1|N")
    assert segment(laid(header(sender), *lines), "SPM")[11] == "Q"


@pytest.mark.parametrize("said", ["", "N", "A", "R", "X"])
def test_what_else_is_to_be_done_with_an_order_makes_no_control_of_it(said: str) -> None:
    lines = (f"O|1|4711||^^^GLU|R||||||{said}", "R|1|^^^GLU|5.6", "L|1|N")
    assert segment(laid(header("T"), *lines), "SPM")[11] == ""


@pytest.mark.parametrize("number", ["", "1", "2", "17"])
def test_the_sample_of_an_order_is_that_of_its_results_whatever_number_the_order_has(number: str) -> None:
    lines = ("P|1", f"O|{number}|A1||^^^X|||20260306080000", "R|1|^^^X|5|mmol/L||N||F", "L|1|N")
    made = translated(header("T"), *lines)
    of = {one.type: one.body for one in made.drafts}
    assert of["Specimen"]["identifier"][0]["value"] == "A1"
    assert of["Observation"]["specimen"] == {"reference": f"Specimen/{of['Specimen']['id']}"}
    assert of["DiagnosticReport"]["specimen"] == [of["Observation"]["specimen"]]
