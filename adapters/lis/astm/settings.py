"""Settings: what an operator says of the port, and of the analysers that connect to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.errors import Misconfigured
from gateway.spec import Field
from gateway.wire.astm import Limits, Profile
from gateway.wire.er7.charset import codec_of
from gateway.wire.tls import listening

Settings = Mapping[str, str | int | float | bool]

_LIMITS = Limits()

FIELDS = (
    *(Field(*one) for one in listening(2580)),
    Field("lines", "str", "", "YAML file of further ports, serial devices and instruments to call (README)"),
    Field("checksum", "str", "checked", "checked, ignored (two characters of any kind) or absent"),
    Field("numbers", "str", "checked", "checked or any: frame numbers are not counted"),
    Field("enquiry", "bool", True, "false: frames come without ENQ before them"),
    Field("charset", "str", "", "of the records; empty: UTF-8 or GB18030, whichever the bytes are"),
    Field("layout", "str", "", "name of a file in mappings/astm; empty: the one that fits H.5"),
    Field("sample", "str", "", "O.4, if bar codes stand there where O.3 is empty"),
    Field("patient", "str", "", "P.3, P.4 or P.5, if that is the hospital's number of the patient"),
    Field("max_message", "int", _LIMITS.max_message, "bytes of one message; longer ones close the line"),
    Field("max_frame", "int", _LIMITS.max_frame, "bytes of one frame or record; longer ones close the line"),
    Field("max_held", "int", _LIMITS.max_held, "bytes of all messages that are not complete"),
    Field("max_connections", "int", _LIMITS.max_connections, "open connections; more are closed at once"),
    Field("frame_timeout", "float", _LIMITS.frame_timeout, "seconds from a frame's first byte to its last"),
    Field("idle_timeout", "float", 0.0, "seconds without a byte before a connection is closed, 0: never"),
)

PATIENT = {"P.3": "p3", "P.4": "p4", "P.5": "p5"}
"""Field with the hospital's number of the patient → fact of an envelope that says so."""

SAMPLE = {"O.4": "o4"}
"""Field with the bar code beside O.3 → fact of an envelope that says so."""

_CHOICES = {
    "checksum": ("checked", "ignored", "absent"),
    "numbers": ("checked", "any"),
    "patient": ("", *PATIENT),
    "sample": ("", *SAMPLE),
}


def check(said: Mapping[str, Any], where: str) -> None:
    """Refuse words that mean nothing. Raises ``Misconfigured``; says which there are."""
    for name, choices in _CHOICES.items():
        if said[name] not in choices:
            known = ", ".join(filter(None, choices))
            raise Misconfigured(f"{name} is one of {known}, not {said[name]!r}", where=where)
    charset = str(said["charset"])
    if charset and not codec_of(charset):
        raise Misconfigured(f"there is no charset {charset!r}", where=where)


def profile_of(checksum: str, numbers: str, *, enquiry: bool) -> Profile:
    """Return how far a line departs from the standard, by words that were checked."""
    return Profile(
        checksum="absent" if checksum == "absent" else "ignored" if checksum == "ignored" else "checked",
        numbers="any" if numbers == "any" else "checked",
        enquiry=enquiry,
    )


def limits_of(settings: Settings) -> Limits:
    """Return the bounds of memory and time."""
    return Limits(
        max_message=int(settings["max_message"]),
        max_frame=int(settings["max_frame"]),
        max_held=int(settings["max_held"]),
        max_connections=int(settings["max_connections"]),
        frame_timeout=float(settings["frame_timeout"]),
        idle_timeout=float(settings["idle_timeout"]),
    )
