"""Draws inputs from a seed by hypothesis; drawing speaks to nobody, so the same seed draws the same."""

from __future__ import annotations

import hashlib
import threading
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.harness.run import Run
from conformance.harness.verdict import Skipped

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
EXAMPLES = 60
"""Inputs of a check, unless the target's ``settings.fuzz.examples`` says otherwise."""
_ONE_AT_A_TIME = threading.Lock()


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
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _call(hypothesis.seed(seed)(keep))
    return found[:number]


def _call(function: Any) -> None:
    function()
