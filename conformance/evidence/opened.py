"""Opened: a text taken apart into the texts in it, and how it is put together again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from conformance.evidence.marks import Kind


class Learner(Protocol):
    """Who is told what stands in a place for names, numbers or secrets."""

    def learn(self, kind: Kind, value: str) -> str:
        """Remember a value; returns its mark."""

    def mark(self, kind: Kind, value: str) -> str:
        """Return the mark of a value that is too common to be looked for elsewhere: a family name."""

    def learn_name(self, family: str, given: str) -> None:
        """Remember a name that stands in two parts, of which one may be missing."""

    def knows_name(self, name: str) -> bool:
        """Tell whether a whole name was seen already."""

    def is_given(self, value: str) -> bool:
        """Tell whether it is the given name of somebody whom the harness itself spoke of in another form."""

    def inside(self, text: str) -> str:
        """Return a text that is a document of its own, masked."""

    def attached(self, text: str) -> str:
        """Return base64 with its text masked; of what is no text, base64 of its size and hash."""


@dataclass(slots=True)
class Opened:
    """A text whose places for personal data are masked already.

    Attributes:
        leaves: the texts in it, which may say such data, too.
        close: makes it whole again of as many texts as ``leaves``.
    """

    leaves: list[str]
    close: Callable[[list[str]], str]


def plain(text: str) -> Opened:
    """Return a text that is one leaf."""
    return Opened([text], lambda leaves: leaves[0])
