"""Patches: what a case changes about documents in which all is right (RFC 7396), and the names in it.

``{Encounter}`` is the reference of what plays that part, ``{today-30}`` a day, ``{years-6+1}`` the day after
that six years ago, ``{now-90}`` a moment ninety seconds ago, ``{physician}`` who is on file as such.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from conformance.simulators.internet.documents import moment

_NAME = re.compile(r"\{([^{}\s]+)\}")
_DAY = re.compile(r"today([+-]\d+)?").fullmatch
_YEARS = re.compile(r"years-(\d+)([+-]\d+)?").fullmatch
_NOW = re.compile(r"now([+-]\d+)?").fullmatch

Named = Callable[[str], str]


def patched(value: Any, patch: Any) -> Any:
    """Return a value with a merge patch applied; ``null`` takes a member away, a list replaces a list."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    found = dict(copy.deepcopy(value)) if isinstance(value, Mapping) else {}
    for name, said in patch.items():
        if said is None:
            found.pop(name, None)
        else:
            found[name] = patched(found.get(name), said)
    return found


def filled(value: Any, named: Named) -> Any:
    """Return a value in which every ``{name}`` is replaced."""
    if isinstance(value, Mapping):
        return {name: filled(one, named) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, named) for one in value]
    return _NAME.sub(lambda found: named(found[1]), value) if isinstance(value, str) else value


def replaced(value: Any, others: Mapping[str, str]) -> Any:
    """Return a value in which texts that are one of some references are others."""
    if isinstance(value, Mapping):
        return {name: replaced(one, others) for name, one in value.items()}
    if isinstance(value, list):
        return [replaced(one, others) for one in value]
    return others.get(value, value) if isinstance(value, str) else value


def moment_named(name: str, today: date) -> str | None:
    """Return the day or the moment that a name is, None where it is neither."""
    if found := _DAY(name):
        return (today + timedelta(days=int(found[1] or 0))).isoformat()
    if found := _YEARS(name):
        return (years_ago(today, int(found[1])) + timedelta(days=int(found[2] or 0))).isoformat()
    if found := _NOW(name):
        return moment(int(found[1] or 0))
    return None


def years_ago(today: date, years: int) -> date:
    """Return the same day some years ago; of 29 February the day before, where there is none."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)
