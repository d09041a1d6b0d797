"""Matching: ``[matching]``: whether the gateway says who may be one person, and links who is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class MatchingSettings:
    """``[matching]`` (docs/matching.md).

    Attributes:
        propose: who may be one person gets a Task, for a human.
        link: who certainly is one person is linked at once (``Patient.link`` seealso); never merged.
        rules: YAML file with the hospital's own rules, ``""``: those that are shipped.
    """

    propose: bool = True
    link: bool = False
    rules: str = ""
