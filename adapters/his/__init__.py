"""Doors for hospital information systems."""
