"""Records: what an analyser wrote can be read by the standard's numbers, and comes back byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical import Record as Canonical
from gateway.errors import Misconfigured, Rejected
from gateway.wire.astm.records import DEFAULT, Delimiters, escape, parse, samples, unescape, write

TEXT = (
    "H|\\^&|||XN-1000^00-22^12345|||||LIS||P|LIS2-A2|20260101120000\r"
    "P|1|A1\\A2|990101||王^小明||19800101|M\r"
    "C|1|I|about the patient\r"
    "O|1|B1^01^05||^^^WBC\\^^^RBC|R||20260101\r"
    "C|1|L|about &F& the &E& order^free\r"
    "R|1|^^^WBC^1|5.60|10*9/L|4.00 to 10.00|N||F||tech||20260101115900|XN\r"
    "C|1|I|first\r"
    "C|2|I|second\r"
    "M|1|IMG|&X41&&X42&\r"
    "R|2|^^^RBC^1|4.51|10*12/L||A~H\r"
    "O|2|B2||^^^GLU\r"
    "R|1|^^^GLU|---\r"
    "Z|what|nobody|knows\r"
    "L|1|N\r"
)
RAW = TEXT.encode()


def test_paths_are_the_numbers_of_the_standard():
    message: Canonical = parse(RAW)
    for path, value in {
        "H.1": "H", "H.2": "\\^&", "H.5": "XN-1000^00-22^12345", "H.5.1": "XN-1000", "H.12": "P",
        "H.14": "20260101120000", "P.3": "A1", "P.3[2]": "A2", "P.6.1": "王", "O.3.2": "01", "O.5.4": "WBC",
        "O[1].5[2].4": "RBC", "O[2].5.4": "GLU", "R.4": "5.60", "R[2].4": "4.51", "R[3].4": "---",
        "R[*].3.4": "WBC", "R[1].3.5": "1", "C[2].4": "about | the & order^free",
        "C[2].4.1": "about | the & order",
        "M.4": "AB", "L.3": "N", "r[2].3.4": "RBC", "Z": "Z|what|nobody|knows",
    }.items():  # fmt: skip
        assert message.get(path) == value, path
    assert list(message.each("R.4")) == ["5.60", "4.51", "---"]
    assert list(message.each("O.5.4")) == ["WBC", "RBC", "GLU"]
    assert list(message.each("P.3")) == ["A1", "A2"]
    for path in ("R[9].4", "R.99", "R.4.2", "Q.3", "P.3[3]"):
        assert message.get(path) is None, path


@pytest.mark.parametrize("path", ["", "R.", "R.0", "R[0].4", "RR.4", "R-4", "R.4.1.1", "R[x].4", "4.1"])
def test_what_is_no_path(path: str):
    with pytest.raises(Misconfigured, match="not a path"):
        parse(RAW).get(path)


def test_which_record_belongs_to_which():
    message = parse(RAW)
    assert [(one.type, one.parent.type if one.parent else "") for one in message.records] == [
        ("H", ""), ("P", "H"), ("C", "P"), ("O", "P"), ("C", "O"), ("R", "O"), ("C", "R"), ("C", "R"),
        ("M", "R"), ("R", "O"), ("O", "P"), ("R", "O"), ("Z", "R"), ("L", "H"),
    ]  # fmt: skip
    first, second = message.of("O")
    assert [one.get("3.4") for one in message.under(first, "R")] == ["WBC", "RBC"]
    assert [one.get("3.4") for one in message.under(second, "R")] == ["GLU"]
    assert [one.get("4") for one in message.under(message.of("R")[0], "C")] == ["first", "second"]
    bare = parse(b"H|\\^&\rR|1|^^^GLU|5\rM|1\rC|1|of M\rM|2\rO|1\rL|1\r")
    assert [one.parent.type if one.parent else "" for one in bare.records] == [
        "", "H", "R", "M", "R", "H", "H",
    ]  # fmt: skip


def test_what_nobody_read_is_told():
    message = parse(b"H|\\^&|||A^B\rR|1|^^^GLU|5.60|x\\y\rR|2|^^^K\rL|1|N\r")
    assert list(message.unread()) == [
        "H.5.1", "H.5.2", "R[1].2", "R[1].3.4", "R[1].4", "R[1].5[1]", "R[1].5[2]", "R[2].2", "R[2].3.4",
        "L.2", "L.3",
    ]  # fmt: skip
    for path in ("H.5", "R.3.4", "R.4", "R.5[1]", "L"):
        assert list(message.each(path))
    assert list(message.unread()) == ["R[1].2", "R[1].5[2]", "R[2].2"]
    assert message.of("R")[1].get("3.4") == "K"


@pytest.mark.parametrize(
    ("header", "delimiters"),
    [
        ("H|\\^&|", Delimiters("|", "\\", "^", "&")),
        ("H|@^\\|", Delimiters("|", "@", "^", "\\")),
        ("H|~^\\&|", Delimiters("|", "~", "^", "\\")),
        ("H!*$%!", Delimiters("!", "*", "$", "%")),
        ("H||", DEFAULT),
        ("H|", DEFAULT),
        ("H|\\|", DEFAULT),
        ("H|^\\|", Delimiters("|", "^", "\\", "&")),
        ("H|\\\\^&|", DEFAULT),  # printed in a manual, with the backslash of a programming language
        ("H|\\^\\|", DEFAULT),
        ("H|^|", Delimiters("|", "^", "\\", "&")),
        ("h|\\^&|", DEFAULT),
    ],
)
def test_delimiters_of_any_kind(header: str, delimiters: Delimiters):
    message = parse(f"{header}\rL|1\r".encode())
    assert message.delimiters == delimiters
    assert message.header(1).upper() == "H"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"\r\n \x00", "empty"),
        (b"P|1\rL|1\r", "not-astm"),
        (b"MSH|^~\\&|A\r", "not-astm"),
        (b"H", "not-astm"),
        (b"HELLO\r", "not-astm"),
        (b"H \\^&\r", "not-astm"),
        (b"H|a^&|\r", "bad-separators"),
        (b"H|\x01^&|\r", "bad-separators"),
        (b"H|\\^&|" + b"\xff\xff\xff" * 9 + b"\r", "undecodable"),
        (b"H|\\^&\r" + b"C\r" * 100_001, "too-many-records"),
    ],
)
def test_what_is_no_message(raw: bytes, code: str):
    with pytest.raises(Rejected) as found:
        parse(raw)
    assert found.value.code == code


@pytest.mark.parametrize("ends", ["\r", "\n", "\r\n", "\r\r\n"])
def test_line_ends(ends: str):
    raw = RAW.replace(b"\r", ends.encode())
    message = parse(b"\xef\xbb\xbf\r\n " + raw + b"\x00")
    assert [one.type for one in message.records][:14] == [one.type for one in parse(RAW).records]
    assert message.get("L.3") == "N"


def test_a_line_break_that_somebody_typed_stays_in_the_text():
    message = parse(b"H|\\^&\rC|1|I|one\ntwo\n\nR is\rR|1|^^^GLU|5\nL|1|N\r")
    assert message.get("C.4") == "one\ntwo\n\nR is"
    assert [one.type for one in message.records] == ["H", "C", "R", "L"]


@pytest.mark.parametrize(
    ("codec", "told"), [("utf-8", ""), ("gb18030", ""), ("gbk", "GBK"), ("gb18030", "GB 18030-2000")]
)
def test_charsets(codec: str, told: str):
    message = parse(TEXT.encode(codec), charset=told)
    assert message.get("P.6") == "王^小明"
    assert message.get("P.6.2") == "小明"


def test_a_trail_byte_that_looks_like_a_delimiter():
    for sign in "丅乗亅丂乗":  # GBK trail bytes of the range of ^ \ |
        raw = f"H|\\^&\rC|1|I|{sign}{sign}^x\rL|1\r".encode("gbk")
        assert parse(raw, charset="GBK").get("C.4.1") == sign * 2


def test_two_charsets_in_one_message():
    raw = b"H|\\^&|||" + "生化仪".encode() + b"\rC|1|I|" + "溶血标本".encode("gbk") + b"\rL|1\r"
    message = parse(raw)
    assert message.charset_repaired
    assert (message.get("H.5"), message.get("C.4")) == ("生化仪", "溶血标本")
    message.set("L.3", "N")
    assert message.serialise() == raw.replace(b"L|1\r", b"L|1|N\r")


def test_an_unknown_charset():
    with pytest.raises(Misconfigured, match="unknown charset"):
        parse(RAW, charset="latin-klingon")


def test_changes_leave_everything_else_as_it_was():
    raw = b"\r\nH|\\^&|||A\r\nP|1||\xcd\xf5\r\n\rR|1|^^^GLU|5.60|x\\y||\r\nL|1|N\n\x00"
    message = parse(raw)
    assert message.serialise() == raw
    message.set("R.4", "a|b^c")
    message.set("R.5[2].3", "z")
    message.set("L[1].5", "王")
    assert message.serialise() == raw.replace(b"5.60|x\\y", b"a&F&b&S&c|x\\y^^z").replace(
        b"|N\n", "|N||王\n".encode("gb18030")
    )
    for path in ("H.2", "H.1", "R[2].4", "Q.3", "R"):
        with pytest.raises(Misconfigured):
            message.set(path, "x")
    with pytest.raises(Rejected, match="charset"):
        parse(b"H|\\^&\rL|1\r").set("L.3", "王")


def test_escapes():
    assert unescape("a&F&b&S&c&R&d&E&e") == "a|b^c\\d&e"
    assert unescape("&XE5&&XBC&&XA0&") == "张" == unescape("&XD5C5&", charset="gb18030")
    assert unescape("one&.br&two") == "one\ntwo"
    for kept in ("a & b", "&Q&", "R&D", "&XZZ&", "&X1&", "&&", "&"):
        assert unescape(kept) == kept
    assert escape("a|b^c\\d&e\r\n") == "a&F&b&S&c&R&d&E&e&X0D&&X0A&"


LEAF = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)


@given(LEAF, st.sampled_from([DEFAULT, Delimiters("!", "*", "$", "%")]))
def test_what_is_escaped_is_read_again(text: str, delimiters: Delimiters):
    assert unescape(escape(text, delimiters), delimiters) == text


@given(
    st.lists(
        st.lists(st.lists(LEAF, min_size=1, max_size=3), min_size=1, max_size=3), min_size=1, max_size=6
    ),
    st.sampled_from(["UTF-8", "GB 18030-2000"]),
    st.sampled_from([DEFAULT, Delimiters("!", "*", "$", "%")]),
)
def test_what_is_written_is_read(records: list[list[list[str]]], charset: str, delimiters: Delimiters):
    rows = [
        ("R", {2: str(n), 4: [dict(enumerate(repeat, 1)) for repeat in field]})
        for n, field in enumerate(records, 1)
    ]
    raw = write([("H", {5: "x"}), *rows, ("L", {2: "1", 3: "N"})], charset, delimiters)
    message = parse(raw, charset=charset)
    assert message.delimiters == delimiters
    assert (message.header(5), message.get("L.3")) == ("x", "N")
    for n, field in enumerate(records, 1):
        for r, repeat in enumerate(field, 1):
            for c, leaf in enumerate(repeat, 1):
                assert message.get(f"R[{n}].4[{r}].{c}") == (leaf or None)
    assert message.serialise() == raw


@given(st.binary(max_size=200))
def test_anything_is_a_message_or_is_rejected(data: bytes):
    for raw in (data, b"H|\\^&|" + data):
        try:
            message = parse(raw)
        except Rejected:
            continue
        assert message.serialise() == raw
        list(message.unread())
        list(message.each("R.4"))


def test_the_writer_says_what_it_cannot_say():
    with pytest.raises(Misconfigured):
        write([("H", {})], "klingon")
    with pytest.raises(Rejected):
        write([("H", {5: "王"})], "ASCII")
    assert (
        write([("H", {5: "LIS"}), ("P", {2: "1"}), ("L", {2: "1", 3: "N"})]) == b"H|\\^&|||LIS\rP|1\rL|1|N\r"
    )


@pytest.mark.parametrize("around", [" {}|", "\t{}|", "{} |", "\x00{}|", "\ufeff{}|", "\xa0{}|", '"{}|'])
@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n"])
def test_what_stands_around_the_letter_of_a_record_is_no_part_of_it(around: str, ends: str):
    order, result = around.format("o") + "2|B2", around.format("R") + "1|^^^GLU|7"
    lines = ("H|\\^&", "P|1", "O|1|B1", "R|1|^^^GLU|5", order, result, "L|1", "")
    message = parse(ends.join(lines).encode())
    first, second = message.of("O")
    assert [one.get("4") for one in message.under(second, "R")] == ["7"]
    assert [one.get("4") for one in message.under(first, "R")] == ["5"]
    assert len(samples(message)) == 2


def test_an_indented_record_behind_a_line_feed_is_one_all_the_same():
    message = parse(b"H|\\^&\rO|1|B1\rR|1|^^^GLU|5\n O|2|B2\n R|1|^^^GLU|7\rL|1\r")
    assert [one.type for one in message.records] == ["H", "O", "R", "O", "R", "L"]


@pytest.mark.parametrize("line", ["2O|2|B2", "O;2;B2;;", "**P|2||77", '"2R|1|^^^GLU|7', "[H|\\^&"])
def test_a_damaged_record_costs_the_message_not_the_patient(line: str):
    raw = f"H|\\^&\rO|1|B1\rR|1|^^^GLU|5\r{line}\rR|1|^^^GLU|7\rL|1\r".encode()
    with pytest.raises(Rejected) as found:
        parse(raw)
    assert found.value.code == "damaged-record"


@pytest.mark.parametrize("line", ["a line | with | bars", "12:30 seen by R. Li", "O.K., see p. 2", "Q: x: y"])
def test_lines_of_a_remark_are_no_damaged_records(line: str):
    message = parse(f"H|\\^&\nC|1|I|one\n{line}\nL|1\n".encode())
    assert [one.type for one in message.records] == ["H", "C", "", "L"]
