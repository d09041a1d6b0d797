"""Reproducible comparisons: our codec, mapping and durable gateway beside the packages of the field."""
