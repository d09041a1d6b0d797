"""Owns every text of the report itself, in both languages (``wording.yaml``), by the names templates use."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import yaml

from conformance.harness.words import Words

_SAID = yaml.safe_load(files(__package__).joinpath("wording.yaml").read_text("utf-8"))


def _table(name: str) -> Mapping[str, Words]:
    return {key: Words(text["zh"], text["en"]) for key, text in _SAID[name].items()}


TEXT = _table("text")
"""Headings, labels, sentences."""

OUTCOMES = _table("outcomes")
"""Verdicts of a check, in the order of every table."""

VERDICT_MEANINGS = _table("verdicts")
"""What the verdicts of a requirement mean."""

OUTCOME_MEANINGS = _table("results")
"""What the verdicts of a check mean."""

DOCUMENTS = _table("documents")
"""Titles of documents, by the prefix of their rows."""

JURISDICTIONS = _table("jurisdictions")
"""Names of jurisdictions, by their codes."""
