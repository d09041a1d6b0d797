"""The posting tables: what is filed comes back as it was, and a version that is superseded is not found."""

from __future__ import annotations

from typing import Any

from gateway.canonical import Draft
from gateway.store.direct import execute
from gateway.store.index import Index, Rows
from gateway.store.tables import TENANT_SHIFT

BODY = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-03-09T09:30:00+08:00",
    "valueQuantity": {"value": 141.5, "comparator": "<"},
    "component": [{"code": {"text": "x"}, "valueQuantity": {"value": 1}}],
    "note": [{"authorReference": {"reference": "Patient/p2"}}],
}
NAMED = {"resourceType": "Patient", "id": "p9", "name": [{"text": "张伟"}, {"family": "Ångström"}]}


def test_every_row_comes_back(desk: Any) -> None:
    wanted = Rows()
    for at, body in enumerate((BODY, NAMED), 1):
        desk.stored(Draft(body["resourceType"], body["id"], body, key=("urn:k", body["id"])))
        tenant, seq = 1, (1 << TENANT_SHIFT) + at
        Index("+08:00").extract(body, tenant, seq, wanted)
    with desk.store._session.reading() as connection:
        tables = {
            "sx": ("k, type, sys, seq", wanted.tokens),
            "sx_range": ("seq, p, lo, hi", wanted.ranges),
            "sx_str": ("p, norm, seq", wanted.strings),
            "sx_number": ("p, lo, hi, seq", wanted.numbers),
        }
        for table, (columns, rows) in tables.items():
            found = execute(connection, f"SELECT {columns} FROM {table}").fetchall()
            assert rows, table
            assert sorted(map(tuple, found)) == sorted(set(rows)), table


def test_strings_are_in_the_order_of_their_bytes(desk: Any) -> None:
    for at, text in enumerate(("zz", "Äb", "张", "a", "aa", "ab", "a c")):
        body = {"resourceType": "Patient", "id": f"n{at}", "name": [{"text": text}]}
        desk.stored(Draft("Patient", f"n{at}", body, key=("urn:k", str(at))))
    with desk.store._session.reading() as connection:
        sql = "SELECT norm FROM sx_str WHERE norm >= ? AND norm < ? ORDER BY norm"
        found = [row[0] for row in execute(connection, sql, ("a", "a\U0010ffff")).fetchall()]
    assert found == ["a", "a c", "aa", "ab", "ab"]
