"""Special parameters: ``near`` of a Location, ``_text`` and ``_content`` (R4 §3.1.1.4.14, Location)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.errors import Rejected
from gateway.store.index import normal
from gateway.store.search.escape import plain, split

_EARTH_KM = 6371.0
_KM = {"km": 1.0, "m": 0.001, "[mi_us]": 1.609344, "mi": 1.609344, "mi_us": 1.609344}
_DEFAULT_KM = 10.0
_TAG = re.compile(r"<[^>]*>")
_UNSPACED = "\u2e80"
"""From here on stand the letters of Chinese and Japanese, and those of other scripts of East Asia."""


@dataclass(slots=True, frozen=True)
class Near:
    """Within so many kilometres of a place, on the sphere."""

    latitude: float
    longitude: float
    km: float

    def holds(self, _kind: str, value: Any) -> bool:
        """Tell whether a position is near enough."""
        try:
            return self._distance(float(value["latitude"]), float(value["longitude"])) <= self.km
        except (TypeError, ValueError, KeyError, OverflowError):
            return False

    def _distance(self, latitude: float, longitude: float) -> float:
        here, there = math.radians(self.latitude), math.radians(latitude)
        turn = math.radians(longitude - self.longitude)
        chord = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(turn / 2) ** 2
        return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


def parse_near(text: str, name: str) -> Near:
    """Return the place of ``latitude|longitude|distance|units``; units are km where none are given.

    Raises:
        Rejected: it is written otherwise; code ``value``.
    """
    parts = [plain(part) for part in split(text, "|")]
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
        distance = float(parts[2]) if len(parts) > 2 and parts[2] else _DEFAULT_KM
        km = distance * (_KM[parts[3]] if len(parts) > 3 and parts[3] else 1.0)
    except (IndexError, ValueError, KeyError):
        latitude, longitude, km = math.nan, 0.0, 0.0
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and 0 <= km < math.inf) or len(parts) > 4:
        raise Rejected("is written latitude|longitude|distance|units", code="value", where=name)
    return Near(latitude, longitude, km)


@dataclass(slots=True, frozen=True)
class Words:
    """``_text`` (the narrative) or ``_content`` (all of the resource): each of these words is there.

    A word is there as a whole; in scripts that put no space between words, as part of a text.
    """

    words: tuple[str, ...]
    narrative: bool

    def holds(self, resource: Any) -> bool:
        """Tell whether a resource has all words."""
        if self.narrative:
            text = resource.get("text")
            div = text.get("div") if isinstance(text, dict) else None
            found = _TAG.sub(" ", div) if isinstance(div, str) else ""
        else:
            found = "\n".join(_strings(resource))
        told = normal(found)
        return all(_has(told, word) for word in self.words)


def parse_words(text: str, name: str) -> Words:
    """Return the words of ``_text`` or ``_content``."""
    return Words(tuple(normal(plain(text)).split()), name == "_text")


def _has(text: str, word: str) -> bool:
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_joined(text[max(at - 1, 0) : at], word[0]) or _joined(word[-1], text[end : end + 1])):
            return True
        at = text.find(word, at + 1)
    return False


def _joined(one: str, other: str) -> bool:
    """Tell whether two neighbours are letters or digits of one word."""
    return one.isalnum() and other.isalnum() and one < _UNSPACED and other < _UNSPACED


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield _TAG.sub(" ", node) if node.startswith("<div") else node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)
