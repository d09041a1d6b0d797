"""DICOM: attributes for people in the DICOM JSON model (PS3.18 Annex F; PS3.15 E.1 says which)."""

from __future__ import annotations

from conformance.evidence.marks import Kind

_TAGS: dict[str, Kind] = {
    "00100020": "number", "00101000": "number", "00101002": "number", "00100030": "birth",
    "00101040": "address", "00102154": "phone", "00080094": "phone", "00080092": "address",
}  # fmt: skip
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
"""Component groups of a person's name (PS3.18 F.2.2)."""


def kind_of_attribute(tag: str, representation: object) -> Kind | None:
    """Return what an attribute holds, None: nothing that is masked by its place. ``PN`` is a person's name.

    Args:
        tag: eight hexadecimal digits.
        representation: its ``vr``.
    """
    return "name" if representation == "PN" else _TAGS.get(tag.upper())
