"""Gather: data elements that are parts of one statement (``diagnosis.code``) → that statement."""

from __future__ import annotations

import re
from typing import Final

from gateway.mapping.layout.cda.parts import Said
from gateway.mapping.layout.cda.statement import Section, Statement
from gateway.mapping.layout.cda.values import NOTHING

WIDE: Final = frozenset({"result"})
"""Kinds whose parts may stand in neighbouring entries of a section; those of others stand in one entry."""

_TAKEN: Final = (
    *("time", "start", "end", "label", "people", "note", "negated"),
    *("range_low", "range_high", "range_unit", "range_text"),
)
"""Columns of a part that the whole takes over, from the first part that has them."""

_NOTHING_SAID: Final = (*NOTHING, [])

_AMOUNT: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([^\d\s.*/×xX]{1,12})")
"""``60片``: the schemas have no unit but 天 for the amount of a drug, so it is written as a text."""

_SIGNS: Final = NOTHING - {"", "NULL", "null"}
_SHOWN: Final = frozenset({"value", "result"})
"""Columns of a result in which a sign is its value: ``-`` is negative."""

_CODES: Final = frozenset({"code", "item"})
_CODE: Final = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9.+*/_-]{0,31}")
"""A text that is a code where a code is expected: a word of letters alone (``CT``) may be a name."""

Scope = dict[str, Statement]
"""Kind → the statement that is being put together."""


def gathered(
    kind: str, column: str, said: Said, section: Section, parent: Statement | None, scope: Scope
) -> Statement:
    """Return the statement that a part belongs to; the same column again begins the next one."""
    found = scope.get(kind)
    if found is None or column in found.said:
        found = scope[kind] = Statement(kind, {"section": section.title or section.name}, parent)
        found.of = (str(said.get("code", "")), str(said.get("label", "")))
        section.statements.append(found)
    join(found, column, said)
    return found


def join(statement: Statement, column: str, said: Said) -> None:
    """Write what a part says into its column of a statement."""
    into = statement.said
    if (amount := _AMOUNT.fullmatch(str(said.get("string", "")))) and column == "total":
        said = {**said, "quantity": amount[1], "unit": amount[2]}
    number = said.get("quantity") or said.get("integer")
    into[column] = said.get("value_code") or number or said.get("string") or said.get("moment") or ""
    if not into[column] and statement.kind == "result" and column in _SHOWN and said.get("absent") in _SIGNS:
        into[column] = said["absent"]
    named = said.get("value_name") or said.get("value_text")
    for suffix, text in (
        ("name", named),
        ("system", said.get("value_system")),
        ("unit", said.get("unit")),
        ("type", "number" if number else "text"),
    ):
        if text:
            into[f"{column}_{suffix}"] = text
    if column in _CODES and not said.get("value_code"):
        _named(into, column)
    elif not into[column] and named:
        into[column] = named
        into.pop(f"{column}_name", None)
    for key in _TAKEN:
        if key in said and said[key] not in _NOTHING_SAID:
            into.setdefault(key, said[key])


def _named(into: Said, column: str) -> None:
    """Let what stands for a code be its name where it is none: ``脂蛋白(a)``, ``CT``; ``C34.9`` is one."""
    text, named = str(into[column]), str(into.get(f"{column}_name", ""))
    if named or not _CODE.fullmatch(text):
        into[column] = ""
        into[f"{column}_name"] = named or text


def show(said: Said) -> None:
    """Say of a result what OBX-2, OBX-5, OBX-7 and OBX-8 are: a value goes before the code that judges it."""
    if said.get("value"):
        said["form"] = "NM" if said.get("value_type") == "number" else "ST"
        said["shown"] = said["value"]
        if said.get("value_unit"):
            said.setdefault("unit", said["value_unit"])  # a PQ has its own; DE04.30.016.00 goes before it
        said |= {f"judged{key[6:]}": text for key, text in list(said.items()) if key.startswith("result")}
    elif said.get("result"):
        said["form"] = "CWE" if said.get("result_system") or said.get("result_name") else "ST"
        said |= {f"shown{key[6:]}": text for key, text in list(said.items()) if key.startswith("result")}
    low, high = said.get("range_low"), said.get("range_high")
    if low or high:
        said["range"] = f"{low}-{high}" if low and high else f">={low}" if low else f"<={high}"
    elif said.get("range_text"):
        said["range"] = said["range_text"]
