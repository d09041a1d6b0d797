"""Report: a result as people and programs read it: page, PDF, JUnit, FHIR TestReport, spreadsheet."""

from __future__ import annotations

from conformance.report.pdf import find_browser
from conformance.report.write import NO_PDF, Written, write_all

__all__ = ["NO_PDF", "Written", "find_browser", "write_all"]
