"""Faults: the sentences of ``gateway.errors``, English where they are raised, in Chinese; by area."""

from __future__ import annotations

from gateway.cli.faults import codes, installation, maps, running, senders

FAULTS: dict[str, str] = {
    english: chinese
    for table in (running, maps, senders, codes, installation)
    for english, chinese in table.FAULTS.items()
}
"""Sentence of an error, ``{…}`` for what varies → Chinese; the first that fits is taken."""
