"""What the log says of requests that fail: begun, now and then, over."""

from __future__ import annotations

import pytest

from gateway.api.guard import QUIET, Failures


def test_a_thousand_requests_that_fail_alike_are_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    failures = Failures(lambda: now)
    assert not failures.some
    for number in range(1000):
        failures.failed(f"a{number}", "KeyError")
    failures.failed("b", "OSError")
    failures.look()
    now = QUIET
    failures.failed("c", "KeyError")
    failures.look()
    now = 2 * QUIET
    failures.look()
    assert not failures.some
    assert [one.getMessage() for one in caplog.records if one.levelname != "DEBUG"] == [
        "request a0 failed (KeyError), 0 before it",
        "request b failed (OSError), 0 before it",
        "request c failed (KeyError), 999 before it",
        "no request fails any more (OSError), 0 more did",
        "no request fails any more (KeyError), 0 more did",
    ]
