"""A laboratory on each engine."""

from __future__ import annotations

from typing import Any

import pytest

from tests.store.samples.laboratory import Laboratory


@pytest.fixture
def lab(desk: Any) -> Laboratory:
    return Laboratory(desk)
