"""Kinds: which evidence a jurisdiction asks for, with articles: data (mappings/supervision/evidence.yaml)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml


@dataclass(slots=True, frozen=True)
class Kind:
    """One kind of evidence.

    Attributes:
        kind: code of ``urn:qiao:codes:evidence-kind``.
        alarm_days: how long before its end somebody is told.
        months: how long one holds that names no end, from its date; 0: for ever.
        jurisdictions: that ask for it; none: all.
        optional: only who has one must keep it in date.
        basis: ``ours``: the text gives no period.
    """

    kind: str
    requirement: str
    article: str
    quote: str
    alarm_days: int
    months: int = 0
    jurisdictions: tuple[str, ...] = ()
    optional: bool = False
    basis: str = ""


def kinds(jurisdictions: Sequence[str] = ()) -> list[Kind]:
    """Return what a tenant of these jurisdictions must have, in the order of the file."""
    asked = set(jurisdictions)
    return [one for one in _shipped() if not one.jurisdictions or asked.intersection(one.jurisdictions)]


@lru_cache(maxsize=1)
def _shipped() -> tuple[Kind, ...]:
    said = yaml.safe_load(files("mappings").joinpath("supervision", "evidence.yaml").read_text("utf-8"))
    return tuple(
        Kind(**{**one, "jurisdictions": tuple(one.get("jurisdictions", ()))}) for one in said["evidence"]
    )
