"""Outage: the log tells of it, and is not flooded by it."""

from __future__ import annotations

import pytest

from gateway.pipeline.outage import QUIET, Outage


def test_a_thousand_failed_commits_are_few_lines_and_nothing_is_uncounted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="qiao.pipeline")
    now = 0.0
    outage = Outage(lambda: now)
    for _ in range(1000):
        outage.failed(2, "the store cannot commit (08006)")
    now = QUIET
    outage.failed(2, "the store cannot commit (08006)")
    outage.failed(1, "the store cannot commit (57P03)")
    outage.failed(3, "the store cannot commit (57P03)")
    outage.over()
    outage.over()
    said = [" ".join(each.getMessage().split()) for each in caplog.records]
    assert said == [
        "the store failed, 2 messages and requests wait at their senders: the store cannot commit (08006)",
        "the store failed, 2000 messages and requests wait at their senders: the store cannot commit (08006)",
        "the store failed, 1 messages and requests wait at their senders: the store cannot commit (57P03)",
        "the store works again; 3 more were sent back until then",
    ]
