"""The index: search parameters of every type, the values they select, the postings that make them quick.

What a value says is defined once, for the test of a candidate and for the rows alike (``tokens``,
``strings``, ``references``, ``spans``, ``quantities``); where it is filed is told by the ``…_keys``.
"""

from gateway.store.index.carefully import FAR
from gateway.store.index.filing import Index
from gateway.store.index.interface import parameters, tokens, types_naming
from gateway.store.index.keys import (
    SHORT_US,
    identifier_keys,
    number_keys,
    range_keys,
    reference_key,
    reference_keys,
    string_keys,
    token_keys,
    uri_keys,
)
from gateway.store.index.normal import STRING_LENGTH, normal, precision
from gateway.store.index.parameter import COMPARATORS, Kind, Parameter
from gateway.store.index.readings import (
    Quantity,
    identifier,
    quantities,
    references,
    spans,
    strings,
    texts,
    unversioned,
)
from gateway.store.index.rows import Rows
from gateway.store.index.selection import values

__all__ = [
    "COMPARATORS",
    "FAR",
    "SHORT_US",
    "STRING_LENGTH",
    "Index",
    "Kind",
    "Parameter",
    "Quantity",
    "Rows",
    "identifier",
    "identifier_keys",
    "normal",
    "number_keys",
    "parameters",
    "precision",
    "quantities",
    "range_keys",
    "reference_key",
    "reference_keys",
    "references",
    "spans",
    "string_keys",
    "strings",
    "texts",
    "token_keys",
    "tokens",
    "types_naming",
    "unversioned",
    "uri_keys",
    "values",
]
