"""Simulated HIS that speaks no HL7: its database in the style of Chinese products, and what changes in it."""

from conformance.simulators.database.day import Change, database_day
from conformance.simulators.database.play import apply, connect, create, ensure, ensure_interface

__all__ = ["Change", "apply", "connect", "create", "database_day", "ensure", "ensure_interface"]
