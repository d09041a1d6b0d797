"""Said: what rows have made: a tree of texts, of which some are constants."""

from __future__ import annotations

Record = dict[str, list["str | Record"]]
"""Name → values: texts, or records again."""

Said = str | Record


class Fixed(str):
    """A text that says nothing of the resources: a constant or a default."""

    __slots__ = ()


def substantial(said: Said) -> bool:
    """Tell whether anything in a record is not constant."""
    if isinstance(said, str):
        return not isinstance(said, Fixed)
    return any(substantial(one) for values in said.values() for one in values)
