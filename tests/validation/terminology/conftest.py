"""One terminology over the official definitions for all tests that load nothing."""

from __future__ import annotations

import pytest

from gateway.validation.r4 import Definitions
from gateway.validation.terminology import Terminology


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    return Definitions()


@pytest.fixture(scope="session")
def terminology(definitions: Definitions) -> Terminology:
    return Terminology(definitions)
