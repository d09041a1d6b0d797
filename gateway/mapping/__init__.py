"""Mapping: declarative rows, compiled once, turn a Record into FHIR drafts (docs/add-a-mapping.md)."""

from gateway.mapping.layout import Laid
from gateway.mapping.maps import Maps, load_maps
from gateway.mapping.senders import Profile
from gateway.mapping.trace import Tracer

__all__ = ["Laid", "Maps", "Profile", "Tracer", "load_maps"]
