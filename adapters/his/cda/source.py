"""Where the bytes come from: ``POST /cda``, one document in each request (RFC 9112)."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from adapters.his.cda.answer import status, written
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.errors import Misconfigured, Retry
from gateway.spec import Deliver
from gateway.wire.tls import server_context
from gateway.wire.xml.schemas import Schemas

_LOG = logging.getLogger("qiao.adapter.his.cda")

NAME = "his/cda"
CONTENT_TYPE = "text/xml"
PATH = "/cda"
MAX_HEAD = 32 * 1024
"""Bytes of the request line and all headers together."""

Value = str | int | float | bool


class _Refused(Exception):
    """A request that is no document."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class CdaDoor:
    """A ``gateway.spec.Source``: an HTTP port that takes one document a connection.

    Args:
        settings: of ``ADAPTER.fields``.
    """

    def __init__(self, settings: Mapping[str, Value]) -> None:
        self._host, self._port = str(settings["host"]), int(settings["port"])
        self._tenant, self._token = str(settings["tenant"]), str(settings["token"])
        self._schemas = str(settings["schemas"])
        self._max, self._most = int(settings["max_message"]), int(settings["max_connections"])
        self._timeout = float(settings["timeout"])
        self._tls = server_context(NAME, settings)
        self._server: asyncio.Server | None = None
        self._deliver: Deliver
        self._under_way: set[asyncio.Task[None]] = set()
        self._counts = dict.fromkeys(("documents", "refused", "timeouts", "busy"), 0)

    async def start(self, deliver: Deliver) -> None:
        """Bind and begin to receive.

        Raises:
            Misconfigured: the port cannot be bound (code ``"cannot-bind"``), or ``schemas`` holds none.
        """
        self._deliver = deliver
        where = f'[adapters."{NAME}"]'
        if self._schemas:
            try:
                Schemas(Path(self._schemas))
            except Misconfigured as error:
                raise Misconfigured(f"schemas: {error.reason}", where=where) from None
        try:
            self._server = await asyncio.start_server(
                self._connected, self._host, self._port, limit=MAX_HEAD, ssl=self._tls
            )
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)
            said = f"cannot bind {self._host}:{self._port}: {why}; set another port"
            raise Misconfigured(said, code="cannot-bind", where=where) from None
        self._port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Accept nothing new, answer what is under way, close."""
        if self._server is not None:
            self._server.close()
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=10)
            self._server = None

    def status(self) -> Mapping[str, int | str]:
        """Return the bound address and what was counted since the start."""
        return {"address": f"{self._host}:{self._port}", **self._counts, "open": len(self._under_way)}

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            code, body = await self._answered(reader, writer)
            await asyncio.wait_for(_write(writer, code, body), self._timeout)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            self._counts["timeouts"] += 1
        finally:
            self._under_way.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)

    async def _answered(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[int, bytes]:
        try:
            if len(self._under_way) > self._most:
                raise _Refused(503, "too-many-connections")
            raw, charset = await asyncio.wait_for(self._received(reader, writer), self._timeout)
        except _Refused as refused:
            self._counts["refused"] += 1
            return refused.code, written("not-understood", reason=refused.reason)
        peer = writer.get_extra_info("peername") or ("", 0)
        moment = now_us()
        meta = {"peer": str(peer[0]), "port": str(peer[1])}
        if self._schemas:
            meta["schemas"] = self._schemas
        envelope = Envelope(
            new_envelope_id(moment), self._tenant, NAME, "", moment, CONTENT_TYPE, charset, raw, meta
        )
        try:
            answer = await self._deliver(envelope)
        except Retry as error:
            self._counts["busy"] += 1
            return 503, written("busy", reason=error.reason)
        except Exception as error:  # noqa: BLE001 -- a fault of ours: the sender keeps it and hears so
            self._counts["busy"] += 1
            _LOG.error("%s: %s while a document was taken", NAME, type(error).__name__)
            return 503, written("busy", reason="internal-error")
        self._counts["documents"] += 1
        return status(answer), answer

    async def _received(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[bytes, str]:
        """Return the body of a request and the charset that it names."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise _Refused(431, "headers-too-long") from None
        except asyncio.IncompleteReadError:
            raise _Refused(400, "no-request") from None
        line, *lines = head.decode("latin-1").split("\r\n")
        method, _, rest = line.partition(" ")
        pairs = (one.partition(":") for one in lines if ":" in one)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if not rest.rpartition(" ")[2].startswith("HTTP/1."):
            raise _Refused(400, "not-http")
        if rest.partition(" ")[0].partition("?")[0].rstrip("/") != PATH:
            raise _Refused(404, "post-to-/cda")
        if method not in ("POST", "PUT"):
            raise _Refused(405, "post-to-/cda")
        given = headers.get("authorization", "").removeprefix("Bearer ").encode()
        if self._token and not hmac.compare_digest(given, self._token.encode()):
            raise _Refused(401, "token")
        length = headers.get("content-length", "")
        if not length.isascii() or not length.isdigit() or "transfer-encoding" in headers:
            raise _Refused(411, "content-length")
        if int(length) > self._max:
            raise _Refused(413, "too-large")
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(length))
        return body, _charset(headers.get("content-type", ""))


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return ""


async def _write(writer: asyncio.StreamWriter, code: int, body: bytes) -> None:
    retry = "Retry-After: 5\r\n" if code == 503 else ""
    allow = "Allow: POST, PUT\r\n" if code == 405 else ""
    ask = "WWW-Authenticate: Bearer\r\n" if code == 401 else ""
    head = (
        f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n{retry}{allow}{ask}Connection: close\r\n\r\n"
    )
    writer.write(head.encode("ascii") + body)
    await writer.drain()


def source(settings: Mapping[str, Value]) -> CdaDoor:
    """Return the door, not yet open."""
    return CdaDoor(settings)
