"""FHIR API: what HL7 FHIR R4 asks of a server, tried as far as its CapabilityStatement claims it.

It needs nothing but a FHIR base, so it runs against any server; where one only reads, only that is tried.
"""

from __future__ import annotations

from conformance.harness.check import Suite
from conformance.suites.fhir import (
    bulk,
    bundles,
    capability,
    conditional,
    content,
    formats,
    history,
    paging,
    patching,
    reading,
    searching,
    shaping,
    subscribing,
    writing,
)

SUITE = Suite("fhir_api", zh="FHIR R4 接口", en="FHIR R4 API")
PARTS = (
    capability,
    reading,
    writing,
    conditional,
    patching,
    history,
    bundles,
    content,
    formats,
    searching,
    shaping,
    paging,
    bulk,
    subscribing,
)
