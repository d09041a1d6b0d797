"""Garbage: how often Python looks for cycles, in processes that work on many messages."""

from __future__ import annotations

import gc

THRESHOLDS = (500_000, 20, 100)
"""A message makes thousands of objects and hardly a cycle; with Python's 700 the collector never rests.

The first number is more than what is under way: four thousand messages of a backfill are 160,000 objects, and
to look through those again and again cost a tenth of its time.
"""


def settle() -> None:
    """Leave what is there (maps, definitions, caches) out of the search for ever, and search seldom.

    They live as long as the process: looking through them cost 14% of the time of a gateway.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
