"""Carried: whether what a case makes wrong reaches a target that is told in its own form.

What a form has no place for arrives as if it were right; that it is taken would prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.harness.gate.case import Gate
from conformance.harness.gate.cast import Cast
from conformance.harness.paths import names_of
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.writes import AS_FHIR, NOTHING, carried, way

_DISPENSE, _DISPENSES = "MedicationDispense", "dispenses"


def see_carried(run: Run, gate: Gate, cast: Cast) -> None:
    """Go on only where the target's form has a place for what is wrong. Raises :class:`Skipped`."""
    if not run.target.writes:
        return
    for part in sorted({*gate.blocked, *gate.passes}):
        kind = _kind(gate, cast, part)
        twins = gate.blocked.get(part, {}), gate.passes.get(part, {})
        for path in _differing(*twins) if kind and not _brought(*twins) else ():
            if not _reaches(run, kind, path):
                named = ".".join((kind, *path))
                raise Skipped(
                    f"目标的写入方式（writes.{kind}）不含 {named}",
                    f"the target's own form (writes.{kind}) has no place for {named}",
                )


def reaches(run: Run, kind: str, one: Any, other: Any) -> bool:
    """Tell whether anything in which two documents of a type differ has a place in the target's form."""
    return not run.target.writes or any(_reaches(run, kind, path) for path in _differing(one, other))


def _kind(gate: Gate, cast: Cast, part: str) -> str:
    """Return the type of what plays a part, ``""`` for an option that is no document."""
    if part.startswith("Dispense"):
        return _DISPENSE
    said = gate.blocked.get(part) or gate.passes.get(part) or {}
    found = cast.parts.get(part) or (said if isinstance(said, Mapping) else {})
    known = found.get("resourceType") or (cast.reference(part).partition("/")[0] if cast.plays(part) else "")
    return str(known)


def _brought(one: Any, other: Any) -> bool:
    """Tell whether only one twin has this at all: then it is told of, or not."""
    said = [isinstance(twin, Mapping) and "resourceType" in twin for twin in (one, other)]
    return said[0] != said[1]


def _differing(one: Any, other: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in {**one, **other}:
            yield from _differing(one.get(name, {}), other.get(name, {}), (*path, name))
    elif one != other:
        yield path


def _reaches(run: Run, kind: str, path: tuple[str, ...]) -> bool:
    found = way(run.target.writes, kind)
    if kind == _DISPENSE and found in (None, AS_FHIR):
        return any(_meet(one, path) for one in _redeemed(run))
    paths = list(carried(run.target.writes, kind))
    if isinstance(found, str) or not paths:
        return found != NOTHING  # of what is not declared its writing skips
    return any(_meet(one, path) for one in paths)


def _redeemed(run: Run) -> Iterator[str]:
    """Return the paths of what is handed out that the call of the pharmacy carries."""
    action = run.target.actions.get("redeem")
    whole = f"{_DISPENSES}.resource"
    for one in sorted(action.named) if action else ():
        if one != whole:  # where the elements stand, of which the others say what is taken
            yield one.removeprefix(_DISPENSES).removeprefix(".resource").removeprefix(".")


def _meet(named: str, path: tuple[str, ...]) -> bool:
    """Tell whether one path lies on the other; what is below a list is not told apart."""
    names = (one.rstrip("*") for one in _of_whom(names_of(named)))
    return all(name.startswith(one) for one, name in zip(names, _of_whom(path), strict=False))


def _of_whom(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return a path without its last name, where that only says how somebody is named."""
    return path[:-1] if path[-1:] in (("reference",), ("number",)) else path
