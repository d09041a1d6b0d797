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
