"""The way out: rows that say of FHIR resources what a HIS reads: messages, rows of tables, documents."""

from gateway.mapping.outbound.around import around
from gateway.mapping.outbound.dialect import Dialect, dialect_of
from gateway.mapping.outbound.exchanged import Answer, Soap
from gateway.mapping.outbound.files import OutMaps
from gateway.mapping.outbound.outmap import OutMap, OutSet, Saying
from gateway.mapping.outbound.path import Pool, Resources
from gateway.mapping.outbound.say import TableRow, as_json, said_body, said_rows, said_segments

__all__ = [
    "Answer",
    "Dialect",
    "OutMap",
    "OutMaps",
    "OutSet",
    "Pool",
    "Resources",
    "Saying",
    "Soap",
    "TableRow",
    "around",
    "as_json",
    "dialect_of",
    "said_body",
    "said_rows",
    "said_segments",
]
