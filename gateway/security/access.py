"""Access: who may pass to the API: a token (RFC 6750), its tenant, its role; pure ASGI, it costs a hash.

A client has one tenant. Every address of another is answered alike, whether there is such a tenant or not.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

from gateway.canonical.operation_outcome import issue, operation_outcome
from gateway.security.caller import ANONYMOUS, CALLER, LOCAL, Caller
from gateway.security.client import DEFAULT_TENANT
from gateway.security.clients import Clients
from gateway.security.rights import is_public, right_of
from gateway.security.roles import Right, roles_with

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH = ("/healthz", "/readyz")
OPEN = (*HEALTH, "/fhir/metadata")
"""Paths that tell nothing about anybody; load balancers and clients that begin ask them without a token.

The metadata of a named tenant are not among them: they would tell who is a customer.
"""

_FEEDBACK = ("counts", "reconciliation", "evidence")
"""What below ``/feed/{tenant}`` is no matter of the ledger alone."""

_log = logging.getLogger("qiao.security")
_TELL_EVERY = 60.0
_REALM = 'Bearer realm="fhir"'


class Access:
    """Lets a request pass whose client may do what it asks; puts the Caller into its scope.

    Answers 401 without a token that is known, 404 for another tenant, 403 where the role does not suffice:
    each an OperationOutcome. Without clients only addresses of this machine are served (a page in a browser
    could otherwise come here under a name of its own).

    Args:
        nameless: nobody said how the API is called, and it listens on this machine alone: any other name is
            421 (RFC 9110 §7.4), and so comes into no address that is answered.
        public: some tenant tells the public of itself (``gateway/api/disclosure.py``).
    """

    def __init__(self, app: App, clients: Clients, *, nameless: bool = False, public: bool = False) -> None:
        self._app = app
        self._clients = clients
        self._nameless = nameless
        self._public = public
        self._denied = 0
        self._told = -_TELL_EVERY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        caller = self._clients.caller(authorization(scope))
        if self._nameless and caller is not LOCAL and path not in HEALTH and not is_local(scope):
            said = "this server is not known by this name: set [api] public_url, or behind_proxy"
            await _answer(send, 421, "not-supported", said)
            return
        if caller is None:
            if path in OPEN or (self._public and is_public(scope["method"], path)):
                scope[CALLER] = ANONYMOUS
                await self._app(scope, receive, send)
            else:
                await self._deny(scope, send)
            return
        scope[CALLER] = caller
        refused = self._refused(caller, scope, path)
        if refused is None:
            await self._app(scope, receive, send)
        else:
            await _answer(send, *refused)

    def _refused(self, caller: Caller, scope: Scope, path: str) -> tuple[int, str, str, str] | None:
        """Return why a known caller does not pass, as arguments of :func:`_answer`, or None."""
        if path in HEALTH:
            return None
        if caller is LOCAL and not is_local(scope):
            said = "without clients this gateway serves addresses of its own machine only: qiao client add"
            return 403, "forbidden", said, ""
        tenant, rest = split(path)
        if tenant is None:
            return None
        if tenant != caller.tenant:
            return 404, "not-found", "nothing is served at this address", ""
        if rest == "/metadata":
            return None
        right = right_of(scope["method"], rest)
        return None if caller.may(right) else _lacking(caller, right)

    async def _deny(self, scope: Scope, send: Send) -> None:
        self._denied += 1
        if time.monotonic() - self._told >= _TELL_EVERY:
            self._told = time.monotonic()
            _log.warning("%d requests without a token that is known", self._denied)
            self._denied = 0
        shown = authorization(scope) is not None
        said = "this token is not known, or expired" if shown else "send Authorization: Bearer and your token"
        challenge = f'{_REALM}, error="invalid_token"' if shown else _REALM
        await _answer(send, 401, "login", said, challenge)


def authorization(scope: Scope) -> bytes | None:
    """Return the ``Authorization`` header; None where there is none, or more than one."""
    found: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            if found is not None:
                return None
            found = value
    return found


def split(path: str) -> tuple[str | None, str]:
    """Return the tenant of a path and what follows its FHIR base; None for a path that is no tenant's."""
    if path == "/fhir" or path.startswith("/fhir/"):
        return DEFAULT_TENANT, path[5:]
    if path.startswith("/feed/"):
        tenant, _, below = path[6:].partition("/")
        return tenant, f"/$feed-{below}" if below in _FEEDBACK else "/$feed"
    if path.startswith("/t/"):
        tenant, _, rest = path[3:].partition("/")
        if rest == "fhir" or rest.startswith("fhir/"):
            return tenant, rest[4:]
        return tenant, f"/{rest}"
    return None, path


def is_local(scope: Scope) -> bool:
    """Tell whether the request names this machine (``Host``)."""
    return _names_loopback(next((value for name, value in scope["headers"] if name == b"host"), b""))


@lru_cache(maxsize=64)
def _names_loopback(value: bytes) -> bool:
    host = value.decode("latin-1").lower()
    name = host.partition("]")[0][1:] if host.startswith("[") else host.partition(":")[0]
    try:
        return name in ("", "localhost") or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name.endswith(".localhost")


def _lacking(caller: Caller, right: Right) -> tuple[int, str, str, str]:
    roles = " or ".join(roles_with(right))
    said = f"this needs the role {roles} ({right}); {caller.client} has the role {caller.role}"
    return 403, "forbidden", said, f'{_REALM}, error="insufficient_scope"'


async def _answer(send: Send, status: int, code: str, said: str, challenge: str = "") -> None:
    made = operation_outcome([issue("error", code, said)])
    body = json.dumps(made, separators=(",", ":")).encode()  # orjson would slow the commands
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/fhir+json")]
    headers += [(b"www-authenticate", challenge.encode())] if challenge else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
