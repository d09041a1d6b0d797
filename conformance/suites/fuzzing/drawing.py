"""Draws inputs from a seed by hypothesis; drawing speaks to nobody, so the same seed draws the same."""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.harness.run import Run
from conformance.harness.verdict import Skipped

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
EXAMPLES = 60
"""Inputs of a check, unless the target's ``settings.fuzz.examples`` says otherwise."""
_ONE_AT_A_TIME = threading.Lock()
_CONSTANTS = "_local_constants"
"""Where hypothesis keeps what it found in the source of the modules that are loaded."""


def needed() -> None:
    """Go on only where hypothesis is installed. Raises :class:`Skipped`."""
    try:
        import hypothesis  # noqa: F401
    except ImportError:
        raise Skipped(
            "未安装 hypothesis（模糊测试所需）", "hypothesis is not installed, which fuzzing needs"
        ) from None


def drawn(run: Run, name: str, strategy: SearchStrategy[T]) -> list[T]:
    """Return inputs of a strategy: the same for the same seed and name."""
    import hypothesis
    from hypothesis import HealthCheck, Phase, given, settings

    number = int(run.target.setting("fuzz.examples", EXAMPLES))
    found: list[T] = []

    @settings(
        max_examples=number, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(strategy)
    def keep(one: T) -> None:
        found.append(one)

    seed = int.from_bytes(hashlib.sha256(f"{run.session.seed}/{name}".encode()).digest()[:8])
    with _ONE_AT_A_TIME, _without_constants(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _call(hypothesis.seed(seed)(keep))
    return found[:number]


def _call(function: Any) -> None:
    function()


@contextmanager
def _without_constants() -> Iterator[None]:
    """Keep hypothesis from reading the source of every loaded module for constants to draw from.

    That costs seconds in a folder where it was not done before, and makes what a seed draws depend on which
    suites are loaded. A hypothesis that does no such thing is left as it is.
    """
    try:
        from hypothesis.internal.conjecture.providers import HypothesisProvider
        from hypothesis.internal.constants_ast import Constants

        read = HypothesisProvider.__dict__[_CONSTANTS]
    except (ImportError, KeyError):
        yield
        return
    setattr(HypothesisProvider, _CONSTANTS, Constants())
    try:
        yield
    finally:
        setattr(HypothesisProvider, _CONSTANTS, read)
