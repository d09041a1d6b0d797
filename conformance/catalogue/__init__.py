"""The catalogue: every requirement that a gateway is tested against, where it stands and how it is shown.

The rows are data (``conformance/requirements/*.yaml``, one file for each document). This package reads them,
says which hold where and when, holds them against the checks that exist, and counts.
"""

from __future__ import annotations

from conformance.catalogue.coverage import Coverage, coverage
from conformance.catalogue.examine import Problem, examine
from conformance.catalogue.model import Catalogue, Citation, Document, Exclusion, Requirement
from conformance.catalogue.read import CatalogueError, load

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Citation",
    "Coverage",
    "Document",
    "Exclusion",
    "Problem",
    "Requirement",
    "coverage",
    "examine",
    "load",
]
