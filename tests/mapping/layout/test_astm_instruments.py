"""Instruments that have things elsewhere: whose sample it is, which test and value, and what is a control."""

from __future__ import annotations

from functools import cache

import pytest

from gateway.canonical import Envelope, Quarantined, Translation
from gateway.mapping import Maps, load_maps
from gateway.mapping.account import Accountant
from gateway.mapping.layout import Laid
from gateway.pipeline import steps
from gateway.registry import find
from gateway.wire.astm.records import parse

L = "L|1|N"
ROCHE = "H|\\^&|||{}^1|||||host|RSUPL^BATCH|P|1"
E411 = "H|\\^&||||||||||P||"
XPERT = "H|@^\\|17||LAB 1^GeneXpert^6.4|||||LIS||P|1394-97|20260307090000"


@cache
def maps() -> Maps:
    return load_maps()


def enveloped(lines: tuple[str, ...], meta: dict[str, str] | None = None) -> Envelope:
    raw = "".join(f"{one}\r" for one in lines).encode()
    return Envelope(
        "0" * 32, "default", "lis/astm", "", 1_772_900_000_000_000, "application/astm", "", raw, meta or {}
    )


def laid(*lines: str, **meta: str) -> Laid:
    envelope = enveloped(lines, meta)
    return maps().lay(parse(envelope.raw), envelope)


def ended(*lines: str) -> steps.Result:
    envelope = enveloped(lines)
    return steps.translate(maps(), envelope, steps.read(find()["lis/astm"], maps(), envelope))


def fields(message: Laid, name: str) -> list[list[str]]:
    return [one.fields for one in message.segments if one.name == name]


def sample(message: Laid) -> str:
    return (fields(message, "SPM") or [["", "", ""]])[0][2]


@pytest.mark.parametrize(
    ("head", "order", "layout", "found"),
    [
        (
            ROCHE.format("cobas6000"),
            "O|1|      2603070034|0^5031^2^^S1^SC|^^^717^",
            "roche-cobas",
            "2603070034",
        ),
        (ROCHE.format("c311"), "O|1|3635^2603070034     ^1^^009|R1|^^^717/", "roche-cobas", "2603070034"),
        (ROCHE.format("H7600"), "O|1|36^              ^1^^006|R1|^^^717/", "roche-cobas", ""),
        (E411, "O|1|2603070034|807^00042^3^^SAMPLE^NORMAL|ALL", "roche-e411", "2603070034"),
        (XPERT, "O|1|PR25A137||^^^MTB-RIF", "cepheid-genexpert", "PR25A137"),
        (
            "H|\\^&|||CS-2500^01^2||||||||E1394-97",
            "O|1||000000^02^     6550049260^B^",
            "sysmex",
            "6550049260",
        ),
        ("H|\\^&|||    XN-550^00-24||||||||E1394-97", "O|1||^^            27^M", "sysmex", "27"),
        ("H|\\^&|||U-WAM^00-22||||||||LIS2-A2", "O|1|346205||^^^RBC", "sysmex-urine", "346205"),
        ("H|\\^&|||iFlash3000|||||||PR|1394-97", "O|1|S77|S77|TSH^^^", "yhlo-iflash", "S77"),
        (
            "H|\\^||PASSWORD|DPC||||SYSTEM||P|1|20260307",
            "O|1|130000445||^^^TT4",
            "siemens-immulite",
            "130000445",
        ),
        ("H|\\^&|||Analyser|||||||P|1|20260307", "O|1||5|^^^HbA1c", "results", ""),
        ("H|\\^&|||DCA VANTAGE^04|||||||P||20260307", "O|1||660^0090", "results", ""),
    ],
)
def test_a_running_number_is_nobodys_bar_code(head: str, order: str, layout: str, found: str) -> None:
    message = laid(head, "P|1", order, "R|1|^^^X|1", L)
    assert (message.type, sample(message)) == (f"ASTM^{layout}", found)


def test_a_line_may_say_that_bar_codes_stand_in_the_fourth_field() -> None:
    lines = ("H|\\^&|||NEW", "O|1||4711^2", "R|1|^^^X|1", L)
    assert (sample(laid(*lines)), sample(laid(*lines, o4="1"))) == ("", "4711")
    assert sample(laid("H|\\^&|||NEW", "O|1|12|4711", "R|1|^^^X|1", L, o4="1")) == "12"


