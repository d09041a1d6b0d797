"""Owns which keys of ``target.yaml`` anybody reads: one that nobody does is a slip of the pen, and told."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from conformance.harness.target import Undeclared

OWN = "x_"
"""What the name of a setting or an action begins with that only a suite of ``--suites-from`` reads."""

_READ: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))


def known(said: Iterable[Any], keys: Collection[str], where: str) -> None:
    """See that nothing is said that nobody reads.

    Raises:
        Undeclared: there is; names the place, and the nearest key there is, else all.
    """
    unknown = sorted(str(one) for one in said if one not in keys)
    if not unknown:
        return
    there = sorted(set(keys) - {"extends"})
    near = [one for name in unknown for one in difflib.get_close_matches(name, there, 1)]
    names = ", ".join(unknown)
    if near:
        raise Undeclared(
            f"{where}：未知的键 {names}；是否应为 {', '.join(near)}？",
            f"{where}: unknown key {names}; is {', '.join(near)} meant?",
        )
    listed = ", ".join(there)
    raise Undeclared(
        f"{where}：未知的键 {names}；可用 {listed}", f"{where}: unknown key {names}; there are {listed}"
    )


def read_by_somebody(said: Mapping[str, Any], table: str) -> None:
    """See that every name of ``actions`` or ``settings`` is read by a suite. Raises :class:`Undeclared`.

    Args:
        table: ``actions`` or ``settings``.
    """
    _read_below(said, _READ[table], table)


def _read_below(said: Mapping[str, Any], there: Mapping[str, Any], where: str) -> None:
    known((one for one in said if not str(one).startswith(OWN)), there, where)
    for name, below in said.items():
        if isinstance(below, Mapping) and there.get(name):
            _read_below(below, there[name], f"{where}.{name}")
