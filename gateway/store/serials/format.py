"""Format: what a jurisdiction's serials look like, as its YAML file says (mappings/serials)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args

import yaml

from gateway.errors import Misconfigured, Rejected
from gateway.store.day import day_of
from gateway.store.serials.check import SYSTEMS

Kind = Literal["text", "kind", "organisation", "date", "node", "sequence"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LITERAL = re.compile(r"[0-9A-Z]*").fullmatch
_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_LONGEST = 64


@dataclass(slots=True, frozen=True)
class Part:
    """One part of a serial.

    Attributes:
        text: of a ``text``; of a ``date`` how it is written (``"%Y%m%d"``).
        width: of ``organisation``, ``node`` and ``sequence``: characters, zeros in front.
        codes: of a ``kind``: kind of document → its letters, all of one length.
    """

    kind: Kind
    text: str = ""
    width: int = 0
    codes: Mapping[str, str] | None = None


@dataclass(slots=True, frozen=True)
class Format:
    """How serials are written.

    Everything but the running number and the check character is the *scope*; each scope counts from 1, and as
    every part has its fixed width, two scopes never have a serial in common.

    Attributes:
        check: name of the check character's system, see ``check.SYSTEMS``.
    """

    jurisdiction: str
    parts: tuple[Part, ...]
    check: str

    def scope(self, kind: str, organisation: str, ts_us: int, node: int, zone: str) -> str:
        """Return the scope of a document: the serial with ``#`` where its number will stand.

        Raises:
            Rejected: it has no serial for this kind, or the code of the institution is too long.
            Misconfigured: the node is too large for the format.
        """
        return "".join([self._written(part, kind, organisation, ts_us, node, zone) for part in self.parts])

    def serial(self, scope: str, number: int) -> str:
        """Return the serial of a number in a scope.

        Raises:
            Rejected: the scope has no number left (``serials-exhausted``).
        """
        width = next(part.width for part in self.parts if part.kind == "sequence")
        digits = f"{number:0{width}d}"
        if len(digits) > width:
            raise Rejected("there is no serial left today: widen the format", code="serials-exhausted")
        text = scope.replace("#", digits)
        return text + SYSTEMS[self.check](text)

    def valid(self, serial: str) -> bool:
        """Tell whether the check character of a serial of this format is right."""
        body = serial[:-1]
        return bool(body and self.takes(body)) and SYSTEMS[self.check](body) == serial[-1]

    def takes(self, text: str) -> bool:
        """Tell whether the check character's system knows the characters of a text."""
        return bool(_LITERAL(text)) and (text.isdecimal() or not text or self.check != "mod-11-2")

    def _written(self, part: Part, kind: str, organisation: str, ts_us: int, node: int, zone: str) -> str:
        if part.kind == "text":
            return part.text
        if part.kind == "kind":
            return _code(part, kind)
        if part.kind == "organisation":
            return self._organisation(organisation, part.width)
        if part.kind == "date":
            return day_of(ts_us, zone, part.text)
        return "#" if part.kind == "sequence" else _node(node, part.width)

    def _organisation(self, code: str, width: int) -> str:
        text = code.upper()
        if not text or not self.takes(text) or len(text) > width:
            kinds = "digits" if self.check == "mod-11-2" else "letters and digits"
            raise Rejected(
                f"the code of the institution must be 1 to {width} {kinds} for the serial to hold it",
                code="value",
                where="Organization.identifier",
            )
        return text.rjust(width, "0")


def _code(part: Part, kind: str) -> str:
    code = (part.codes or {}).get(kind)
    if code is None:
        raise Rejected(f"there are no serials for {kind}", code="value")
    return code


def _node(node: int, width: int) -> str:
    if not 0 <= node < 36**width:
        raise Misconfigured(f"[tenants.NAME] node must be 0 to {36**width - 1}", code="serial-node")
    text = ""
    for _ in range(width):
        node, digit = divmod(node, 36)
        text = _DIGITS[digit] + text
    return text


@lru_cache(maxsize=64)
def load(jurisdiction: str) -> Format:
    """Return the format of a jurisdiction; one that has no file of its own takes that of its country.

    Raises:
        Misconfigured: there is no file, or it says no format.
    """
    name = jurisdiction
    while not (file := files("mappings").joinpath("serials", f"{name}.yaml")).is_file():
        name, _, _ = name.rpartition("-")
        if not name:
            raise Misconfigured("there are no serials for this jurisdiction", where=jurisdiction)
    return read(yaml.safe_load(file.read_text("utf-8")), f"{name}.yaml")


def read(said: Any, where: str) -> Format:
    """Return the format that a file says.

    Raises:
        Misconfigured: it says none; ``where`` names the file.
    """
    try:
        parts = tuple(_part(one) for one in said["parts"])
        found = Format(str(said["jurisdiction"]), parts, str(said["check"]))
        _check(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        text = f"this is no format of serials ({error})"
        raise Misconfigured(text, code="serial-format", where=where) from error
    return found


def _part(said: Mapping[str, Any]) -> Part:
    ((name, value),) = said.items()
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"unknown part {name}")
    if kind == "kind":
        return Part(kind, codes={str(name): str(code) for name, code in value.items()})
    if kind in ("text", "date"):
        return Part(kind, text=str(value))
    return Part(kind, width=int(value))


def _check(found: Format) -> None:
    kinds = [part.kind for part in found.parts]
    if kinds.count("sequence") != 1 or "date" not in kinds or "organisation" not in kinds:
        raise ValueError("it needs organisation, date and one sequence")
    if found.check not in SYSTEMS:
        raise ValueError(f"check is one of {', '.join(SYSTEMS)}")
    for part in found.parts:
        _check_part(part, found)
    if len(found.serial(found.scope(_any_kind(found.parts), "1", 0, 0, "Z"), 1)) > _LONGEST:
        raise ValueError(f"a serial has at most {_LONGEST} characters")


def _check_part(part: Part, found: Format) -> None:
    codes = list((part.codes or {}).values())
    if part.kind == "kind" and (not codes or len({len(code) for code in codes}) > 1):
        raise ValueError("the letters of all kinds have one length")
    if len(set(codes)) < len(codes) or not all(found.takes(text) for text in (*codes, _shown(part))):
        raise ValueError("it has letters that its check character does not know, or of two kinds the same")
    if part.kind in ("organisation", "node", "sequence") and not 1 <= part.width <= 32:
        raise ValueError(f"the width of {part.kind} is 1 to 32")


def _shown(part: Part) -> str:
    return day_of(0, "Z", part.text) if part.kind == "date" else part.text


def _any_kind(parts: Sequence[Part]) -> str:
    return next((next(iter(part.codes)) for part in parts if part.codes), "prescription")
