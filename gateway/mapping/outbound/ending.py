"""Ending: what the end of a document needs said.

A receiver knows an order by its number; the number, whose it is, and that it is over are all that an end
needs. What else is said as far as it can be: a value that cannot is left out, and with it what would be half
said.
"""

from __future__ import annotations

ENDS = frozenset(("cancelled", "terminated"))
"""Events that take a document back: whatever it said is over."""

DETAILS = frozenset(("NTE", "OBR", "RXE", "RXO", "RXR", "TQ1"))
"""Segments of an order that ORC can do without where only its state changes (HL7 v2.8 §4.5.1)."""


LINES = ("MedicationRequest", "ServiceRequest")
"""Types of the lines of an order."""

CANCELLED = "cancelled"


def is_over(element: object) -> bool:
    """Tell whether an element is a line that was taken back, while others of its document stay."""
    if not isinstance(element, dict):
        return False
    return element.get("resourceType") in LINES and element.get("status") == CANCELLED


class Again(Exception):
    """A line of an order that ends has the number of one that was said."""
