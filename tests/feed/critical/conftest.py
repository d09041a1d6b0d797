"""A ward with an adult, a newborn, a doctor and an order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.feed.critical import CriticalValues, load_rules
from gateway.feed.governors import Governors
from gateway.feed.visit.governor import Visits
from gateway.settings import TenantSettings
from gateway.store import open_store
from tests.feed.critical.ward import Ward


@pytest.fixture
def ward(url: str) -> Iterator[Ward]:
    opened = open_store(url)
    opened.govern(Governors(Visits(lambda _: TenantSettings()), CriticalValues(load_rules())))
    made = Ward(opened)
    day = (datetime.now(UTC) - timedelta(days=5)).date().isoformat()
    subject = {"reference": "Patient/adult"}
    made.write(
        {"resourceType": "Patient", "id": "adult", "gender": "male", "birthDate": "1960-02-29"},
        {"resourceType": "Patient", "id": "newborn", "gender": "female", "birthDate": day},
        {"resourceType": "Practitioner", "id": "d1"},
        {"resourceType": "ServiceRequest", "id": "r1", "status": "active", "intent": "order",
         "subject": subject, "requester": {"reference": "Practitioner/d1", "display": "周医生"}},
    )  # fmt: skip
    yield made
    opened.close()
