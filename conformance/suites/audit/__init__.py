"""Parts of the suite audit_trail."""
