"""What the suite of data quality is made of: a sample of what a target has, and how it is looked at."""
