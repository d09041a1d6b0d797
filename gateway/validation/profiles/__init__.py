"""Profiles: StructureDefinitions that constrain a type, checked on top of it."""

from gateway.validation.profiles.checker import Profiles

__all__ = ["Profiles"]
