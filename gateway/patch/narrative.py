"""Narrative: after a patch no text goes on saying what does not hold any more (R4 http.html#patch)."""

from __future__ import annotations

from typing import Any

from gateway.patch.failure import Unprocessable
from gateway.patch.growth import equal

_SAME_TEXT = frozenset({"text", "meta", "id", "implicitRules", "language"})
"""Properties that a narrative tells nothing of."""


def told_truly(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a patch, without a narrative that was made of the content before it.

    A patch that writes the narrative too is trusted. One that is ``empty`` tells nothing and stays.

    Args:
        before: the resource as it was patched.
        after: what the patch made of it; it stays as it is.

    Raises:
        Unprocessable: the content changed, and the narrative has what is in no other place (``additional``):
            whether that still holds, only its author can say.
    """
    text = after.get("text")
    if type(text) is not dict or not equal(text, before.get("text")) or equal(_told(before), _told(after)):
        return after
    if text.get("status") == "empty":
        return after
    if text.get("status") == "additional":
        raise Unprocessable(
            "the narrative has content of its own (text.status additional): patch it together with the rest",
            code="business-rule",
        )
    return {name: value for name, value in after.items() if name != "text"}


def _told(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name.removeprefix("_") not in _SAME_TEXT}
