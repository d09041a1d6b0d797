"""What the fuzz suite is made of: strategies that draw inputs, and the oracles that hold for any server."""
