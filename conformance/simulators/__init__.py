"""Simulated HIS, LIS and RIS of one fictional Chinese hospital, sending a whole day over MLLP."""

from conformance.simulators.day import DEFAULT_DATE, hospital_day
from conformance.simulators.event import Event

__all__ = ["DEFAULT_DATE", "Event", "hospital_day"]
