"""Samples: results that must belong to a sample that is known here (docs/samples.md)."""

from gateway.store.samples.settle import settle

__all__ = ["settle"]
