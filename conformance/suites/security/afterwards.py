"""Afterwards: a hostile request was refused, and the server goes on."""

from __future__ import annotations

from conformance.harness.run import Run


def goes_on(run: Run) -> None:
    """Expect that the target answers as before. Raises :class:`Failed`."""
    run.done(run.client().get("metadata"), "此后服务照常", "the server goes on")
