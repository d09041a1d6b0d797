"""What somebody does wrong with prescriptions and requests; what a document says wrong is data."""
