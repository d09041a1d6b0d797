"""Left out: what a layout made no segment of: ignored by name, with its reason, or read by nobody."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.mapping.account.leaves import Leaf, Use
from gateway.mapping.layout.laid import Laid
from gateway.wire import er7

LAYOUT = "layout"
"""Rule of what a layout ignores."""


def left_out(message: er7.Message) -> Iterator[Leaf]:
    """Yield the leaves of a record that stand in none of its segments; they count as of the first one."""
    if not isinstance(message, Laid) or message.passed_over is None:
        return
    for path, why in message.passed_over():
        yield Leaf(0, path, "ignored", (Use(LAYOUT, why),))
    for path, count in message.left.items():
        yield from [Leaf(0, path, "unmapped", ())] * count
