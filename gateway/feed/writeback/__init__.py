"""Write-back: what an internet hospital creates reaches the HIS (docs/writeback.md).

The ledger is the outbox, as it is for the platforms; a HIS is a receiver that is told in its own language.
"""

from gateway.feed.writeback.opening import open_wires, open_writeback

__all__ = ["open_wires", "open_writeback"]
