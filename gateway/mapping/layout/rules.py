"""Rules of columns: what a layout says of the values of a column, beside its type.

``as_it_stands``: ``-``, ``/`` and ``无`` are values there (a result), not nothing. ``among`` with ``of``: the
words, in any case, that tell which register the number in another column is of. ``by``: what the column says
where it is empty, by the form of another column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.errors import Misconfigured, Rejected
from gateway.mapping.marked import Json
from gateway.wire.rows import Row

EMPTY: Final = frozenset({"", "NULL", "null", "(null)", "\\N", "NaN", "None"})
"""What programs write where there is nothing."""

NOTHING: Final = EMPTY | {"-", "--", "—", "/", "\\", "无", "空", "N/A", "n/a"}
"""What people and programs write where there is nothing."""


class Rules:
    """The rules of the columns of one view.

    Args:
        columns: column → what the layout says of it.

    Raises:
        Misconfigured: a rule names no column of the view, or its form is no regular expression.
    """

    def __init__(self, columns: Mapping[str, Mapping[str, Json]], where: str) -> None:
        self.as_it_stands = frozenset(name for name, said in columns.items() if said.get("as_it_stands"))
        self._among = {
            name: (
                _known(said.get("of"), columns, where),
                {str(one).casefold(): str(one) for one in said["among"]},
            )
            for name, said in columns.items()
            if "among" in said
        }
        self._by = {
            name: [
                (
                    _known(other, columns, where),
                    [(str(value), _form(form, where)) for value, form in forms.items()],
                )
                for other, forms in said["by"].items()
            ]
            for name, said in columns.items()
            if "by" in said
        }

    def worked(self, row: Row) -> Row:
        """Return a row with what its rules add; a word of ``among`` is spelled as it is there.

        Raises:
            Rejected: ``unknown-word``: what decides which register a number is of is no word that is known.
        """
        added: dict[str, str | None] = {}
        for name, (other, words) in self._among.items():
            word = (row.get(name) or "").strip()
            spelled = words.get(word.casefold())
            if spelled is not None and spelled != word:
                added[name] = spelled
            elif spelled is None and _valued(row, other):
                known = ", ".join(sorted(words.values()))
                raise Rejected(
                    f"{name} tells which register {other} is of, and says none of {known}; "
                    "let the view say one of them",
                    code="unknown-word",
                    where=name,
                )
        added |= {
            name: said for name in self._by if not _valued(row, name) and (said := self._said(name, row))
        }
        return {**row, **added} if added else row

    def _said(self, name: str, row: Row) -> str:
        """Return what a column says by the form of another one, ``""`` where it has none of the forms."""
        for other, forms in self._by[name]:
            text = (row.get(other) or "").strip()
            for value, form in forms:
                if form.fullmatch(text):
                    return value
        return ""


def _valued(row: Row, name: str) -> bool:
    return (row.get(name) or "").strip() not in NOTHING


def _known(name: Any, columns: Mapping[str, Any], where: str) -> str:
    if name not in columns:
        raise Misconfigured(f"a rule names a column of the view, not {name!r}", where=where)
    return str(name)


def _form(text: Any, where: str) -> re.Pattern[str]:
    try:
        return re.compile(str(text), re.ASCII | re.IGNORECASE)
    except re.error:
        raise Misconfigured(f"not a regular expression: {text!r}", where=where) from None
