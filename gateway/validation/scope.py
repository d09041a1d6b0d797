"""Scope: what a check must know of the resource around it, and of the Bundle around that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from gateway.canonical.logical_id import ID

Value = dict[str, Any]

LONGEST = 2048
"""Characters of an address that is looked at."""

_literal = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:/*[^\s?#]*?/)?([A-Z][A-Za-z]+)/({ID})(?:/_history/{ID})?(?:#\S+)?"
).fullmatch
_scheme = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:").match
_conditional = re.compile(r"([A-Z][A-Za-z]+)\?\S+").fullmatch


class Scope:
    """The resource that is being checked.

    Attributes:
        root: the outermost resource (``%rootResource``): the container of contained ones.
        resource: the resource that holds the element (``%resource``): a contained one while it is checked.
        contained: contained resources by id.
        entries: resources of the Bundle around by fullUrl, None outside of a Bundle.
        base: fullUrl of the entry, for relative references; ``""`` for none.
        transaction: True inside a batch or transaction, where conditional references may stand.
    """

    __slots__ = ("base", "contained", "entries", "resource", "root", "transaction")

    def __init__(
        self,
        root: Value,
        entries: Mapping[str, Value] | None = None,
        base: str = "",
        transaction: bool = False,
    ) -> None:
        self.root = self.resource = root
        inner = root.get("contained") if "contained" in root else None
        self.contained: dict[str, Value] = {}
        if type(inner) is list:
            self.contained = {
                one["id"]: one for one in inner if type(one) is dict and type(one.get("id")) is str
            }
        self.entries = entries
        self.base = base
        self.transaction = transaction

    def resolve(self, reference: str) -> Value | None:
        """Return the resource that a reference means, where it is contained or an entry of the Bundle."""
        if reference.startswith("#"):
            return self.root if reference == "#" else self.contained.get(reference[1:])
        if self.entries is None:
            return None
        found = self.entries.get(reference)
        if found is None and self.base and "://" not in reference and not reference.startswith("urn:"):
            match = _literal(self.base)
            if match is not None:
                found = self.entries.get(self.base[: match.start(1)] + reference)
        return found


@lru_cache(8192)
def _named_type(reference: str) -> str | None:
    match = _literal(reference) or _conditional(reference)
    return match.group(1) if match else None


def named_type(reference: str) -> str | None:
    """Return the resource type that a literal or conditional reference names, None where it names none."""
    return _named_type(reference) if len(reference) <= LONGEST else None


@lru_cache(8192)
def addressed_type(reference: str) -> str | None:
    """Return the resource type that a literal reference names; a search, unlike elsewhere, names none.

    Args:
        reference: of at most ``LONGEST`` characters: it is remembered.
    """
    match = _literal(reference) if "?" not in reference else None
    return match.group(1) if match else None


def is_relative(reference: str) -> bool:
    """Return whether it has no scheme in front: an address below the server's own base."""
    return _scheme(reference) is None


def is_conditional(reference: str) -> bool:
    """Return whether it is a search instead of an address (R4 §3.1.0.11.3: transactions only)."""
    return _conditional(reference) is not None
