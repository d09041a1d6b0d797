"""Joined: two resources of one message that turn out to be one, and what the lineage calls them then."""

from __future__ import annotations

from typing import Any

from gateway.canonical.lineage import MARK
from gateway.mapping.handles import Handle

CHOICES = (
    "abatement",
    "deceased",
    "effective",
    "medication",
    "multipleBirth",
    "occurrence",
    "onset",
    "value",
)
"""Elements ``[x]`` of the types that messages say more than once; one member excludes the others."""


def _union(mine: list[Any], others: list[Any]) -> list[Any]:
    return [*mine, *(one for one in others if one not in mine)]


def _numbers(mine: list[Any], others: list[Any]) -> list[Any]:
    """Return the identifiers of both; one number that both say is one, with what either knows of it."""
    known = {(one.get("system"), one.get("value")): one for one in others}
    mine = [{**known.get((one.get("system"), one.get("value")), {}), **one} for one in mine]
    have = {(one.get("system"), one.get("value")) for one in mine}
    return [*mine, *(one for one in others if (one.get("system"), one.get("value")) not in have)]


def join(handle: Handle, other: Handle) -> None:
    """Add to a resource what the same one says elsewhere in the message; lists are united.

    What either wrote only as a default gives way to what the other knows.
    """
    defaults, others = handle.fills or set(), other.fills or set()
    for name, value in other.body.items():
        mine = handle.body.get(name)
        if mine is None or (name in defaults and name not in others):
            if mine is not None or not _says_otherwise(handle.body, name):
                handle.body[name] = value
        elif mine is not value and isinstance(mine, list) and name not in others:
            handle.body[name] = _numbers(mine, value) if name == "identifier" else _union(mine, value)
    handle.fills = {name for name in defaults if name in others or name not in other.body}
    handle.fills |= {
        name for name in others if name not in defaults and handle.body.get(name) is other.body[name]
    }
    handle.cleared = [*(handle.cleared or ()), *(other.cleared or ())]
    handle.subject = handle.subject or other.subject
    handle.stub = handle.stub and other.stub
    handle.mark = b""  # it is no longer what was remembered


def is_withdrawn(handle: Handle) -> bool:
    """Tell whether a resource is a record of a diagnosis (DG1-20) that is withdrawn; others may stand."""
    if not handle.bare or not handle.body.get("identifier"):
        return False
    codings = handle.body.get("verificationStatus", {}).get("coding", ())
    return any(one.get("code") == "entered-in-error" for one in codings)


def _says_otherwise(body: dict[str, Any], name: str) -> bool:
    """Return whether another member of the choice ``x[x]`` to which ``name`` belongs is there already."""
    return any(name.startswith(stem) and _other_choice(body, name, stem) for stem in CHOICES)


def _other_choice(body: dict[str, Any], name: str, stem: str) -> bool:
    return name[len(stem) : len(stem) + 1].isupper() and any(
        one != name and one.startswith(stem) and one[len(stem) : len(stem) + 1].isupper() for one in body
    )


def renumbered(lineage: list[int], joined: dict[int, int]) -> list[int]:
    """Return the lineage with the numbers of resources that became one with another."""
    result, at = list(lineage), 0
    while at < len(result):
        result[at + 2] = joined.get(result[at + 2], result[at + 2])
        at += 4
        while at < len(result) and result[at] != MARK:
            at += 1
    return result
