"""Narrative: the XHTML of ``text.div`` (R4 §2.27: txt-1, txt-2).

Parsed with lxml, entities and network off; named HTML entities such as ``&nbsp;`` are allowed, as the
specification says, and replaced before.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html.entities import name2codepoint

from lxml import etree

from gateway.validation.faults import Rule

BRIEF = 4096
"""Characters of a narrative worth remembering."""

XHTML = "{http://www.w3.org/1999/xhtml}"

NOT_XHTML = Rule(
    "xhtml",
    "error",
    "structure",
    "write one well-formed <div> in the XHTML namespace",
    "应为一个格式良好、属于 XHTML 命名空间的 <div>",
)
UNSAFE = Rule(
    "txt-1",
    "error",
    "invariant",
    "keep to basic formatting, lists, tables, images and links: no script, form, frame or event",
    "只允许基本格式、列表、表格、图片和链接：不得有脚本、表单、框架或事件",
)
SPACE = Rule(
    "txt-2",
    "warning",
    "invariant",
    "put some text or an image into the narrative: it is white space only",
    "叙述中应有文字或图片，此处只有空白",
)
"""A warning, as R4's own examples write it."""
BLANK = Rule(
    "txt-2", "error", "invariant", "put some text or an image into the narrative", "叙述中应有文字或图片"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS = _words(
    "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 "
    "h5 h6 hr i img li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul "
    "var address bdo kbd map area"
)
ATTRIBUTES = _words(
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char "
    "charoff charset cite class colspan compact coords dir frame headers height href hreflang hspace id "
    "lang longdesc name nowrap rel rev rowspan rules scope shape span src start style summary tabindex "
    "title type valign value vspace width usemap {http://www.w3.org/XML/1998/namespace}lang "
    "{http://www.w3.org/XML/1998/namespace}space"
)
PICTURES = frozenset((XHTML + "img",))

_entity = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_script = re.compile(r"\s*(javascript|vbscript|data:text/html)", re.IGNORECASE).match


def _character(match: re.Match[str]) -> str:
    name = match.group(1)
    known = name2codepoint.get(name)
    return match.group(0) if known is None or name in ("lt", "gt", "amp", "quot") else f"&#{known};"


def numbered(div: str) -> str:
    """Return a narrative with HTML's named entities as numbers: XML itself knows but five names."""
    return _entity.sub(_character, div)


def narrative(div: str) -> Rule | None:
    """Return the rule that the XHTML of a narrative breaks, or None where it is well."""
    return _remembered(div) if len(div) <= BRIEF else _checked(div)


def _checked(div: str) -> Rule | None:
    text = numbered(div) if "&" in div else div
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return NOT_XHTML
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return NOT_XHTML
    if root.tag != XHTML + "div":
        return NOT_XHTML
    if not all(_safe(one) for one in root.iter()):
        return UNSAFE
    texts = [part for part in root.itertext() if isinstance(part, str)]
    if any(part.strip() for part in texts) or any(one.tag in PICTURES for one in root.iter()):
        return None
    return SPACE if any(texts) else BLANK


_remembered = lru_cache(512)(_checked)


def _safe(element: etree._Element) -> bool:
    if not isinstance(element.tag, str):
        return True  # a comment
    name = element.tag
    if not name.startswith(XHTML) or name[len(XHTML) :] not in ELEMENTS:
        return False
    return all(
        attribute in ATTRIBUTES and not (attribute in ("href", "src") and _script(value))
        for attribute, value in element.attrib.items()
    )
