"""Owns how a report says where and until when a text holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from conformance.catalogue.model import EVERYWHERE, Catalogue, Citation, Requirement
from conformance.harness.words import Words, same

_NAMES = {
    "cn": Words("全国", "nationwide"),
    "cn-chongqing": Words("重庆", "Chongqing"),
    "cn-sichuan": Words("四川", "Sichuan"),
    "cn-yunnan": Words("云南", "Yunnan"),
    EVERYWHERE: Words("不限", "everywhere"),
}


def named(jurisdiction: str) -> Words:
    """Return the name of a jurisdiction; one that is not known is its own name."""
    return _NAMES.get(jurisdiction, same(jurisdiction))


def why_not(catalogue: Catalogue, row: Requirement, stack: Collection[str], day: date) -> Words:
    """Return why a row does not apply: where and when its texts hold, and where and when this run is."""
    texts = {one.document: one for one in reversed(row.citations) if one.binding}
    held = joined((_held(catalogue, one) for one in reversed(texts.values())), "、", ", ")
    here = joined((named(one) for one in sorted(stack)), "、", ", ")
    return Words(
        f"不适用：{held.zh}；本次检测适用地区为{here.zh}，日期 {day}",
        f"not applicable: {held.en}; this run is for {here.en} on {day}",
    )


def joined(parts: Iterable[Words], zh: str = "；", en: str = "; ") -> Words:
    """Return texts in a row."""
    found = list(parts)
    return Words(zh.join(one.zh for one in found), en.join(one.en for one in found))


def _held(catalogue: Catalogue, citation: Citation) -> Words:
    document = catalogue.documents.get(citation.document)
    number = document.number if document else citation.document
    where, validity = named(citation.jurisdiction), _validity(citation.since, citation.until)
    return Words(f"{number}（{where.zh}，{validity.zh}）", f"{number} ({where.en}, {validity.en})")


def _validity(since: date | None, until: date | None) -> Words:
    if until is None:
        return (
            Words(f"{since} 起施行", f"in force since {since}")
            if since
            else Words("有效期未载明", "period not stated")
        )
    begin = since or "…"
    return Words(f"有效期 {begin} 至 {until}", f"in force {begin} to {until}")
