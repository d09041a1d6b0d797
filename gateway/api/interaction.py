"""Interaction: one row of the API's routing table, from which CapabilityStatement and OpenAPI are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

Code = Literal[
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "create",
    "search-type",
    "history-instance",
    "history-type",
    "transaction",
    "batch",
    "search-system",
    "history-system",
    "",
]
"""R4 ``restful-interaction`` codes."""

Body = Literal["", "resource", "patch", "form", "ndjson"]
"""What an interaction takes as its body: a resource as JSON or XML, a patch, a form, or resources by line."""


@dataclass(slots=True, frozen=True)
class Interaction:
    """One FHIR interaction.

    Attributes:
        code: R4 ``restful-interaction`` code, ``""`` for what CapabilityStatement does not list.
        method: HTTP method; HEAD follows GET.
        path: below the base, e.g. ``"/{type}/{id}"``.
        handler: serves it; called with the request and the parts of the path by name.
        summary: one line for the API's description.
        body: what it takes.
        parameters: of the query, for the description; search parameters are not among them.
        definition: canonical URL of an operation that HL7's R4 does not define itself.
        media: what a good answer is, where it is no resource.
    """

    code: Code
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    handler: Callable[..., Awaitable[Response]]
    summary: str
    body: Body = ""
    parameters: tuple[str, ...] = ()
    definition: str = ""
    media: tuple[str, ...] = ()

    @property
    def writes_by_search(self) -> bool:
        """Whether it changes what a search finds (conditional update, patch, delete)."""
        return self.path == "/{type}" and self.method in ("PUT", "PATCH", "DELETE")

    @property
    def operation(self) -> str:
        """The name of the operation, without ``$``; ``""`` where it is none."""
        last = self.path.rpartition("/")[2]
        return last[1:] if last.startswith("$") else ""


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
