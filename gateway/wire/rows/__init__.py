"""Rows: what a view of a database or a table in a file says, as bytes that can be kept and read again."""

from gateway.wire.rows import objects
from gateway.wire.rows.faulty import Faulty
from gateway.wire.rows.page import CONTENT_TYPE, Page, enclosed, parse, written
from gateway.wire.rows.record import Row, RowRecord

__all__ = ["CONTENT_TYPE", "Faulty", "Page", "Row", "RowRecord", "enclosed", "objects", "parse", "written"]
