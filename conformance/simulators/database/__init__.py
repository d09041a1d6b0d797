"""Simulated HIS that speaks no HL7: its database in the style of Chinese products, and what changes in it."""

from conformance.simulators.database.day import Change, database_day
from conformance.simulators.database.play import Occupied, apply, connect, empty, ensure, ensure_interface

__all__ = [
    "Change", "Occupied", "apply", "connect", "database_day", "empty", "ensure", "ensure_interface",
]  # fmt: skip
