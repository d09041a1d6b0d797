"""Looks into resources: FHIRPath, XPath and JSONPath, each giving a list of values as JSON has them."""

from conformance.testscript.looking.by_fhirpath import fhirpath
from conformance.testscript.looking.by_path import path

__all__ = ["fhirpath", "path"]
