"""Doors for imaging systems: PACS and RIS."""
