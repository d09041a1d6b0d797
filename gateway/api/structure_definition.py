"""StructureDefinition: read and search of the types and profiles that resources are checked by (R4 §5.3)."""

from __future__ import annotations

from gateway.api import artefact
from gateway.api.interaction import Served

KIND = "StructureDefinition"


SERVED = Served(KIND, artefact.interactions(KIND, "One profile or type", "The profiles and types"), ())
