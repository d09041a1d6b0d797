"""Values: one of each kind of search parameter that every server must be able to read (R4 search.html)."""

from __future__ import annotations

VALUES = {
    "token": "http://example.org/fhir/conformance|none",
    "string": "Qiaoxing",
    "date": "ge2025-03-06",
    "number": "gt5.4",
    "quantity": "gt5.4|http://unitsofmeasure.org|mmol/L",
    "uri": "http://example.org/fhir/conformance/none",
}
"""Kind → value. References and composites differ from parameter to parameter: the searches try those."""


def value(name: str, sort: str) -> str:
    """Return a value for a parameter; ``_id`` takes an id only."""
    return "conformance-absent" if name == "_id" else VALUES[sort]
