"""What the suite of terminology is made of."""
