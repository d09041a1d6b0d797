"""Narrative of a section → xhtml: every word is kept, nothing runs, R4's rules for a div hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.mapping.layout.cda.narrative import narrative, said

HL7 = "{urn:hl7-org:v3}"
ALLOWED = {
    "div", "p", "span", "ul", "ol", "li", "b", "i", "a", "br", "sub", "sup", "table", "caption", "thead",
    "tbody",
    "tfoot", "tr", "th", "td", "colgroup", "col", "pre", "strong", "em", "h1", "h2", "h3", "h4", "h5", "h6",
}  # fmt: skip
NAMES = (
    "paragraph", "content", "list", "item", "caption", "linkHtml", "table", "tbody", "tr", "td", "th", "br",
    "sub",
    "script", "iframe", "footnote", "renderMultiMedia", "其他",
)  # fmt: skip
texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)


def trees() -> st.SearchStrategy[etree._Element]:
    def built(name: str, text: str, tail: str, inside: list[etree._Element]) -> etree._Element:
        made = etree.Element(HL7 + name, onclick="alert(1)", href="javascript:alert(1)", colspan="2")
        made.text, made.tail = text, tail
        made.extend(inside)
        return made

    leaf = st.builds(built, st.sampled_from(NAMES), texts, texts, st.just([]))
    return st.recursive(
        leaf,
        lambda inner: st.builds(built, st.sampled_from(NAMES), texts, texts, st.lists(inner, max_size=3)),
        max_leaves=8,
    )


@given(texts, st.lists(trees(), max_size=3))
def test_every_word_is_kept_and_nothing_runs(text: str, inside: list[etree._Element]) -> None:
    element = etree.Element(f"{HL7}text")
    element.text = text
    element.extend(inside)
    div = narrative(element)
    words = "".join("".join(element.itertext()).split())
    if not words:
        assert div == ""
        return
    made = etree.fromstring(div)
    assert "".join("".join(made.itertext()).split()) == words
    for one in made.iter():
        assert etree.QName(one).localname in ALLOWED
        assert not {name for name in one.attrib if name.startswith("on") or "script" in one.get(name, "")}


def test_tables_and_lists_stay_tables_and_lists() -> None:
    element = etree.fromstring(
        '<text xmlns="urn:hl7-org:v3">一<list listType="ordered"><item>甲</item></list><table><tbody>'
        '<tr><td colspan="2">乙</td></tr></tbody></table><linkHtml href="https://example.org/a">丙</linkHtml></text>'
    )
    assert narrative(element) == (
        '<div xmlns="http://www.w3.org/1999/xhtml">一<ol><li>甲</li></ol><table><tbody><tr><td colspan="2">'
        '乙</td></tr></tbody></table><a href="https://example.org/a">丙</a></div>'
    )


def test_lines_become_paragraphs() -> None:
    assert said(["a<b", "c"]) == '<div xmlns="http://www.w3.org/1999/xhtml"><p>a&lt;b</p><p>c</p></div>'
    assert said([]) == ""
