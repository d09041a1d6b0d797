"""Person names: three groups of five components (PS3.5 section 6.2.1)."""

from __future__ import annotations

from collections.abc import Sequence

GROUPS = ("alphabetic", "ideographic", "phonetic")
COMPONENTS = ("family", "given", "middle", "prefix", "suffix")


def group(name: str, which: int) -> str:
    """Return one group of a name, ``""`` where it has none."""
    parts = name.split("=")
    return parts[which].rstrip("^ ") if which < len(parts) else ""


def component(name: str, which: int, groups: Sequence[int] = (1, 0, 2)) -> str:
    """Return one component, of the first group that says any: the ideographs before their transcription."""
    for one in groups:
        said = group(name, one)
        if said:
            parts = said.split("^")
            return parts[which].strip() if which < len(parts) else ""
    return ""
