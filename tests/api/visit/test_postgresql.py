"""The same course on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from gateway.store import Store, open_store


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    opened = open_store(database)
    yield opened
    opened.close()


def test_a_prescription_is_numbered_approved_and_used_once(admitted: Any) -> None:
    first = admitted.approved("g1", "CF1", lines=2)
    second = admitted.approved("g2", "CF2")
    assert first["status"] == second["status"] == "effective"
    assert first["serial"] != second["serial"]
    pharmacy = {"reference": "Organization/p1"}
    assert admitted.call("RequestGroup/g1", "redeem", pharmacy=pharmacy).status_code == 200
    assert admitted.call("RequestGroup/g1", "redeem", pharmacy=pharmacy).status_code == 409
    assert admitted.put({**admitted.read("MedicationRequest/g2m0"), "priority": "urgent"}).status_code == 409
    assert admitted.store.ledger.verify("default").ok
