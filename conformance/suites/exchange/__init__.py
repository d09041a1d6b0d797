"""What the suites of data exchange share: simulated departments that send, and what FHIR shows of it then."""
