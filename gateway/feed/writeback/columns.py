"""Columns: texts as the columns of a table take them; what one would round or cut is refused."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Table
from sqlalchemy import types as sql
from sqlalchemy.dialects import mssql

from gateway.errors import Rejected
from gateway.mapping.outbound import TableRow

_PARTIAL = re.compile(r"\d{4}(-\d{2})?\Z")
"""A year, or a month: no day that a column could hold."""

_TRUTH = {"1": True, "true": True, "0": False, "false": False}


def fitting(table: Table, row: TableRow) -> dict[str, Any]:
    """Return the values of a row as their columns take them; those that it need not have only if they do.

    Raises:
        Rejected: a column does not take what it must.
    """
    made: dict[str, Any] = {}
    for name, text in row.values.items():
        try:
            made[name] = taken(table, name, text, row.zone)
        except Rejected:
            if row.needs is None or name in row.needs:
                raise
    return made


def taken(table: Table, name: str, text: str, zone: str) -> Any:
    """Return a text as its column takes it. Raises ``Rejected``: it does not.

    Args:
        zone: in which its time stands: a column WITH TIME ZONE would read it in that of the connection.
    """
    where = f"{table.name}.{name}"
    column = table.columns.get(name)
    if column is None:
        raise Rejected("the table has no such column", code="column", where=where)
    kind = column.type
    if isinstance(kind, sql.Date | sql.DateTime) and column.nullable and _PARTIAL.match(text):
        return None
    try:
        if isinstance(kind, sql.Boolean):
            return _TRUTH[text]
        if isinstance(kind, sql.Integer):
            return int(text)
        if isinstance(kind, sql.Numeric):
            return _number_of(kind, text, where)
        if isinstance(kind, sql.DateTime):
            moment = datetime.fromisoformat(text)
            aware = not _has_zone(kind) or moment.tzinfo is not None
            return moment if aware else datetime.fromisoformat(f"{moment.isoformat()}{zone}")
        if isinstance(kind, sql.Date):
            return date.fromisoformat(text[:10])
    except (KeyError, ValueError, InvalidOperation):
        raise Rejected("a value is not what the column takes", code="value", where=where) from None
    if isinstance(kind, sql.String) and kind.length and len(text) > kind.length:
        raise Rejected(f"longer than the {kind.length} characters of the column", code="value", where=where)
    return text


def _has_zone(kind: sql.DateTime) -> bool:
    """Tell whether a column keeps the zone of a moment, or reads it in that of the connection."""
    named = isinstance(kind, mssql.DATETIMEOFFSET) or getattr(kind, "local_timezone", False)
    return kind.timezone or bool(named)


def _number_of(kind: sql.Numeric[Any], text: str, where: str) -> Decimal:
    """Return a number as its column keeps it. Raises ``Rejected``: the database would round it.

    Raises:
        ValueError, InvalidOperation: it is none.
    """
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    if kind.scale is None:  # as many as are wanted
        return number
    _, digits, exponent = number.normalize().as_tuple()
    decimals = max(0, -int(exponent))
    if decimals > kind.scale:
        told = f"more decimals than the {kind.scale} of the column: widen it"
        raise Rejected(told, code="value", where=where)
    if kind.precision is not None and len(digits) + int(exponent) > kind.precision - kind.scale:
        told = f"more digits than the {kind.precision - kind.scale} of the column before its point: widen it"
        raise Rejected(told, code="value", where=where)
    return number
