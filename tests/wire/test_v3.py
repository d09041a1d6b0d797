"""The clinical document that a message carries is found however it is written, and nothing else is."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway import registry
from gateway.wire.xml.v3 import V3, carried, complete

LAYOUT = registry.one_root() / "mappings/xml/RCMR_IN000002UV02.yaml"
LEFT_OUT = re.findall(r"contains\(translate\(@value, ' ', ''\), '(\w+)'\)", LAYOUT.read_text("utf-8"))
CDA = f'<?xml version="1.0"?>\n<ClinicalDocument xmlns="{V3}"><title>出院</title></ClinicalDocument>'


def message(content: str, space: str = f' xmlns="{V3}"') -> etree._Element:
    storage = f"<clinicalDocument><storageCode>{content}</storageCode></clinicalDocument>"
    return etree.fromstring(f"<RCMR_IN000002UV02{space}><subject>{storage}</subject></RCMR_IN000002UV02>")


def in_attribute(text: str) -> etree._Element:
    made = message("<originalText/>")
    next(made.iter(f"{{{V3}}}originalText")).set("value", text)
    return made


@given(st.binary(max_size=40), st.booleans())
def test_a_document_in_base64_comes_out_and_the_layout_leaves_out_the_same(
    before: bytes, filled: bool
) -> None:
    raw = before.replace(b"\0", b"") + CDA.encode()
    coded = base64.b64encode(raw).decode()
    assert carried(in_attribute(coded if filled else coded.rstrip("="))) == raw
    assert any(one in coded for one in LEFT_OUT)


def test_a_document_in_another_charset_and_in_lines_comes_out() -> None:
    raw = CDA.encode("utf-16")
    assert carried(in_attribute(base64.encodebytes(raw).decode())) == raw


@pytest.mark.parametrize("place", ["attribute", "text", "inline"])
def test_a_document_that_is_not_coded_comes_out(place: str) -> None:
    bare = CDA.partition("\n")[2]
    if place == "attribute":
        made = in_attribute(bare)
    else:
        made = message(bare if place == "inline" else f"<originalText><![CDATA[{bare}]]></originalText>")
    found = carried(made)
    assert found is not None
    assert etree.canonicalize(found.decode()) == etree.canonicalize(bare)


@pytest.mark.parametrize("raw", [b"%PDF-1.4", b'<?xml version="1.0"?><Note/>', b""])
def test_what_is_no_document_stays(raw: bytes) -> None:
    coded = base64.b64encode(raw).decode()
    assert carried(in_attribute(coded)) is None
    assert not any(one in coded for one in LEFT_OUT)


def test_only_a_message_that_registers_carries() -> None:
    made = in_attribute(base64.b64encode(CDA.encode()).decode())
    made.tag = f"{{{V3}}}PRPA_IN201311UV02"
    assert carried(made) is None


def test_a_forgotten_namespace_is_put_in() -> None:
    made = message(f'<originalText value="{base64.b64encode(CDA.encode()).decode()}"/>', space="")
    assert carried(made) is None
    complete(made)
    assert carried(made) == CDA.encode()
    other = etree.fromstring("<Request><ClinicalDocument/></Request>")
    complete(other)
    assert other.tag == "Request"
