"""Account: what became of every valued leaf of a message: mapped, ignored, malformed, read or unmapped."""

from gateway.mapping.account.leaves import STATES, Leaf, compact, totals
from gateway.mapping.account.ledger import Accountant

__all__ = ["STATES", "Accountant", "Leaf", "compact", "totals"]
