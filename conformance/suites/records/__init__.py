"""Parts of the suite records_and_retention."""
