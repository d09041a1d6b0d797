"""Interaction: one row of the API's routing table, from which the CapabilityStatement is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response


@dataclass(slots=True, frozen=True)
class Interaction:
    """One FHIR interaction.

    Attributes:
        code: R4 ``restful-interaction`` code, ``""`` for what CapabilityStatement does not list.
        method: ``"GET"`` (HEAD follows) or ``"POST"``.
        path: below the base, e.g. ``"/{type}/{id}"``.
        handler: serves it.
        summary: one line for the API's description.
    """

    code: Literal["read", "vread", "search-type", ""]
    method: Literal["GET", "POST"]
    path: str
    handler: Callable[..., Awaitable[Response]]
    summary: str


@dataclass(slots=True, frozen=True)
class Served:
    """A type that stands in no store: read-only, not versioned.

    Attributes:
        type: resource type.
        interactions: in the order in which their paths are tried.
        operations: codes of the operations, without ``$``.
    """

    type: str
    interactions: tuple[Interaction, ...]
    operations: tuple[str, ...]
