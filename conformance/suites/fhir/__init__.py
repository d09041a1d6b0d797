"""What the suites that need nothing but a FHIR base are made of (HL7 FHIR R4, 4.0.1)."""
