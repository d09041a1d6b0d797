"""Criteria: the expressions of shipped Measures: a function of a closed table and its parameters.

``entries kind=prescription event=effective,rejected``: language ``text/x-qiao-count``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from statistics import median

from gateway.errors import Misconfigured
from gateway.feed.measure.extract import Extract

LANGUAGE = "text/x-qiao-count"


@dataclass(slots=True)
class Found:
    """What a function finds.

    Attributes:
        values: one for each thing that it counts; what is only counted is 1.
        strata: the same by name, where it is told apart.
    """

    values: list[float] = field(default_factory=list)
    strata: dict[str, list[float]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """How many."""
        return len(self.values)

    @property
    def middle(self) -> float | None:
        """The median of the values, None where there are none."""
        return median(self.values) if self.values else None

    def add(self, value: float, stratum: str = "") -> None:
        """Count one more."""
        self.values.append(value)
        if stratum:
            self.strata.setdefault(stratum, []).append(value)


Function = Callable[..., Found]


@dataclass(slots=True, frozen=True)
class Criteria:
    """One expression that was read."""

    function: Function
    parameters: Mapping[str, str]

    def of(self, extract: Extract) -> Found:
        """Return what it finds in a stretch of the ledger."""
        return self.function(extract, **self.parameters)


def read(text: str, table: Mapping[str, Function], where: str) -> Criteria:
    """Return an expression that can be computed.

    Raises:
        Misconfigured: there is no such function, or it does not take these parameters.
    """
    name, *said = text.split()
    function = table.get(name)
    given = dict(one.partition("=")[::2] for one in said)
    if function is None or set(given) != set(list(signature(function).parameters)[1:]):
        raise Misconfigured(f"no measure can count {text!r}", where=where)
    return Criteria(function, given)
