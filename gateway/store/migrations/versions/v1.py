"""Schema version 1: the first one that was released; nothing comes before it."""

from __future__ import annotations

revision = "1"
down_revision = None


def upgrade() -> None:
    """Nothing to do."""
