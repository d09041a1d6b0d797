"""The FHIR REST API: one concept, one file (R4 §3.1.0)."""

from gateway.api.app import create_app
from gateway.api.context import Context, Options

__all__ = ["Context", "Options", "create_app"]
