"""Simulated internet hospital: drives whole visits over a FHIR API, and tries what is forbidden."""
