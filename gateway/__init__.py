"""qiao: an HL7 FHIR R4 interoperability gateway for internet hospitals."""

__version__ = "0.1.0"
