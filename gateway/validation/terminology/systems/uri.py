"""URIs as codes (RFC 3986 §3), and the subdivisions of countries, of which only the form is known here."""

from __future__ import annotations

import re

from gateway.validation.terminology.systems.grammar import Grammar
from gateway.validation.terminology.systems.table import rows

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[\w.~:/?#\[\]@!$&'()*+,;=|-]|%[0-9A-Fa-f]{2})+")
_SUBDIVISION = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}")


class Uris(Grammar):
    """Absolute URIs."""

    url = "urn:ietf:rfc:3986"
    name = "Uniform Resource Identifiers"

    def has(self, code: str) -> bool | None:
        """Return whether the code has the form of an absolute URI."""
        return len(code) <= 4096 and _URI.fullmatch(code) is not None


class Subdivisions(Grammar):
    """ISO 3166-2: a country and up to three characters; which of them exist is not known here."""

    url = "urn:iso:std:iso:3166:-2"
    name = "ISO 3166-2 subdivisions"
    complete = False

    def __init__(self) -> None:
        """Read the countries."""
        self._countries = frozenset(row[0] for row in rows("countries.tsv"))

    def has(self, code: str) -> bool | None:
        """Return False for what cannot be a subdivision, None for what can."""
        found = _SUBDIVISION.fullmatch(code)
        return None if found and found[1] in self._countries else False
