"""FHIR R4 search over the store: postings make candidates quick, the filters say what is meant (R4 §3.1.1).

What others use:

- ``Search``: behind ``Store.search``, ``Store.compartment``, ``Store.everything`` and ``Store.lastn``.
- ``find(connection, tenant, type, pairs, limit=2)``: ids of a conditional interaction, on the writer's
  connection, inside its transaction; ``Allowance``: what all conditions of one transaction may work together.
- ``Criteria(type, pairs, zone=…)``: compiled once, ``matches(resource)`` for many resources.
- ``Terms``: what ``Store.understand`` is given, for ``:in``, ``:not-in``, ``:above`` and ``:below``.
- ``RESULT``: names of the parameters that shape the answer; ``names(type)``: those that filter.
"""

from gateway.store.search.budget import Allowance
from gateway.store.search.compartment import definitions as compartments
from gateway.store.search.conditional import find
from gateway.store.search.matcher import Criteria
from gateway.store.search.parse import names
from gateway.store.search.query import DEFAULT_COUNT, MAX_COUNT, RESULT
from gateway.store.search.search import Search
from gateway.store.search.token import Terms

__all__ = [
    "DEFAULT_COUNT",
    "MAX_COUNT",
    "RESULT",
    "Allowance",
    "Criteria",
    "Search",
    "Terms",
    "compartments",
    "find",
    "names",
]
