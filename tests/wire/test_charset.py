"""Which charset the bytes are in, whatever the sender declares."""

from __future__ import annotations

import pytest

from gateway.errors import Misconfigured, Rejected
from gateway.wire.er7 import parse


def message(declared: str, application: str = "HIS", name: str = "张三") -> str:
    return f"MSH|^~\\&|{application}||||||ADT^A01|1|P|2.4||||||{declared}\rPID|1||||{name}\r"


@pytest.mark.parametrize(
    ("declared", "codec", "read_as"),
    [
        ("UNICODE UTF-8", "utf-8", "utf-8"),
        ("UNICODE", "utf-8", "utf-8"),
        ("utf-8", "utf-8", "utf-8"),
        ("GB 18030-2000", "gb18030", "gb18030"),
        ("GB18030", "gb18030", "gb18030"),
        ("GBK", "gbk", "gb18030"),
        ("GB2312", "gb2312", "gb18030"),
        ("UNICODE UTF-8~GBK", "utf-8", "utf-8"),
        ("BIG-5", "big5", "big5"),
    ],
)
def test_declared_charsets(declared: str, codec: str, read_as: str):
    raw = message(declared, name="張三" if codec == "big5" else "张三").encode(codec)
    parsed = parse(raw)
    assert parsed.get("PID-5") in ("张三", "張三")
    assert (parsed.charset, parsed.charset_repaired, parsed.declared_charset) == (read_as, False, declared)
    assert parsed.serialise() == raw


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("ASCII", "utf-8"),
        ("ASCII", "gbk"),
        ("UNICODE UTF-8", "gb18030"),
        ("GBK", "utf-16-le"),
        ("UNICODE UTF-16", "utf-8"),
        ("KLINGON", "gbk"),
    ],
)
def test_a_wrong_declaration_is_repaired_and_said(declared: str, codec: str):
    parsed = parse(message(declared, name="诊断意见张三").encode(codec))
    assert parsed.get("PID-5") == "诊断意见张三"
    assert parsed.charset_repaired is (codec != "utf-16-le")


def test_nothing_declared_is_detected():
    for codec in ("utf-8", "gbk", "gb18030"):
        parsed = parse(message("", name="欧阳娜娜").encode(codec))
        assert (parsed.get("PID-5"), parsed.charset_repaired) == ("欧阳娜娜", False)
    assert parse(message("").replace("张三", "Zhang").encode()).charset == "ascii"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("blank", ["", "\r\n"])
def test_utf16_with_and_without_mark(codec: str, mark: str, blank: str):
    text = mark + message("UNICODE UTF-16", name="东方") if mark else blank + message("", name="东方")
    raw = text.encode(codec)
    parsed = parse(raw)
    assert (parsed.get("PID-5"), parsed.charset) == ("东方", codec)
    parsed.set("PID-8", "M")
    assert parsed.serialise() == text.replace("东方", "东方|||M").encode(codec)


def test_a_mark_outweighs_msh_18():
    assert parse(b"\xef\xbb\xbf" + message("GBK").encode()).get("PID-5") == "张三"


def test_the_senders_profile_outweighs_everything():
    raw = message("8859/1").encode("gbk")
    assert parse(raw).get("PID-5") == "ÕÅÈý"
    assert parse(raw, charset="GBK").get("PID-5") == "张三"
    with pytest.raises(Misconfigured):
        parse(raw, charset="klingon")


def test_a_profile_that_says_utf16_cannot_turn_bytes_into_hanzi():
    parsed = parse(message("GBK").encode("gbk") + b"\r", charset="UTF-16")
    assert (parsed.get("PID-5"), parsed.charset_repaired) == ("张三", True)
    assert parse(message("").encode("utf-16"), charset="GBK").get("PID-5") == "张三"


def test_trail_bytes_that_look_like_separators():
    # 亅 81 7C, 乗 81 5C, 乛 81 5E, 亊 81 7E: the second byte is | \ ^ ~ in ASCII.
    name = b"\x81\x7c\x81\x5c\x81\x5e\x81\x7e".decode("gbk")
    for declared in ("GBK", ""):
        parsed = parse(message(declared, application=name, name=name).encode("gbk"))
        assert (parsed.get("PID-5"), parsed.get("MSH-3"), parsed.type) == (name, name, "ADT^A01")


def test_four_byte_characters():
    assert parse(message("GB18030", name="𠮷野").encode("gb18030")).get("PID-5") == "𠮷野"


def test_damaged_utf8_is_refused_rather_than_garbled():
    raw = message("UNICODE UTF-8", name="诊断意见张三").encode().replace("三".encode(), "三".encode()[:2])
    with pytest.raises(Rejected) as caught:
        parse(raw)
    assert caught.value.code == "undecodable"
