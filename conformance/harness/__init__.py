"""Harness: what a suite sees. A check speaks to the target by network protocols and says what it expects."""
