"""Facts: what a rule may look up beyond the documents that it judges, so that no rule knows a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.canonical.resource import Resource


class Facts(Protocol):
    """What is on file in one tenant at the moment of a decision.

    A document under decision need not be in it. What it returns belongs to it: nobody changes it.
    """

    @property
    def now_us(self) -> int:
        """The moment of the decision, microseconds since 1970-01-01T00:00:00Z."""

    def read(self, reference: str) -> Resource | None:
        """Return the current resource behind ``"Type/id"``, None where there is none (or it is deleted)."""

    def referring(self, type: str, reference: str, *by: str) -> Sequence[Resource]:
        """Return the current resources of a type that refer to ``"Type/id"``, by whatever element.

        Of very many only the newest are returned. ``by`` names search parameters: what refers by others may
        then be left out, so that it takes no place (a hospital is the custodian of all its documents).
        """

    def named(self, type: str, system: str, value: str) -> Resource | None:
        """Return the resource of a type that has an identifier, None where none or several have it."""
