"""Deadlines: within what time something is to be answered or reported, and to whom: data with articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from gateway.errors import Misconfigured
from gateway.settings import SupervisionSettings

_FILE = "supervision/deadlines.yaml"
HOUR_US = 3_600_000_000


@dataclass(slots=True, frozen=True)
class Deadline:
    """One deadline.

    Attributes:
        hours: from when it is known to when it is answered or reported.
        basis: where the figure comes from; ``ours``: the text says only "promptly".
    """

    name: str
    hours: int
    requirement: str
    article: str
    quote: str
    basis: str


@dataclass(slots=True, frozen=True)
class Recipients:
    """Whom a breach is reported to: names of authorities."""

    to: tuple[str, ...]
    requirement: str
    article: str


@dataclass(slots=True, frozen=True)
class Stops:
    """For which causes and grades an adverse event ends the service."""

    causes: frozenset[str]
    requirement: str
    article: str


@dataclass(slots=True, frozen=True)
class Duties:
    """What a tenant owes its regulator.

    Attributes:
        settings: what is set for it.
        organization: its institution code, ``""`` where it is not set.
        stops: None where its jurisdiction does not end the service.
        authorities: what each is called, in Chinese and English.
    """

    settings: SupervisionSettings
    organization: str
    deadlines: Mapping[str, Deadline]
    recipients: Recipients
    stops: Stops | None
    authorities: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def due_us(self, name: str, from_us: int) -> int:
        """Return when something is due that became known at ``from_us``."""
        hours = self.settings.deadlines.get(name) or self.deadlines[name].hours
        return from_us + hours * HOUR_US


def duties(
    settings: SupervisionSettings | None = None, jurisdiction: Sequence[str] = (), organization: str = ""
) -> Duties:
    """Return what a tenant owes.

    Raises:
        Misconfigured: a deadline or an authority is set that does not exist.
    """
    settings, known = settings or SupervisionSettings(), _shipped()
    deadlines = {one["name"]: Deadline(**one) for one in known["deadlines"]}
    for section, names, valid in (
        ("deadlines", settings.deadlines, deadlines),
        ("authorities", settings.authorities, known["authorities"]),
    ):
        if unknown := sorted(set(names) - set(valid)):
            said = f"unknown key {unknown[0]!r}; valid: {', '.join(sorted(valid))}"
            raise Misconfigured(said, where=f"[supervision.NAME.{section}]")
    places = ["cn", *jurisdiction]
    to = next(known["recipients"][one] for one in reversed(places) if one in known["recipients"])
    stops = next((known["stops"][one] for one in reversed(places) if one in known["stops"]), None)
    return Duties(
        settings,
        organization,
        deadlines,
        Recipients(tuple(to["to"]), to["requirement"], to["article"]),
        Stops(frozenset(stops["causes"]), stops["requirement"], stops["article"]) if stops else None,
        {name: (one["zh"], one["en"]) for name, one in known["authorities"].items()},
    )


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files("mappings").joinpath(_FILE).read_text("utf-8"))
    return found
