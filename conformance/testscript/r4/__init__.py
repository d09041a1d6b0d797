"""The elements of R4: what the conversion between JSON and XML has to know, and nothing else."""

from conformance.testscript.r4.elements import Element, elements, is_primitive, is_resource

__all__ = ["Element", "elements", "is_primitive", "is_resource"]
