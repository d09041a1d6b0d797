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

Mentioned = tuple[str, str, tuple[str, str] | None, dict[str, Any], bytes]
"""Type, id and key of a resource, its body, and the digest of all that once it is remembered."""

Entry = tuple[Any, tuple[int, ...], tuple[tuple[str, str], ...], tuple[Mentioned, ...]]
"""Value, lineage, gaps, and the resources that it mentions."""


def _kept(
    type_name: str, ident: str, key: tuple[str, str] | None, body: dict[str, Any], _: bytes
) -> Mentioned:
    # Version 2 of the format writes equal values alike, whoever else holds parts of them.
    data = marshal.dumps((type_name, ident, key, body), 2)
    return type_name, ident, key, body, blake2b(data, digest_size=16).digest()


def own(value: Any) -> Any:
    """Return a copy that shares nothing that can be changed."""
    if isinstance(value, dict):
        return {name: own(one) for name, one in value.items()}
    return [own(one) for one in value] if isinstance(value, list) else value


@dataclass(slots=True)
class Memories:
    """What is remembered for one tenant and sender.

    Attributes:
        maps: one dict per remembering function, from raw text.
        units: raw OBX-6 → the unit part of a Quantity, and its gaps.
        ranges: (OBX-7, OBX-6) → referenceRange, one or several.
        authorities: raw HD → URI.
        tests: OBX-3, OBX-6 and specimen → LOINC coding, why there is none, and what is counted then.
    """

    maps: list[dict[str, Entry]]
    units: dict[str, tuple[dict[str, Any], tuple[tuple[str, str], ...]]] = field(default_factory=dict)
    ranges: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    authorities: dict[str, str | None] = field(default_factory=dict)
    tests: dict[tuple[str, str, str, bool], tuple[dict[str, str] | None, str, str]] = field(
        default_factory=dict
    )


def remembering(call: Callable[[str, Run, str], Any], at: int) -> Callable[[str, Run, str], Any]:
    """Return ``call`` with a memory; ``at`` is its place in ``Run.memories``.

    What it returns is shared by all messages that say the same: nobody changes it, whoever adds to it
    works on a copy.
    """

    def remembered(v: str, run: Run, s: str) -> Any:
        memory = run.memories[at]
        key = v if s == "^" else "\r" + v  # no segment holds a CR
        known = memory.get(key)
        if known is not None:
            value, lineage, gaps, mentioned = known
            run.lineage += lineage
            if gaps:
                run.gaps += gaps
            for one in mentioned:
                if one[4] not in run.known:
                    run.known.add(one[4])
                    run.mention(*one)
                else:  # said before in this message; a memory around this one wants it all the same
                    run.mentioned.append(one)
            return value
        lines, gaps_, issues, others = len(run.lineage), len(run.gaps), len(run.issues), len(run.mentioned)
        made = call(v, run, s)
        # What an escape sequence means depends on the message's charset.
        if len(run.issues) == issues and len(v) <= LONGEST and "\\" not in v:
            try:
                mentioned = tuple(_kept(*one) for one in run.mentioned[others:])
            except ValueError:  # it holds a Decimal: not a value that comes again
                return made
            if len(memory) >= MOST:
                memory.clear()
            memory[key] = (made, tuple(run.lineage[lines:]), tuple(run.gaps[gaps_:]), mentioned)
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
