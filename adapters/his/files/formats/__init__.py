"""Formats: what reads each kind of file, by its name in a pattern."""

from adapters.his.files.formats.delimited import read_table
from adapters.his.files.formats.objects import read_json, read_ndjson
from adapters.his.files.formats.sheet import read_sheet
from adapters.his.files.formats.tree import read_xml

READERS = {
    "table": read_table,
    "sheet": read_sheet,
    "json": read_json,
    "ndjson": read_ndjson,
    "xml": read_xml,
}
"""Format → what opens a file of it; raises ``Broken``."""

__all__ = ["READERS"]
