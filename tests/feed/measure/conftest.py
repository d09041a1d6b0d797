"""What a report is checked with."""

from __future__ import annotations

import pytest

from gateway.validation import Validator


@pytest.fixture(scope="session")
def validator() -> Validator:
    return Validator()
