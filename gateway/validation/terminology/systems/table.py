"""Tables: ISO 3166-1 countries, ISO 4217 currencies, IANA time zones (R4 §4.3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from zoneinfo import available_timezones

from gateway.validation.terminology.concepts import Concept, Designation, Named


def rows(name: str) -> Iterator[list[str]]:
    """Yield the rows of a file of ``data``, without its comments."""
    text = files("gateway.validation.terminology").joinpath("data", name).read_text("utf-8")
    return (line.split("\t") for line in text.splitlines() if not line.startswith("#"))


class Table(Named):
    """A code system of codes with displays; case matters."""

    hierarchy = False
    version = ""

    def __init__(
        self, url: str, name: str, displays: Mapping[str, Sequence[str]], complete: bool = True
    ) -> None:
        """Take the codes in their order, each with its display and other names."""
        self.url = url
        self.name = name
        self.complete = complete
        self._displays = displays

    @property
    def count(self) -> int | None:
        """How many codes there are."""
        return len(self._displays)

    def has(self, code: str) -> bool | None:
        """Return whether the code is one; None: it is not listed, and not all are."""
        return code in self._displays or (False if self.complete else None)

    def spelling(self, code: str) -> str | None:
        """Return the code where it is one."""
        return code if code in self._displays else None

    def concept(self, code: str) -> Concept | None:
        """Return the concept, None where it is none."""
        if code not in self._displays:
            return None
        display, *others = self._displays[code]
        return Concept(code, display, tuple(map(Designation, others)))

    def each(self) -> Iterator[Concept]:
        """Yield all concepts."""
        return (found for code in self._displays if (found := self.concept(code)) is not None)


def countries() -> Table:
    """Return ISO 3166-1: the codes of two letters, of three, and of three digits."""
    known = list(rows("countries.tsv"))
    displays = {row[column]: row[3:] for column in (0, 1, 2) for row in known}
    return Table("urn:iso:std:iso:3166", "ISO 3166-1 country codes", displays)


def currencies() -> Table:
    """Return ISO 4217, the codes of three letters."""
    displays = {row[0]: row[1:] for row in rows("currencies.tsv")}
    return Table("urn:iso:std:iso:4217", "ISO 4217 currency codes", displays)


def time_zones() -> Table:
    """Return the zones that this computer knows; a computer without any checks none."""
    zones = {zone: [zone] for zone in sorted(available_timezones())}
    return Table("https://www.iana.org/time-zones", "IANA time zones", zones, complete=bool(zones))