@pytest.mark.parametrize(
    ("head", "order"),
    [
        (ROCHE.format("cobas 8000"), "O|1|1226741641|0^30001^1^^QC^SC^not|^^^12^1|R||||||P"),
        (ROCHE.format("H7600"), "O|1|PCCC2|4051^30064^064^^QC^SC|^^^798^|||||||Q"),
        (E411, "O|1|PC U1|807^00042^3^^CONTROL^NORMAL|ALL|R|||||||X"),
        ("H|\\^&|||NAME^u601^0.17|||||||P|LIS2-A2", "O|1|1|12345^1^Service^QC|C|R"),
        ("H|\\^&|||c111LAB^Roche^c111^4.2|||||host|RSUPL^REAL|P|1", "O|1||LEVEL 2^^3||S||||||N"),
        ("H|\\^&|||XN-550||||||||E1394-97", "O|1||^^         QC-4711^B"),
        ("H|\\^&|||H500^9|||||||Q|LIS2-A2", "O|1|PX440N||^^^DIF"),
        ("H|\\^&|||H550^9|||||||P|LIS2-A2", "O|1|PX449L||^^^DIF|R||||||||||CTRL^^CTRLLOW"),
        ("H|\\^&|||Mindray|||||||QR|1394-97", "O|1|1^1^1|C1|1^ALT^^"),
        ("H|\\^&|||bioMerieux||||||||BCI", "O|1|C1||^^^HCG^HCG"),
        ("H|\\^&|||ANY|||||||P|LIS2-A2", "O|1|X||^^^GLU|R||||||Q"),
    ],
)
def test_a_control_is_never_a_patients(head: str, order: str) -> None:
    found = ended(head, "P|1", order, "R|1|^^^X|1|mmol/L||N||F", L)
    assert isinstance(found, Quarantined)
    assert found.reason == "quality-control"


@pytest.mark.parametrize(
    ("head", "result", "test", "value", "sub"),
    [
        ("CS-2500", "^^^041^PT~sec^100.00^A|  10.6", "041^PT\\R\\sec^99SYSMEX", "10.6", ""),
        ("XN-550", "^^^^WBC^1|  5.5", "WBC^^99SYSMEX", "5.5", ""),
        ("U-WAM", "^^^URO^A^1^S^  0010^02|2.0^MAINFORMAT", "URO^URO^99SYSMEX-U", "2.0", ""),
        ("U-WAM", "^^^URO^A^1^S^  0010^02|^RAW", "URO^URO RAW^99SYSMEX-U", "", "RAW"),
        ("NAME^u601", "1^BIL|12^^", "1^BIL^99COBAS-U", "12", ""),
        ("ImmunoCAP", "^^^f1^sIgE^1|17.500^2^Positive", "f1 sIgE^^99PHADIA", "17.500", ""),
        ("ANY", "GLU|5.6", "GLU^^ANY", "5.6", ""),
        ("Alinity ci-series", "^^^565^Syphilis^UNDILUTED^P|534", "565^Syphilis^99ABBOTT", "534", "P"),
        ("ARCHITECT", "^^^21^hCG^U^P^47^07^^I|NEG", "21^hCG^99ABBOTT", "NEG", "I"),
        ("ANY", "^GLU|5.6^", "GLU^^ANY", "5.6", ""),
        ("ANY", "^^^07D^1^101128|^13|g/dL", "07D^^ANY", "\\S\\13", ""),  # a code of what is wrong, no value
        ("ANY", "^^^07D|6.1^13|g/dL", "07D^^ANY", "6.1\\S\\13", ""),
        ("A1^Roche^AMPLILINK", "^^^HI2CAP96|2.52E+3 (3.40)", "HI2CAP96^^99AMPLILINK", "2.52E+3 (3.40)", ""),
        ("m2000^8.1", "^^^HIV^HIV^395139^1000^^F|< 40", "HIV^HIV^99ABBOTT", "< 40", "F"),
    ],
)
def test_where_test_and_value_stand(head: str, result: str, test: str, value: str, sub: str) -> None:
    message = laid(f"H|\\^&|||{head}|||||||P|LIS2-A2", "O|1|A", f"R|1|{result}", L)
    (found,) = fields(message, "OBX")
    assert found[3].split("^")[:3] == test.split("^")
    assert (found[5], found[4]) == (value, sub)


def test_the_bar_code_of_a_blood_group_stands_in_the_fourth_field_and_its_state_is_no_unit() -> None:
    card = "^^^AntiA^MO31^Bloodgroup: A,B,D (5009)^"
    order = "O|1||2603070034^^^\\^^^|^^^MO31^^^|R|20260307111036"
    message = laid("H|\\^&|||Bio-Rad|IH v5.0", "P|1||170", order, f"R|1|{card}|40^^|C||||R||op^", L)
    (found,) = fields(message, "OBX")
    assert (message.type, sample(message)) == ("ASTM^bio-rad-ih", "2603070034")
    assert (found[3].split("^")[0], found[4], found[5], found[6]) == ("AntiA", "MO31", "40", "")


def test_the_code_of_a_test_stands_between_its_dilutions() -> None:
    order = "O|1|4711^3^5||^^^1.0000+301+1.0\\950+1.0"
    result = "R|1|^^^1.0000+301+1.0|89|g/L||^0^\\^0^||V|||20260307|20260307090000|56002030"
    message = laid("H|\\^&|||5602030||||||||LIS2-A|20260307", "P|1", order, result, L)
    (found,) = fields(message, "OBX")
    assert (message.type, sample(message)) == ("ASTM^ortho-vitros", "4711")
    assert (found[3], found[5], found[8]) == ("301^^99VITROS", "89", "")


