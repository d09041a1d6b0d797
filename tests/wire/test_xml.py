"""XML: what a hospital sends is read; what an attacker sends is refused, in bounded time and memory."""

from __future__ import annotations

import pytest

from gateway.errors import Rejected
from gateway.wire import xml

BOMB = b'<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (BOMB, "has-doctype"),
        (OUTSIDE, "has-doctype"),
        (b"<!-- a --><?b c?>\n <!DOCTYPE a><a/>", "has-doctype"),
        ("\ufeff\ufeff<!doctype a><a/>".encode(), "has-doctype"),
        (b'<!DOC\x01TYPE a [<!ENTITY x "y">]><a>&x;</a>', "has-doctype"),
        (b"<a><!DOCTYPE b></a>", "not-xml"),
        (b"<!--" * 100_000, "not-xml"),
        (b" " * 1_000_000 + b"<a", "not-xml"),
        (b"<a>&nobody;</a>", "not-xml"),
        (b"<a><b></a>", "not-xml"),
        (b"", "not-xml"),
        (b"MSH|^~\\&|", "not-xml"),
        (b"<a>" * 200 + b"</a>" * 200, "too-deep"),
        (b"<a>" * 3000 + b"</a>" * 3000, "too-deep"),
        (b"<a>" + b"<b/>" * 600_000 + b"</a>", "too-large"),
        (b"<a>" + b" " * 20_000_000 + b"</a>", "too-large"),
    ],
)
def test_what_is_dangerous_or_broken_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        xml.parse(raw)
    assert caught.value.code == code


@pytest.mark.parametrize("raw", [b"<a><![CDATA[<!DOCTYPE b>]]></a>", b"<!-- <!ENTITY b> --><a>c</a>"])
def test_a_text_that_names_a_document_type_has_none(raw: bytes) -> None:
    assert xml.parse(raw).root.tag == "a"


@pytest.mark.parametrize("declared", ["GBK", "UTF-8", "gb2312", "nonsense"])
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_the_declaration_is_not_believed_against_the_bytes(declared: str, charset: str) -> None:
    found = xml.parse(f'<?xml version="1.0" encoding="{declared}"?>\n<a><b>孟秋禾</b></a>'.encode(charset))
    assert found.get("b") == "孟秋禾"


def test_a_document_is_asked_by_xpath_and_knows_what_nobody_asked() -> None:
    found = xml.parse(b'<a xmlns="urn:hl7-org:v3" x="1"><b v="2">t<c>u</c></b><!-- no --><d w=""/></a>')
    assert found.get("hl7:b/@v") == "2"
    assert found.get("hl7:nobody") is None
    assert list(found.each("hl7:b")) == ["tu"]
    assert found.get("count(hl7:b)") == "1"
    assert list(found.unread()) == ["a/@x"]


def pieces(raw: bytes, size: int) -> list[bytes]:
    return [raw[at : at + size] for at in range(0, len(raw), size)] or [b""]


STREAMED = (
    b'<?xml version="1.0"?>\n<!-- <!DOCTYPE a> -->\n<L><!-- <!ENTITY b> --><R><n>1</n></R>'
    b"<R><n><![CDATA[<!DOCTYPE x>]]></n></R><count>2</count></L>"
)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_document_type_that_is_a_text_is_one_in_a_long_file_too(size: int) -> None:
    found = [one.findtext("n") for one in xml.records(pieces(STREAMED, size), ("L", "R"))]
    assert found == ["1", "<!DOCTYPE x>"]
    every = [one.tag for one in xml.records(pieces(STREAMED, size), (xml.ANY, xml.ANY))]
    assert every == ["R", "R", "count"]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"<!-- a --><?b c?>\n <!DOCTYPE a [<!ENTITY x 'y'>]><a><b/></a>", "has-doctype"),
        (b"\n<!doctype a><a><b/></a>", "has-doctype"),
        (b"<a><!DOCTYPE b><b/></a>", "not-xml"),
        (b"<!--" + b"x" * 70_000 + b"--><!DOCTYPE a><a/>", "not-xml"),
        (b"", "not-xml"),
        (b"MSH|^~\\&|", "not-xml"),
    ],
)
def test_a_long_file_with_a_document_type_is_refused_before_it_is_parsed(
    size: int, raw: bytes, code: str
) -> None:
    if size == 1 and len(raw) > 1000:
        size = 4096
    with pytest.raises(Rejected) as caught:
        list(xml.records(pieces(raw, size), ("a", "b")))
    assert caught.value.code == code
