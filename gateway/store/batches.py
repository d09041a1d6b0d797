"""Batches: what messages that came together say of each other, read from what their envelopes were told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.store.direct import execute

_BATCHES = (
    "SELECT i.sender, i.state, r.meta FROM inbox i CROSS JOIN inbox_raw r WHERE i.tenant = ? "
    "AND i.received_us >= ? AND i.received_us < ? "
    "AND i.n >= COALESCE((SELECT MIN(n) FROM inbox WHERE id >= ?), 0) AND r.n = i.n AND r.meta LIKE ?"
)


@dataclass(slots=True, frozen=True)
class Batch:
    """A batch of messages that came in: what its sender says of it, and what became of it.

    Attributes:
        id: its control id (BHS-11), ``""`` where it has none.
        said: how many messages its trailer says (BTS-1), None where it does not.
        held: how many were in it.
        stored: how many of them are stored.
        batches_said: how many batches the file says that it was one of (FTS-1), None where it does not.
        batches: how many there were.
    """

    sender: str
    id: str
    said: int | None
    held: int
    stored: int
    batches_said: int | None = None
    batches: int = 1

    @property
    def agrees(self) -> bool:
        """Whether everything that is said is so, and everything is stored."""
        return (
            self.said in (None, self.held)
            and self.stored == self.held
            and self.batches_said in (None, self.batches)
        )


def between(connection: Connection, tenant: str, begin_us: int, end_us: int) -> list[Batch]:
    """Return the batches from which messages came in that time; see ``Reckoning.batches``."""
    values = (tenant, begin_us, end_us, f"{(begin_us // 1000) << 16:016x}", '%"batch"%')
    found: dict[str, list[tuple[str, str, Any]]] = {}
    for sender, state, text in execute(connection, _BATCHES, values).fetchall():
        meta = json.loads(text)
        key = f"{sender} {meta['batch-id']}" if meta["batch-id"] else meta["batch"]
        found.setdefault(key, []).append((sender, state, meta))
    return [_batch(one) for one in sorted(found.values(), key=lambda one: one[0][2]["batch"])]


def _batch(messages: Sequence[tuple[str, str, Any]]) -> Batch:
    sender, _, meta = max(messages, key=lambda one: one[2]["batch"])

    def number(name: str) -> int | None:
        return int(meta[name]) if name in meta else None

    stored = sum(state == "stored" for _, state, _ in messages)
    return Batch(
        sender, meta["batch-id"], number("batch-said"), int(meta["batch-in"]), stored,
        number("batches-said"), number("batches-in") or 1,
    )  # fmt: skip
