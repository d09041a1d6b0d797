"""Asked: which search of FHIR a question becomes, by ``mappings/queries`` (docs/add-a-query.md)."""

from gateway.mapping.asked.file import DOOR, Queries, Query, load_queries
from gateway.mapping.asked.read import Asked, Searched, apart, read, sample_of

__all__ = ["DOOR", "Asked", "Queries", "Query", "Searched", "apart", "load_queries", "read", "sample_of"]
