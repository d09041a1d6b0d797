"""The FHIR REST API: one concept, one file (R4 §3.1.0)."""

from gateway.api.app import create_app
from gateway.api.context import Options

__all__ = ["Options", "create_app"]
