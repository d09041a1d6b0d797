"""Lines: ports, serial devices and instruments to call, beside the port of the door, from a YAML file."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from adapters.lis.astm.settings import PATIENT, SAMPLE, Settings, check, profile_of
from gateway.errors import Misconfigured
from gateway.wire.astm import Profile

_WAYS = ("listen", "call", "serial", "from")
_TOLD = ("charset", "layout", "sample", "patient", "checksum", "numbers", "enquiry")
"""What a line says like the door; without a word of its own it has that of the door."""


@dataclass(slots=True, frozen=True)
class Line:
    """One line; the port of the door itself has no name.

    Attributes:
        name: MSH-4 of its messages, and the fact ``line`` of their envelopes.
        listen: port of its own, on the address of the door.
        call: HOST:PORT of an instrument that listens.
        serial: device; ``speed``: bits in a second.
        peer: address from which it connects to the port of the door (``from``).
        ca: PEM file of the authority of the instrument that is called, for TLS.
        charset, layout, sample, patient, checksum, numbers, enquiry: as the settings of the door.
    """

    name: str = ""
    listen: int = 0
    call: str = ""
    serial: str = ""
    speed: int = 9600
    peer: str = ""
    ca: str = ""
    charset: str = ""
    layout: str = ""
    sample: str = ""
    patient: str = ""
    checksum: str = "checked"
    numbers: str = "checked"
    enquiry: bool = True

    @property
    def facts(self) -> Mapping[str, str]:
        """What its envelopes tell of it."""
        told = {"line": self.name, "layout": self.layout}
        told |= {PATIENT.get(self.patient, ""): "1", SAMPLE.get(self.sample, ""): "1"}
        return {name: said for name, said in told.items() if name and said}

    @property
    def profile(self) -> Profile:
        """How far it departs from the standard."""
        return profile_of(self.checksum, self.numbers, enquiry=self.enquiry)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are called."""
        host, _, port = self.call.rpartition(":")
        return host.strip("[]"), int(port)


_KNOWN = {("from" if one.name == "peer" else one.name): one.type for one in fields(Line)}


def own(settings: Settings) -> Line:
    """Return the line of the door's own port. Raises ``Misconfigured``: a word is unknown."""
    said: dict[str, Any] = {name: settings[name] for name in _TOLD}
    check(said, "settings")
    return Line(**said)


def read_lines(path: Path, settings: Settings) -> list[Line]:
    """Return the lines of a file (``lines:`` with a list).

    Raises:
        Misconfigured: names file and line, and what to do.
    """
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise Misconfigured(f"lines cannot be read ({type(error).__name__})", where=str(path)) from None
    listed = data.get("lines") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Misconfigured("the file begins with lines: and a list of them", where=str(path))
    made = [_line(one, settings, f"{path} {one.get('name', '?')}") for one in listed]
    names = [one.name for one in made]
    for name in names:
        if names.count(name) > 1:
            raise Misconfigured(f"two lines are called {name!r}", where=str(path))
    return made


def _line(data: Mapping[str, Any], settings: Settings, where: str) -> Line:
    for key, value in data.items():
        if key not in _KNOWN:
            raise Misconfigured(f"unknown key {key!r}; known are {', '.join(_KNOWN)}", where=where)
        wanted = {"int": int, "bool": bool}.get(str(_KNOWN[key]), str)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise Misconfigured(f"{key} takes {wanted.__name__}, not {value!r}", where=where)
    ways = [way for way in _WAYS if way in data]
    if len(ways) != 1 or not data.get("name"):
        raise Misconfigured(f"a line has a name and one of {', '.join(_WAYS)}", where=where)
    said = {**{name: settings[name] for name in _TOLD}, **data}
    said["peer"] = said.pop("from", "")
    check(said, where)
    made = Line(**said)
    if made.call:
        _check_call(made, where)
    if made.peer and any(name in data for name in ("checksum", "numbers", "enquiry")):
        raise Misconfigured("how frames are read is said of the port: give it a port of its own", where=where)
    return made


def _check_call(line: Line, where: str) -> None:
    """Refuse an address that is none, and one that is not on this machine without TLS."""
    host, _, port = line.call.rpartition(":")
    if not host or not port.isdigit():
        raise Misconfigured("call looks like HOST:PORT", where=where)
    if not line.ca and not _is_loopback(line.address[0]):
        said = "an instrument on another machine is called over TLS: set ca, or call a tunnel on this one"
        raise Misconfigured(said, where=where)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
