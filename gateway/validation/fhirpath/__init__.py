"""FHIRPath: invariants and paths in expressions (FHIRPath 2.0, R4 §2.26.7)."""

from gateway.validation.fhirpath.context import NotEvaluated
from gateway.validation.fhirpath.invariants import FHIRPath

__all__ = ["FHIRPath", "NotEvaluated"]
