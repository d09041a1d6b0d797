"""Simulated platform of a regulator: takes what hospitals send, checks all, misbehaves on request."""
