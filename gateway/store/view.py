"""View: which resources a caller sees at all, whatever way a search takes to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Tag:
    """A tag as it stands in ``meta.tag``; both parts are compared letter by letter."""

    system: str
    code: str


class Supervised:
    """Only what belongs to the supervised business (``gateway/store/supervised_business.py``)."""


SUPERVISED = Supervised()
View = Mapping[str, Tag | Supervised | None]
"""Type → the tag that those of its resources have that are seen, or what else they are; None: none is seen.

Of a type that is not in it everything is seen.
"""

ALL: View = {}
"""Nothing is kept from the caller."""
