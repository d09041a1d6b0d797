"""Shipped: the Measures that there are (mappings/measures), with their expressions read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import first
from gateway.errors import Rejected
from gateway.feed.measure.criteria import Criteria, read
from gateway.feed.measure.functions import FUNCTIONS, OPERATIONAL


@dataclass(slots=True, frozen=True)
class Shipped:
    """One Measure.

    Attributes:
        criteria: by (number of the group, code of the population).
        from_ledger: its figures can be computed again from the ledger alone.
    """

    resource: Resource
    criteria: Mapping[tuple[int, str], Criteria]

    @property
    def name(self) -> str:
        """As it is called on the command line."""
        return str(self.resource["url"]).rpartition(":")[2]

    @property
    def scoring(self) -> str:
        """``cohort``, ``proportion`` or ``continuous-variable``."""
        return str(first(self.resource, "scoring.coding.code"))

    @property
    def from_ledger(self) -> bool:
        """Whether its figures can be computed again from the ledger alone."""
        return not any(one.function in OPERATIONAL for one in self.criteria.values())


class Measures:
    """All of them, by id."""

    def __init__(self, found: Mapping[str, Shipped]) -> None:
        self._found = dict(found)

    def __iter__(self) -> Any:
        return iter(self._found.values())

    def of(self, name: str) -> Shipped:
        """Return one by its id, name or url. Raises ``Rejected`` (``not-found``)."""
        plain = name.partition("|")[0]
        for id_, one in self._found.items():
            if plain in (id_, one.name, one.resource["url"]):
                return one
        raise Rejected("there is no such measure", code="not-found", where="measure")


@lru_cache(maxsize=1)
def load_measures() -> Measures:
    """Return the shipped Measures. Raises ``Misconfigured``: an expression is none."""
    found: dict[str, Shipped] = {}
    for file in sorted(files("mappings").joinpath("measures").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".json"):
            resource = json.loads(file.read_text("utf-8"))
            found[resource["id"]] = Shipped(resource, dict(_criteria(resource, file.name)))
    return Measures(found)


def _criteria(resource: Resource, where: str) -> list[tuple[tuple[int, str], Criteria]]:
    return [
        (
            (number, first(population, "code.coding.code")),
            read(population["criteria"]["expression"], FUNCTIONS, where),
        )
        for number, group in enumerate(resource["group"])
        for population in group["population"]
    ]
