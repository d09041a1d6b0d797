"""Suites: one file each; what is dropped in here is found. See docs/add-a-suite.md."""
