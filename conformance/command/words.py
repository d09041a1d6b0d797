"""What the commands say, in both languages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import yaml

from conformance.harness.words import Words

WORDS: dict[str, Words] = {
    name: Words(one["zh"], one["en"])
    for name, one in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8")).items()
}

_chosen = "en"


def choose(arguments: Sequence[str], language: str) -> None:
    """Set the language: ``--lang`` of the arguments, else what is given, else the locale's."""
    global _chosen
    said = language or os.environ.get("LANG", "")
    for at, one in enumerate(arguments):
        if one == "--lang" and at + 1 < len(arguments):
            said = arguments[at + 1]
        elif one.startswith("--lang="):
            said = one[7:]
    _chosen = "zh" if said.startswith("zh") else "en"


def language() -> str:
    """Return the language that was chosen."""
    return _chosen


def say(name: str, **values: object) -> str:
    """Return a text in the chosen language."""
    return WORDS[name].filled(**values).said(_chosen)


def said(words: Words | None) -> str:
    """Return words in the chosen language; ``""`` where there are none."""
    return words.said(_chosen) if words is not None else ""
