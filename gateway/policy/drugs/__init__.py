"""Drugs: what is forbidden, special or known, by name; tables are data, matching survives spelling."""

from gateway.policy.drugs.catalogue import READ, Catalogue, Listed, catalogue

__all__ = ["READ", "Catalogue", "Listed", "catalogue"]
