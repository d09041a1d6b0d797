"""Routes: finds the interaction of an address; names in a path go before ``{parameters}`` (R4 http.html).

A tree over the parts of the path: how long a look-up takes does not depend on how much is served. An address
that is served by another method is 405 and says by which; OPTIONS is answered for all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import signature

from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from gateway.api.interaction import Interaction

PATCHES = ("application/json-patch+json", "application/fhir+json", "application/fhir+xml")
_NODE = "qiao.node"
Values = tuple[str, ...]
Handler = Callable[..., Awaitable[Response]]


@dataclass(slots=True)
class Node:
    """One part of a path.

    Attributes:
        named: what follows under a fixed name.
        any: what follows under any.
        methods: what is served here, by HTTP method, and which parts of the path it takes as arguments.
        names: of the parameters on the way here.
    """

    named: dict[str, Node] = field(default_factory=dict)
    any: Node | None = None
    methods: dict[str, tuple[Handler, Values]] = field(default_factory=dict)
    names: Values = ()

    @property
    def allow(self) -> str:
        """The methods that are served here, as the header Allow."""
        return ", ".join(sorted({*self.methods, *(("HEAD",) if "GET" in self.methods else ()), "OPTIONS"}))


class Routes(BaseRoute):
    """All interactions below all bases, as one route of the application."""

    def __init__(self) -> None:
        self._root = Node()

    def add(self, base: str, interaction: Interaction) -> None:
        """Serve an interaction below a base (``"/fhir"``); the first one of an address and method counts."""
        node, names = self._root, []
        for part in (base + interaction.path).split("/")[1:]:
            if part.startswith("{"):
                names.append(part[1:-1])
                node.any = node.any or Node()
                node = node.any
            else:
                node = node.named.setdefault(part, Node())
        node.names = tuple(names)
        takes = tuple(name for name in names if name in signature(interaction.handler).parameters)
        node.methods.setdefault(interaction.method, (interaction.handler, takes))

    def find(self, path: str) -> tuple[Node, Values] | None:
        """Return what is served at a path, and the values of its parameters."""
        return _find(self._root, path.split("/"), 1, ())

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the path is served, by whatever method."""
        found = self.find(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            return Match.NONE, {}
        node, values = found
        return Match.FULL, {_NODE: node, "path_params": dict(zip(node.names, values, strict=True))}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that matched."""
        node: Node = scope[_NODE]
        method = scope["method"]
        served = node.methods.get("GET" if method == "HEAD" else method)
        if served is not None:
            handler, takes = served
            given = scope["path_params"]
            response = await handler(Request(scope, receive, send), **{name: given[name] for name in takes})
        elif method == "OPTIONS":
            patch = {"Accept-Patch": ", ".join(PATCHES)} if "PATCH" in node.methods else {}
            response = Response(status_code=204, headers={"Allow": node.allow, **patch})
        else:
            raise HTTPException(405, headers={"Allow": node.allow})
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Nothing here has a name."""
        raise NoMatchFound(name, path_params)


def _find(node: Node, parts: list[str], at: int, values: Values) -> tuple[Node, Values] | None:
    if at == len(parts):
        return (node, values) if node.methods else None
    part = parts[at]
    below = node.named.get(part)
    if below is not None and (found := _find(below, parts, at + 1, values)):
        return found
    if node.any is not None and part and not part.startswith("$"):  # no id and no type: an operation
        return _find(node.any, parts, at + 1, (*values, part))
    return None
