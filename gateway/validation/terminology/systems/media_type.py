"""Media types: ``type/subtype; name=value`` (BCP 13: RFC 6838 §4.2, RFC 2045 §5.1)."""

from __future__ import annotations

import re

from gateway.validation.terminology.systems.grammar import Grammar

_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
# Parameters do not change the type and are read leniently: R4 itself writes
# "application/dicom; variant=DICOM STOW-RS".
_TYPE = re.compile(rf"{_NAME}/{_NAME}(?:[ \t]*;[^\r\n]*)?")
SHORT = frozenset({"xml", "json", "ttl"})
"""CapabilityStatement.format takes these for the formats of FHIR (R4 §3.1.0.1.11)."""


class MediaTypes(Grammar):
    """Whether a text is a media type; the registry is open, so it is not asked."""

    url = "urn:ietf:bcp:13"
    name = "Media types"

    def has(self, code: str) -> bool | None:
        """Return whether the code has the form of a media type."""
        return code in SHORT or (len(code) <= 1024 and _TYPE.fullmatch(code) is not None)
