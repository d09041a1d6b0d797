"""The invariants of R4: the common ones in Python, the others in FHIRPath."""

from gateway.validation.invariants import (
    bundle,
    conformance,
    datatypes,
    element_definition,
    resources,
    structure_definition,
)
from gateway.validation.invariants.native import INLINE, Native, native

__all__ = [
    "INLINE",
    "Native",
    "bundle",
    "conformance",
    "datatypes",
    "element_definition",
    "native",
    "resources",
    "structure_definition",
]
