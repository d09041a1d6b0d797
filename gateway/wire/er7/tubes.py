"""Tubes: which of the orders of one patient belong to which sample, where each names the one it was made of.

ORU^R01 and R30 to R32 (PID, then ORC, OBR, OBX, SPM of each order), OUL^R24 (OBR, ORC, SPM, SAC, OBX; some
write ORC first), and OUL^R21, where the container comes first (SAC, ORC, OBR, OBX). Orders of one tube stay
together, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.wire.er7.separators import Separators

CONTAINER_FIRST = frozenset(("SAC", "ORC"))
"""What may stand before an OBR and belongs to it, in OUL^R21."""
ORDER_FIRST = frozenset(("ORC",))
"""In the others."""

_SPECIMEN, _CONTAINERS = 2, (3, 4)
"""Fields of SPM and SAC: the number of the sample, and of its container."""

Fields = Sequence[Sequence[str]]
"""The fields of each segment, its name first."""


def tubes(
    message: Fields, separators: Separators, leads: frozenset[str]
) -> tuple[int, list[list[int]]] | None:
    """Return where the first order begins, and the places of the segments of each sample.

    Args:
        leads: segments that begin an order, beside OBR.

    Returns:
        None: there are not two samples, or an order does not name just one.
    """
    first = next((at for at, one in enumerate(message) if one[0] in leads or one[0] == "OBR"), len(message))
    found: dict[str, list[int]] = {}
    for order in _orders(message, first, leads):
        numbers = _numbers([message[at] for at in order], separators)
        if len(numbers) != 1:
            return None
        found.setdefault(numbers.pop(), []).extend(order)
    astray = any(one[0] in ("OBX", "SPM", "SAC") for one in message[:first])
    astray = astray or any(one[0] == "PID" for one in message[first:])
    return None if astray or len(found) < 2 else (first, list(found.values()))


def _orders(message: Fields, first: int, leads: frozenset[str]) -> list[list[int]]:
    """Return the places of the segments of each order; each has one OBR, and what leads to it."""
    orders: list[list[int]] = []
    names: list[str] = []
    for at in range(first, len(message)):
        name = message[at][0]
        begins = (name in leads or name == "OBR") and "OBR" in names
        if not orders or (begins and not _is_behind(name, names, leads)):
            orders.append([])
            names = []
        orders[-1].append(at)
        names.append(name)
    return orders


def _is_behind(name: str, names: Sequence[str], leads: frozenset[str]) -> bool:
    """Tell whether a segment is the ORC of the OBR straight before it (OUL^R24), which has none yet."""
    before = next((one for one in reversed(names) if one != "PRT"), "")
    return name == "ORC" and leads is ORDER_FIRST and before == "OBR" and "ORC" not in names


def _numbers(order: Fields, separators: Separators) -> set[str]:
    """Return the numbers of the samples of an order, of their containers where there is none."""
    signs = f"{separators.component}{separators.subcomponent} "
    samples = {_field(one, _SPECIMEN).strip(signs) for one in order if one[0] == "SPM"} - {"", '""'}
    containers = {
        next((said for at in _CONTAINERS if (said := _field(one, at).strip(signs))), "")
        for one in order
        if one[0] == "SAC"
    }
    return samples or containers - {"", '""'}


def _field(fields: Sequence[str], at: int) -> str:
    return fields[at] if at < len(fields) else ""
