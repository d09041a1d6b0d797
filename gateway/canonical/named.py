"""Named: by which name a diagnosis is told from another one of the same code."""

from __future__ import annotations

from unicodedata import normalize

from gateway.canonical.resource import Resource


def name_of(body: Resource) -> str:
    """Return what a Condition is called, as :func:`spelled`: its text, else a display; ``""`` for nothing."""
    code = body.get("code", {})
    said = code.get("text") or next(
        (one["display"] for one in code.get("coding", ()) if one.get("display")), ""
    )
    return spelled(said)


def spelled(name: str) -> str:
    """Return a name without what tells no two names apart: width, case and blanks."""
    return "".join(normalize("NFKC", name).casefold().split())
