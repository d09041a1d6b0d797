"""What every command leaves as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.cli.words import language, speak


@pytest.fixture(autouse=True)
def spoken() -> Iterator[None]:
    """A command that speaks Chinese does not make the next test do so."""
    before = language()
    yield
    speak(before)
