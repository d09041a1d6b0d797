"""Simulated HIS that speaks no HL7: its database in the style of Chinese products, and what changes in it."""

from conformance.simulators.database.day import Change, database_day
from conformance.simulators.database.play import apply, create

__all__ = ["Change", "apply", "create", "database_day"]
