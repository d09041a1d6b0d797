"""A request that breaks off is tried where requests are transactions."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.harness.verdict import Skipped
from conformance.suites.supervision.line import broken_request


def test_half_of_a_transaction_shows_nothing_where_none_is_taken(on_shelf: Any, shelf: Any) -> None:
    run = on_shelf(writes={"*": "fhir", "Patient": {"path": "//api/patient"}})
    with pytest.raises(Skipped, match=r"writes\.Patient"):
        broken_request(run)
    assert shelf.asked == []
