"""What the suite of access control is made of."""
