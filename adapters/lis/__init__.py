"""Doors for laboratory systems."""
