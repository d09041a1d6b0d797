"""Bearer: one shared token before the API (RFC 6750); pure ASGI, it costs a comparison."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("/healthz", "/readyz")
"""Paths that tell nothing about anybody; load balancers ask them without a token."""

_DENIED = (
    b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"login",'
    b'"diagnostics":"send Authorization: Bearer and the token of this gateway"}]}'
)


class BearerToken:
    """Lets a request pass that shows the token, answers 401 with an OperationOutcome otherwise.

    Args:
        app: what is protected.
        token: what must be shown; ``""`` lets everything pass (loopback only, see ``settings.guard``).
    """

    def __init__(self, app: App, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not self._expected or scope["path"] in OPEN or self._shown(scope):
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/fhir+json"), (b"www-authenticate", b"Bearer")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": _DENIED})

    def _shown(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0], self._expected)
