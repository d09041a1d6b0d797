"""The quick read: the current version of a resource without routing (R4 §3.1.0.1), the most frequent request.

It stands before the whole application and answers only what is plain: a resource that is there, by GET, as
JSON, without conditions or parameters, to a client that may read it. Everything else, every error and what is
to be packed too, goes on to the application; a test compares both ways.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.compression import LEAST, accepts
from gateway.api.context import STORED, Context
from gateway.api.guard import request_id
from gateway.api.outcome import FHIR_JSON
from gateway.api.read_trail import shown_of
from gateway.canonical.logical_id import ID
from gateway.security import DEFAULT_TENANT, Clients
from gateway.security.access import is_local
from gateway.security.caller import LOCAL, Caller
from gateway.security.rights import OWN
from gateway.store import Version

_ADDRESS = re.compile(r"(?:/t/([a-z0-9-]{1,32}))?/fhir/([A-Z][A-Za-z]{1,63})/" + f"({ID})").fullmatch
_TYPES = STORED - frozenset(OWN)
_JSON = frozenset((b"*/*", b"application/fhir+json", b"application/json"))
_ASKED = frozenset(
    (b"if-none-match", b"if-modified-since", b"if-match", b"if-unmodified-since", b"prefer", b"range")
)
"""Headers that ask for more than the resource."""
_CONTENT_TYPE = (b"content-type", FHIR_JSON.encode())
_VARY = (b"vary", b"accept")
_VARY_LONG = (b"vary", b"accept, accept-encoding")


class Quick:
    """Wraps the application.

    Args:
        context: of the application.
        clients: who may ask.
        nameless: only names of this machine are served (:class:`gateway.security.Access`).
    """

    def __init__(self, app: ASGIApp, context: Context, clients: Clients, *, nameless: bool = False) -> None:
        self.app = app
        self._nameless = nameless
        self._reads = context.reads
        self._trail = context.trail
        self._clients = clients

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        plain = scope["type"] == "http" and scope["method"] == "GET" and not scope["query_string"]
        address = _ADDRESS(scope["path"]) if plain else None
        found = None if address is None else await self._found(scope, address)
        if found is None:
            await self.app(scope, receive, send)
            return
        headers = [*_tags(found.ver, found.ts_us // 1_000_000), (b"content-length", b"%d" % len(found.body))]
        headers += (
            _CONTENT_TYPE,
            _VARY if len(found.body) < LEAST else _VARY_LONG,
            (b"x-request-id", request_id(scope)),
        )
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": found.body})

    async def _found(self, scope: Scope, address: re.Match[str]) -> Version | None:
        """Return the version that a plain request asks for, None for any other one."""
        tenant = address[1] or DEFAULT_TENANT
        caller = self._may(scope, tenant) if address[2] in _TYPES else None
        if caller is None:
            return None
        try:
            version = await self._reads.current(tenant, address[2], address[3])
            if version is None or version.deleted or (len(version.body) >= LEAST and accepts(scope)):
                return None
            if self._trail is not None and self._trail.wants(tenant):
                self._trail.note(caller, "read", scope["headers"], shown_of((version,)))
        except Exception:  # noqa: BLE001 -- the application meets it again and says so
            return None
        return version

    def _may(self, scope: Scope, tenant: str) -> Caller | None:
        """Return who asks for nothing but the resource, and may read it; None for any other one."""
        token: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                if token is not None:
                    return None
                token = value
            elif (name == b"accept" and value not in _JSON) or name in _ASKED:
                return None
        caller = self._clients.caller(token)
        if caller is None or caller.tenant != tenant or not caller.may("read"):
            return None
        if caller.sees != "all" or caller.role == "patient":
            return None
        return caller if not (self._nameless or caller is LOCAL) or is_local(scope) else None


@lru_cache(maxsize=4096)
def _tags(ver: int, seconds: int) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    """Return ETag and Last-Modified; whole batches share them."""
    moment = format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)
    return (b"etag", b'W/"%d"' % ver), (b"last-modified", moment.encode())
