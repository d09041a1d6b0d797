"""Narrative: ``section/text`` (CDA R2 §4.3.5) → ``div`` of a Narrative (R4 §2.4.0.1), safe and complete.

No word is lost and nothing runs: elements that XHTML has too keep their name, others become those that look
the same; attributes are kept where they are in the short list below, links where they name a web address.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from lxml import etree

from gateway.mapping.layout.cda.nodes import name_of, words

XHTML = "http://www.w3.org/1999/xhtml"

_SAME: Final = (
    *(
        "br",
        "sub",
        "sup",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "colgroup",
        "col",
        "p",
        "div",
    ),
    *("span", "b", "i", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "strong", "em"),
)
_NAMES: Final = {
    **{name: name for name in _SAME},
    "paragraph": "p",
    "list": "ul",
    "item": "li",
    "caption": "b",
    "linkHtml": "a",
}
_KEPT: Final = ("colspan", "rowspan", "align", "valign", "scope")
_ID: Final = re.compile(r"[A-Za-z][\w.:-]{0,63}", re.ASCII)
_VOID: Final = frozenset({"br", "col"})
_ROWS: Final = frozenset({"table", "thead", "tbody", "tfoot", "tr", "colgroup", "ul", "ol"})
"""Elements in which text of their own is not allowed: it is put before them or into a cell."""
_SAFE: Final = ("https://", "http://", "#")


def narrative(text: etree._Element) -> str:
    """Return the div, ``""`` where the text says nothing.

    Args:
        text: ``section/text``.
    """
    if not words(text):
        return ""
    return f'<div xmlns="{XHTML}">{_inside(text, "div")}</div>'


def said(lines: list[str]) -> str:
    """Return a div with a paragraph for each line, ``""`` for none."""
    if not lines:
        return ""
    return f'<div xmlns="{XHTML}">{"".join(f"<p>{escape(one, quote=False)}</p>" for one in lines)}</div>'


def _inside(element: etree._Element, name: str) -> str:
    parts = [_text(element.text, name)]
    for one in element:
        if isinstance(one.tag, str):
            parts.append(_element(one, name))
        parts.append(_text(one.tail, name))
    return "".join(parts)


def _text(text: str | None, inside: str) -> str:
    if not text:
        return ""
    if inside not in _ROWS:
        return escape(text, quote=False)
    if not text.strip():
        return ""
    plain = escape(text, quote=False)
    if inside in ("ul", "ol"):
        return f"<li>{plain}</li>"
    return f"<td>{plain}</td>" if inside == "tr" else f"<tr><td>{plain}</td></tr>"


def _element(element: etree._Element, around: str) -> str:
    tag = name_of(element)
    name = _NAMES.get(tag, "span")
    if tag == "list" and element.get("listType") == "ordered":
        name = "ol"
    if tag == "caption" and around == "table":
        name = "caption"
    attributes = _attributes(element) if element.keys() else ""
    if name == "a":
        link = (element.get("href") or "").strip()
        if link.lower().startswith(_SAFE):
            attributes = f' href="{escape(link)}"'
        else:
            name = "span"
    if name in _VOID:
        return f"<{name}{attributes}/>{_inside(element, around) if len(element) or element.text else ''}"
    inner = _inside(element, name)
    made = f"<{name}{attributes}>{inner}</{name}>"
    return _in_place(made, name, around)


def _attributes(element: etree._Element) -> str:
    kept = "".join(f' {key}="{escape(value)}"' for key in _KEPT if (value := element.get(key)) is not None)
    own = (element.get("ID") or "").strip()
    return f' id="{escape(own)}"{kept}' if _ID.fullmatch(own) else kept


def _in_place(made: str, name: str, around: str) -> str:
    """Return an element where its surroundings allow it: a caption of a list is one more item of it."""
    if around in ("ul", "ol") and name != "li":
        return f"<li>{made}</li>"
    if around == "tr" and name not in ("td", "th"):
        return f"<td>{made}</td>"
    return made
