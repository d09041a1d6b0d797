"""Coded: how codes are said: by a table of the way in, read backwards, or by a table of the row's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.mapping.outbound.tongue import Tongue
from gateway.mapping.outbound.words import text


@dataclass(slots=True, frozen=True)
class Codes:
    """How codes of a row are said.

    Attributes:
        table: name of a table of the way in, ``""`` where the row has one of its own.
    """

    table: str = ""
    own: Mapping[str, str] | None = None

    def said(self, value: Any, speech: Tongue) -> Any:
        """Return the code that goes out; a code without an inverse keeps its own.

        Raises:
            Misconfigured: there is no such table.
        """
        if self.own is not None:
            return _own(self.own, value)
        table = speech.table(self.table)
        if isinstance(value, dict):
            concept = value if "coding" in value or "text" in value else {"coding": [value]}
            return table.concept(concept) or value
        return table.code(str(value)) or value


def _own(codes: Mapping[str, str], value: Any) -> str | None:
    """Return what a table of the row's own says of a value: of a concept by its codes, then its words."""
    if isinstance(value, dict):
        codings = value.get("coding", [value])
        keys: Sequence[str] = [
            str(one[key]) for one in codings for key in ("code", "display") if one.get(key)
        ]
        keys = [*keys, *([str(value["text"])] if value.get("text") else [])]
    else:
        keys = [text(value, None) or ""]
    found = next((codes[key] for key in keys if key in codes), None)
    return found if found is not None else codes.get("*")
