"""Parsing, paths, escapes and byte-exact writing of ER7."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical import Record
from gateway.errors import Misconfigured, Rejected
from gateway.wire.er7 import DEFAULT, Separators, escape, parse, unescape

ADT = (
    "MSH|^~\\&|HIS|示范医院|QIAO|P|20240312083000||ADT^A01^ADT_A01|MSG00001|P|2.5.1||||||UNICODE UTF-8\r"
    "EVN|A01|20240312083000\r"
    "PID|1||P0001^^^HIS&1.2.3&ISO^PI~990101199003071234^^^MPS^NI||张三^^^^^^L||19900307|M\r"
    "OBX|1|ST|A^甲||10^9/L\rOBX|2|ST|B^乙||阴性(-)\r"
    "ZPI|院内自定义|x\r"
)


def parsed(text: str = ADT):
    return parse(text.encode())


def test_header_is_read_as_written():
    message = parsed()
    assert message.type == "ADT^A01"
    assert message.structure == "ADT_A01"
    assert message.control_id == "MSG00001"
    assert message.version == "2.5.1"
    assert message.declared_charset == "UNICODE UTF-8"
    assert message.header(99) == ""


def test_fields_are_numbered_as_in_the_standard():
    message = parsed()
    msh, _, pid = message.segments[:3]
    assert (msh.fields[1], msh.fields[2], msh.fields[9]) == ("|", "^~\\&", "ADT^A01^ADT_A01")
    assert (pid.name, pid.fields[0], pid.fields[8]) == ("PID", "PID", "M")
    assert [s.name for s in message.segments] == ["MSH", "EVN", "PID", "OBX", "OBX", "ZPI"]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("PID-5.1", ["张三"]),
        ("PID-3.1", ["P0001", "990101199003071234"]),
        ("PID-3[2].1", ["990101199003071234"]),
        ("PID-3[2].5", ["NI"]),
        ("PID-3[1].4.2", ["1.2.3"]),
        ("PID-3.4.3", ["ISO"]),
        ("OBX[2]-3.2", ["乙"]),
        ("OBX[*]-3.1", ["A", "B"]),
        ("OBX-5", ["10^9/L", "阴性(-)"]),
        ("OBX[3]-5", []),
        ("PID-30", []),
        ("PID-5.9", []),
        ("PID-2", []),
        ("NK1-1", []),
        ("MSH-1", ["|"]),
        ("MSH-2", ["^~\\&"]),
        ("ZPI", ["ZPI|院内自定义|x"]),
    ],
)
def test_a_path_names_values(path: str, values: list[str]):
    message = parsed()
    assert list(message.each(path)) == values
    assert message.get(path) == (values[0] if values else None)


@pytest.mark.parametrize("path", ["", "PID.5", "PID-", "PID-0", "PID-5.1.1.1", "PI-5", "PID[0]-5", "PID-5 "])
def test_a_wrong_path_is_the_mapping_files_fault(path: str):
    with pytest.raises(Misconfigured):
        parsed().get(path)


def test_unread_names_what_nobody_asked_for():
    message: Record = parsed('MSH|^~\\&|HIS||||||ADT^A01|1|P|2.5\rPID|1||A^^^X&Y~B||张三\rOBX|1\rOBX|2||""\r')
    for path in ("MSH-3", "MSH-9", "MSH-10.1", "MSH-11", "MSH-12", "PID-1", "PID-3[1].1", "OBX[1]-1"):
        assert message.get(path)
    left = ["PID-3[1].4.1", "PID-3[1].4.2", "PID-3[2]", "PID-5", "OBX[2]-1", "OBX[2]-3"]
    assert list(message.unread()) == left
    assert [message.get(path) for path in message.unread()] == ["X", "Y", "B", "张三", "2", '""']
    assert list(message.unread()) == []


def test_trigger_event_falls_back_to_evn():
    assert parsed("MSH|^~\\&|||||||ADT|1\rEVN|A08\r").type == "ADT^A08"
    assert parsed("MSH|^~\\&|||||||ACK|1\rMSA|AA|1\r").type == "ACK"
    assert parsed("MSH|^~\\&|A\r").type == ""


def test_any_separators():
    message = parsed("MSH$%*!@$HIS$$$$$$ADT%A01$1$P$2.3\rPID$1$$A%B@C*D$$a!F!b!S!c!T!d!R!e!E!f|^\r")
    assert message.separators == Separators("$", "%", "*", "!", "@")
    assert message.get("PID-3.2.2") == "C"
    assert message.get("PID-3[2]") == "D"
    assert message.get("PID-5") == "a$b%c@d*e!f|^"
    assert message.type == "ADT^A01"


def test_truncation_character_and_missing_encoding_characters():
    assert parsed("MSH|^~\\&#|A\r").separators.truncation == "#"
    assert unescape("a\\P\\b", parsed("MSH|^~\\&#|A\r").separators) == "a#b"
    assert parsed("MSH||A\r").separators == DEFAULT
    assert parsed("MSH|^~|A\r").separators == DEFAULT


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"\r\n \x0b\x1c\r", "empty"),
        (b"hello", "not-hl7"),
        (b"<xml/>", "not-hl7"),
        (b"PID|1\rMSH|^~\\&|", "not-hl7"),
        (b"MSH", "bad-separators"),
        (b"MSHA^~\\&A", "bad-separators"),
        (b"MSH|^^~\\|", "bad-separators"),
        (b"MSH|^~\\&#!|", "bad-separators"),
        (b"MSH|ABCD|", "bad-separators"),
        (b"MSH|^~\\&|\xff\xff\xff|", "undecodable"),
        (b"MSH|^~\\&|1\rPID|1\rMSH|^~\\&|2\r", "several-messages"),
        (b"MSH|^~\\&|\r" + b"NTE|\r" * 60_000, "too-many-segments"),
        (b"MSH|^~\\&|\rNTE" + b"|" * 600_000, "too-many-fields"),
    ],
)
def test_what_is_no_message_is_rejected_with_a_reason(raw: bytes, code: str):
    with pytest.raises(Rejected) as caught:
        parse(raw)
    assert caught.value.code == code


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_every_line_end(end: str):
    text = ADT.replace("\r", end)
    message = parsed(text)
    assert [s.name for s in message.segments] == ["MSH", "EVN", "PID", "OBX", "OBX", "ZPI"]
    assert message.get("ZPI-2") == "x"
    assert message.serialise() == text.encode()


def test_mixed_line_ends_blank_lines_and_junk_around():
    text = "\ufeff\x0b \r\nMSH|^~\\&|A\r\n\r\n  \rPID|1\n\nPV1|2\n\rZZZ|3\x1c\r"
    message = parsed(text)
    assert [s.text for s in message.segments] == ["MSH|^~\\&|A", "PID|1", "PV1|2", "ZZZ|3"]
    assert message.serialise() == text.encode()


@pytest.mark.parametrize(
    "around", [" {}", "\t{} ", "\x00{}", "\x0b{}", "\ufeff{}", "\xa0{}", "\u3000{}", '"{}']
)
@pytest.mark.parametrize("name", ["PID", "pid"])
def test_what_stands_around_the_name_of_a_segment_is_no_part_of_it(around: str, name: str):
    text = f"MSH|^~\\&|A\rPID|1||77\r{around.format(name)}|2||88\r"
    message = parsed(text)
    assert [s.name for s in message.segments] == ["MSH", "PID", "PID"]
    assert list(message.each("PID-3")) == ["77", "88"]
    assert message.serialise() == text.encode()


@pytest.mark.parametrize(
    ("line", "damaged"),
    [
        ("1PID|2||88", True), ("PID;2;;88", True), ("PID.|2||88", True), ("**OBR|2||F2", True),
        ("SPM,2,T2,", True), ("OBX|1|NM|x||5|||||F|||20260305PID|2||88", True),
        ("OBX|1|NM|x||5|||||F|OBR|2||F2", True),
        ("PID - a - b - c", False), ("a line | with | bars", False), ("RAPID|2||88", False),
        ("OBX|1|ST|HIV-RAPID||PID||||PID|", False), ("ERR|PID^1^3", False),
    ],
)  # fmt: skip
def test_a_damaged_name_of_somebody_costs_the_message_not_the_patient(line: str, damaged: bool):
    text = f"MSH|^~\\&|A\rPID|1||77\r{line}\rOBX|2|NM|y||6\r"
    if not damaged:
        assert parsed(text).get("PID-3") == "77"
        return
    with pytest.raises(Rejected) as caught:
        parsed(text)
    assert caught.value.code == "damaged-segment"


def test_a_line_feed_that_somebody_typed_stays_in_the_text():
    message = parsed("MSH|^~\\&|A\rOBX|1|TX|||第一行\n第二行\nIMPRESSION: x\rPV1|1\nNTE|2\r")
    assert message.get("OBX-5") == "第一行\n第二行\nIMPRESSION: x"
    assert [s.name for s in message.segments] == ["MSH", "OBX", "PV1", "NTE"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"\XE5BCA0\三", "张三"),
        (r"\XE5\\XBC\\XA0\三", "张三"),
        (r"\xd5C5\\X\ ", "张\\X\\ "),
        (r"\X0D0A\x", "\r\nx"),
        (r"\XE5B\ \XZZ\ \XFF\ ", "\\XE5B\\ \\XZZ\\ \\XFF\\ "),
        (r"one\.br\two\.sp2\three\.sk 3\four\.in+4\five", "one\ntwo\n\nthree   fourfive"),
        (r"\H\bold\N\ \Z01\ \C2842\ \Q\ ", "bold \\Z01\\ \\C2842\\ \\Q\\ "),
        ("C:\\temp\\x", "C:\\temp\\x"),
        ("50\\60\\T\\70", "50\\60&70"),
        ("\\", "\\"),
        (r"\.sp999\ ", "\n" * 100 + " "),
    ],
)
def test_escape_sequences(written: str, meant: str):
    assert unescape(written) == meant


def test_hex_escapes_follow_the_message_charset():
    raw = "MSH|^~\\&|A|||||||||||||||GBK\rPID|1||||\\XD5C5\\三\r".encode("gbk")
    assert parse(raw).get("PID-5") == "张三"


SEPARATORS = st.sampled_from(
    [
        DEFAULT,
        Separators("|", "^", "~", "\\", "&", "#"),
        Separators("$", "%", "*", "!", "@"),
        Separators("§", "¦", "→", "←", "、"),
    ]
)


@given(st.text(), SEPARATORS)
def test_unescape_undoes_escape(text: str, separators: Separators):
    escaped = escape(text, separators)
    assert unescape(escaped, separators) == text
    assert not set(escaped) & (set("\r\n\x0b\x1c") | set(separators) - {separators.escape, ""})


@given(st.text(alphabet="\\XFSTRE.brpHN0A9zC&^", max_size=60))
def test_unescape_takes_anything(text: str):
    unescape(text)


NEARLY_HL7 = st.lists(
    st.sampled_from(
        [
            b"MSH|^~\\&|",
            b"MSH",
            b"\rMSH|",
            b"\r",
            b"\n",
            b"\r\n",
            b"PID|1||",
            b"\nOBX|2|",
            b"\x0b",
            b"\x1c",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"\x00",
            "张三".encode(),
            "张三".encode("gbk"),
            "张三".encode("utf-16-le"),
            b"GBK",
            b"ASCII",
            b"UNICODE UTF-16",
            b"|||||||||||||||",
            b"^",
            b"~",
            b"&",
            b"\\",
            b"\xff",
            b" ",
            b"ISO IR87",
            b"\x1b$B",
            b"\x84\x31\x95\x33",
        ]
    ),
    max_size=14,
).map(b"".join)


@given(
    st.one_of(st.binary(), NEARLY_HL7, NEARLY_HL7.map(lambda tail: b"MSH|^~\\&|" + tail)),
    st.sampled_from(["", "GBK", "UNICODE UTF-8", "UTF-16", "8859/1", "ISO IR87"]),
)
def test_any_bytes_parse_or_are_rejected_and_come_back_unchanged(raw: bytes, charset: str):
    try:
        message = parse(raw, charset=charset)
    except Rejected:
        return
    assert message.serialise() == raw
    if not all(re.fullmatch("[A-Z][A-Z0-9]{2}", segment.name) for segment in message.segments):
        return
    for path in list(message.unread()):
        assert message.get(path) is not None
    assert list(message.unread()) == []


@given(NEARLY_HL7, st.sampled_from(["", "GBK", "8859/1"]))
def test_a_changed_message_keeps_every_other_segment(tail: bytes, charset: str):
    raw = b"\r\nMSH|^~\\&|A\rPID|1\r" + tail
    try:
        message = parse(raw, charset=charset)
    except Rejected:
        return
    before = [s.text for s in message.segments]
    message.set("PID-5.1", "Zhang|San")
    written = message.serialise()
    assert written == raw.replace(b"PID|1\r", b"PID|1||||Zhang\\F\\San\r", 1)
    again = parse(written, charset=message.charset)
    assert [s.text for s in again.segments][2:] == before[2:]


def test_set_writes_leaves_and_adds_segments():
    message = parsed("MSH|^~\\&|A\r\nPID|1||X^^^H~Y\r\nZZZ|q")
    message.set("PID-3[2].4.2", "1.2.3")
    message.set("PID-8", "M")
    message.set("ZXX-2.1", "a^b")
    message.set("MSH-6", "Demo")
    assert message.get("PID-3[2].4.2") == "1.2.3"
    assert message.serialise().decode() == (
        "MSH|^~\\&|A|||Demo\r\nPID|1||X^^^H~Y^^^&1.2.3|||||M\r\nZZZ|q\r\nZXX||a\\S\\b\r\n"
    )


def test_set_refuses_what_it_cannot_write():
    message = parse(b"MSH|^~\\&|A|||||||||||||||GB2312\rPID|1||||" + "张三".encode("gb2312") + b"\r")
    with pytest.raises(Misconfigured):
        message.set("MSH-2", "x")
    with pytest.raises(Misconfigured):
        message.set("PID", "x")
    with pytest.raises(Rejected) as caught:
        message.set("PID-5", "𠮷")
    assert caught.value.code == "unencodable"
    message.set("PID-5", "李四")
    assert message.serialise().endswith("PID|1||||李四\r".encode("gb2312"))
