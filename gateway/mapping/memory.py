"""Memory: datatype maps whose values come again (wards, doctors, units, codes) remember what they made.

A map with ``memo: true`` is a pure function of its raw text, the tenant and the sender profile. What it made
is kept together with its account (lineage, gaps, resources that it referred to), so that a remembered value
is accounted for exactly like a new one. A value that was malformed is never remembered: it is reported anew.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.mapping.codes import Table
    from gateway.mapping.run import Run

MOST = 4096
"""Values that one map remembers for one sender; then it begins anew, so that memory stays bounded."""

LONGEST = 256
"""Longer texts are seldom repeated."""

Mentioned = tuple[str, str, tuple[str, str] | None, bytes, bytes]
"""Type, id and key of a resource, its marshalled body and the digest of that."""

Entry = tuple[Any, bytes, tuple[int, ...], tuple[tuple[str, str], ...], tuple[Mentioned, ...]]
"""Flat value or None, marshalled value, lineage, gaps, and the resources that it mentions."""


def _kept(type_name: str, ident: str, key: tuple[str, str] | None, body: dict[str, Any]) -> Mentioned:
    data = marshal.dumps(body)
    return type_name, ident, key, data, blake2b(data, digest_size=16).digest()


def _is_flat(value: Any) -> bool:
    """Return whether a shallow copy is a whole one (a Reference, a simple Coding)."""
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


@dataclass(slots=True)
class Memories:
    """What is remembered for one tenant and sender.

    Attributes:
        maps: one dict per remembering function, from raw text.
        units: raw OBX-6 → the unit part of a Quantity, and its gaps.
        ranges: (OBX-7, OBX-6) → referenceRange.
    """

    maps: list[dict[str, Entry]]
    units: dict[str, tuple[dict[str, Any], tuple[tuple[str, str], ...]]] = field(default_factory=dict)
    ranges: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


def remembering(call: Callable[[str, Run, str], Any], at: int) -> Callable[[str, Run, str], Any]:
    """Return ``call`` with a memory; ``at`` is its place in ``Run.memories``.

    Values are kept as marshalled bytes: every message gets objects of its own, and reading one back costs
    less than a microsecond.
    """

    def remembered(v: str, run: Run, s: str) -> Any:
        memory = run.memories[at]
        key = v if s == "^" else s + v
        known = memory.get(key)
        if known is not None:
            flat, value, lineage, gaps, mentioned = known
            run.lineage += lineage
            if gaps:
                run.gaps += gaps
            for one in mentioned:
                if one not in run.known:
                    run.known.add(one)
                    kind, ident, key_, body, mark = one
                    run.mention(kind, ident, key_, marshal.loads(body), mark)  # noqa: S302 (our own bytes)
            return flat.copy() if flat is not None else marshal.loads(value)  # noqa: S302
        lines, gaps_, issues, others = len(run.lineage), len(run.gaps), len(run.issues), len(run.mentioned)
        made = call(v, run, s)
        if len(run.issues) == issues and len(v) <= LONGEST:
            try:
                entry = (
                    made if _is_flat(made) else None,
                    marshal.dumps(made),
                    tuple(run.lineage[lines:]),
                    tuple(run.gaps[gaps_:]),
                    tuple(_kept(*one) for one in run.mentioned[others:]),
                )
            except ValueError:  # it holds a Decimal: not a value that comes again
                return made
            if len(memory) >= MOST:
                memory.clear()
            memory[key] = entry
            if entry[0] is not None:
                return made.copy()
        return made

    return remembered


def coding(call: Callable[[str, Run, str], Any], kind: str, table: Table) -> Callable[[str, Run, str], Any]:
    """Return the function that makes a coded value and looks it up; ``kind`` is concept or coding."""

    def concept(v: str, run: Run, s: str) -> Any:
        return run.concept(table, call(v, run, s))

    def one(v: str, run: Run, s: str) -> Any:
        return run.coding(table, call(v, run, s))

    return concept if kind == "concept" else one


def referring(
    call: Callable[[str, Run, str], Any], type_name: str, kinds: tuple[str, ...] | None
) -> Callable[[str, Run, str], Any]:
    """Return the function that makes the resource of a datatype map and answers the Reference to it."""

    def refer(v: str, run: Run, s: str) -> Any:
        return run.refer(type_name, call(v, run, s), kinds)

    return refer
