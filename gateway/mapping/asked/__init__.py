"""Asked: which search of FHIR a question becomes, by ``mappings/queries`` (docs/add-a-query.md)."""

from gateway.mapping.asked.file import Queries, Query, load_queries
from gateway.mapping.asked.read import Asked, Searched, read

__all__ = ["Asked", "Queries", "Query", "Searched", "load_queries", "read"]