def test_each_measure_of_an_assay_has_a_code_of_its_own() -> None:
    told = ("MTB^", "rpoB1^", "rpoB1^Ct", "rpoB1^EndPt", "SPC^Ct")
    results = [f"R|{n}|^MTB-RIF^^Xpert^^^{one}|^{n}.0" for n, one in enumerate(told, 1)]
    message = laid(XPERT, "O|1|A||^^^MTB-RIF", *results, L)
    codes = [one[3].split("^")[0] for one in fields(message, "OBX")]
    assert codes == ["Xpert MTB", "Xpert rpoB1", "Xpert rpoB1 Ct", "Xpert rpoB1 EndPt", "Xpert SPC Ct"]
    assert [one[5] for one in fields(message, "OBX")] == ["1.0", "2.0", "3.0", "4.0", "5.0"]


def test_results_of_one_test_are_told_apart_by_what_differs_of_them() -> None:
    results = [f"R|{n}|^^^HCV^Anti-HCV^1^{one}|{n}" for n, one in enumerate(("DOSE", "INTR", "RLU"), 1)]
    message = laid("H|\\^&|||NEW", "O|1|A", *results, "R|4|^^^TSH^Thyrotropin^1^DOSE|4", L)
    assert [one[4] for one in fields(message, "OBX")] == ["DOSE", "INTR", "RLU", ""]
    assert not {path for path in message.left if path.startswith("R.3.7")} - {"R.3.7"}


def test_a_range_that_is_written_otherwise_stays_as_it_is() -> None:
    message = laid("H|\\^||P|DPC", "O|1|A", "R|1|^^^TT4|10.3|ug/dL|4.5\\.4^12.5\\24", L)
    assert fields(message, "OBX")[0][7] == "4.5\\E\\.4\\S\\12.5\\E\\24"


@pytest.mark.parametrize(
    ("sender", "profile"), [("LIS", "lis-astm"), ("LIS 1^GeneXpert", "astm-cepheid-genexpert")]
)
def test_an_analyser_that_calls_itself_a_laboratory_is_an_analyser(sender: str, profile: str) -> None:
    envelope = enveloped((f"H|\\^&|||{sender}|||||||P|LIS2-A2", "O|1|A", "R|1|^^^X|1", L))
    found = steps.read(find()["lis/astm"], maps(), envelope).profile
    assert (found.id, found.sample is not None) == (profile, True)


@pytest.mark.parametrize("place", ["H", "P", "O", "R"])
def test_what_the_maker_adds_is_kept_with_the_report(place: str) -> None:
    lines = ["H|\\^&|||NEW", "P|1", "O|1|A", "R|1|^^^X|1", L]
    at = next(number for number, one in enumerate(lines) if one.startswith(place))
    lines.insert(at + 1, "M|1|HISTOGRAM|0;1;4;9")
    found = ended(*lines)
    assert isinstance(found, Translation)
    assert not found.unmapped
    reports = [draft.body for draft in found.drafts if draft.type == "DiagnosticReport"]
    assert len(reports[0]["presentedForm"]) == 1


def test_what_a_layout_ignores_stands_in_the_account_with_its_reason() -> None:
    lines = ("H|\\^&|||NEW|||||host||P|LIS2-A2", "O|1|A||^^^X|R", "R|1|^^^X|1||||||||||||E15", L)
    envelope = enveloped(lines)
    reading = steps.read(find()["lis/astm"], maps(), envelope)
    made = steps.translate(maps(), envelope, reading)
    assert isinstance(made, Translation)
    assert reading.record is not None
    leaves = Accountant(maps()).account(reading.record, envelope, reading.profile, made)
    told = {one.path: (one.state, [use.to for use in one.uses]) for one in leaves}
    assert told["H.10"] == ("ignored", ["who it is for"])
    assert told["O.6"] == ("ignored", ["priority; the order says it"])
    assert told["R.16"] == ("unmapped", [])
    assert "R.4" not in told  # it stands in OBX-5


@pytest.mark.parametrize(
    ("order", "made"),
    [
        ("O|1|A||^^^GLU|R", []),
        ("O|1|A||^^^GLU|R||||||||||||||||||||O", []),
        ("O|1|A||^^^GLU|R||||||||||||||||||||X", ["DiagnosticReport"]),
    ],
)
def test_without_results_there_is_no_report(order: str, made: list[str]) -> None:
    found = ended("H|\\^&|||NEW|||||||P|LIS2-A2", "P|1", order, "C|1|I|x|G", L)
    assert isinstance(found, Translation)
    assert [draft.type for draft in found.drafts if draft.type == "DiagnosticReport"] == made
    assert not found.unmapped


def test_signs_of_units_are_no_chinese() -> None:
    raw = b"H|\\^&|||NEW\rO|1|A\rR|1|^^^TSH|2.80|\xb5IU/ml\rR|2|^^^WBC|6|10\xb3/\xb5L\rL|1|N\r"
    message = parse(raw)
    assert [one.get("5") for one in message.of("R")] == ["µIU/ml", "10³/µL"]
    name = "王皞".encode("gb18030")
    assert parse(b"H|\\^&|||NEW\rP|1||||" + name + b"\rL|1|N\r").get("P.6") == "王皞"
