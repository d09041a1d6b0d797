"""The command as it was typed, which a report names: without what is secret, wherever in it that stands."""

from __future__ import annotations

import shlex
import sys

HIDDEN = "***"
_SECRET = 4
"""Letters from which on a token is one: a shorter one is a part of other words."""


def typed(token: str) -> str:
    """Return it.

    Args:
        token: as it was given; hidden where it stands, and its value wherever else it does.
    """
    words = sys.argv[1:]
    return "qiao " + shlex.join(
        _shown(one, before, token) for before, one in zip(["", *words], words, strict=False)
    )


def _shown(word: str, before: str, token: str) -> str:
    if before == "--token":
        return HIDDEN
    if word.startswith("--token="):
        return f"--token={HIDDEN}"
    return word.replace(token, HIDDEN) if len(token) >= _SECRET else word
