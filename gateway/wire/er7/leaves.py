"""Leaves: repetitions, components and subcomponents inside one field (HL7 v2.8 §2.5.3-2.5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.wire.er7.path import Path
from gateway.wire.er7.separators import Separators

Address = tuple[int, ...]
"""(field, repetition, component, subcomponent), cut off where the path stops; counts from 1."""


def read_leaves(fields: list[str], path: Path, separators: Separators) -> Iterator[tuple[Address, str]]:
    """Yield address and escaped text of everything in one segment that ``path`` names, empty ones too."""
    if path.field >= len(fields):
        return
    if fields[0] == "MSH" and path.field < 3:
        # MSH-1 and MSH-2 are the separators themselves, not text between separators.
        yield (path.field,), fields[path.field]
        return
    for number, repetition in enumerate(fields[path.field].split(separators.repetition), 1):
        if path.repetition not in (0, number):
            continue
        if not path.component:
            yield (path.field, number), repetition
            continue
        component = _nth(repetition, separators.component, path.component)
        if not path.subcomponent:
            yield (path.field, number, path.component), component
            continue
        leaf = _nth(component, separators.subcomponent, path.subcomponent)
        yield (path.field, number, path.component, path.subcomponent), leaf


def all_leaves(fields: list[str], separators: Separators) -> Iterator[tuple[Address, str]]:
    """Yield the address and a short path (``5.1``, ``3[2].4.1``) of every valued leaf of one segment.

    The path leaves out what is alone: the repetition of a field that does not repeat, the
    component of a field with one.
    """
    for field in range(3 if fields[0] == "MSH" else 1, len(fields)):
        if not fields[field]:
            continue
        repetitions = fields[field].split(separators.repetition)
        for number, repetition in enumerate(repetitions, 1):
            prefix = f"{field}[{number}]" if len(repetitions) > 1 else f"{field}"
            for address, suffix in _components(repetition, separators):
                yield (field, number, *address), prefix + suffix


def _components(repetition: str, separators: Separators) -> Iterator[tuple[Address, str]]:
    components = repetition.split(separators.component)
    for c, component in enumerate(components, 1):
        leaves = component.split(separators.subcomponent)
        for s, leaf in enumerate(leaves, 1):
            if leaf:
                below = f".{c}.{s}" if len(leaves) > 1 else f".{c}" if len(components) > 1 else ""
                yield (c, s), below


def write_leaf(field: str, path: Path, escaped: str, separators: Separators) -> str:
    """Return ``field`` with ``escaped`` at ``path``; what is missing in between is filled with nothing."""
    if not path.component:
        return _put(field, separators.repetition, path.repetition, escaped) if path.repetition else escaped
    number = path.repetition or 1
    repetition = _nth(field, separators.repetition, number)
    if path.subcomponent:
        component = _nth(repetition, separators.component, path.component)
        escaped = _put(component, separators.subcomponent, path.subcomponent, escaped)
    repetition = _put(repetition, separators.component, path.component, escaped)
    return _put(field, separators.repetition, number, repetition)


def _nth(text: str, separator: str, number: int) -> str:
    parts = text.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""


def _put(text: str, separator: str, number: int, part: str) -> str:
    parts = text.split(separator)
    parts += [""] * (number - len(parts))
    parts[number - 1] = part
    return separator.join(parts)
