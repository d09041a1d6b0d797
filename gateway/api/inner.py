"""An inner request: an entry of a Bundle that the API itself answers (R4 http.html#transaction)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.requests import Request
from starlette.types import Message

from gateway.api.outcome import FHIR_JSON
from gateway.api.version import MODIFIED
from gateway.security.caller import CALLER

_KEPT = ("type", "asgi", "http_version", "scheme", "server", "client", "root_path", "extensions", CALLER)
_HEADERS = frozenset(
    (b"host", b"authorization", b"accept-language", b"prefer", b"x-request-id", b"x-qiao-practitioner")
)


@dataclass(slots=True)
class Answer:
    """What the API said.

    Attributes:
        headers: names in lower case.
        body: JSON, or nothing.
        modified_us: ``lastUpdated`` of the version that it is about, 0 for none.
        too_long: there was a body, longer than whoever asked can take; it is left out.
    """

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    modified_us: int = 0
    too_long: bool = False


async def ask(
    request: Request,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes = b"",
    prefer: str = "",
    room: Callable[[], int] | None = None,
) -> Answer:
    """Serve a request as if it had come alone, in the name of the same client.

    Args:
        request: the one that it stands in.
        url: below the base of that one.
        headers: in addition; names in lower case.
        prefer: where the client of ``request`` has no preference.
        room: bytes of a body that can be taken when it comes; None: as many as there are.
    """
    own = {name.encode(): value.encode("utf-8", "replace") for name, value in headers.items()}
    own |= {b"accept": FHIR_JSON.encode(), b"content-length": b"%d" % len(body)}
    modified: list[int] = []
    scope = {name: request.scope[name] for name in _KEPT if name in request.scope} | {
        "method": method,
        **_addressed(request, url),
        "headers": [*_of_outer(request, prefer), *own.items()],
        MODIFIED: modified,
    }
    exchange = _Exchange(body, room)
    await request.app(scope, exchange.receive, exchange.send)
    exchange.answer.modified_us = modified[-1] if modified else 0
    return exchange.answer


class _Exchange:
    """The two ends of one inner request: its body goes in, an answer comes out."""

    def __init__(self, body: bytes, room: Callable[[], int] | None) -> None:
        self.answer = Answer()
        self._body, self._room, self._asked = body, room, False

    async def receive(self) -> Message:
        if self._asked:
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Message) -> None:
        answer = self.answer
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        elif not answer.too_long:
            part = message.get("body", b"")
            answer.too_long = self._room is not None and len(answer.body) + len(part) > self._room()
            answer.body = b"" if answer.too_long else answer.body + part


def _addressed(request: Request, url: str) -> dict[str, object]:
    """Return what a scope says of a URL below the base of ``request``."""
    path, _, query = url.partition("?")
    tenant = request.path_params.get("tenant")
    whole = f"/t/{tenant}/fhir/{unquote(path)}" if tenant is not None else f"/fhir/{unquote(path)}"
    return {
        "path": whole,
        "raw_path": quote(whole).encode(),
        "query_string": _without_format(query).encode(),
    }


def _of_outer(request: Request, prefer: str) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in request.scope["headers"] if name in _HEADERS]
    if prefer and not any(name == b"prefer" for name, _ in kept):
        kept.append((b"prefer", prefer.encode()))
    return kept


def _without_format(query: str) -> str:
    """The answer becomes part of a Bundle: it is JSON, whatever its URL says."""
    if "_format" not in query and "_pretty" not in query:
        return quote(query, safe="%&=:/?,;+$@!'()*|~[]")
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([pair for pair in pairs if pair[0] not in ("_format", "_pretty")])
