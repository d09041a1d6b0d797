"""XML answers: the JSON of an answer becomes XML where the client asks for it (R4 http.html#mime-type).

Every interaction makes JSON; this stands around all of them, so that errors are XML too. Who asks for JSON
gets the bytes as they are.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from typing import Literal
from urllib.parse import parse_qsl

from starlette.types import Message, Scope, Send

from gateway.api import negotiation, outcome
from gateway.canonical.json import dumps, loads
from gateway.canonical.operation_outcome import issue, operation_outcome
from gateway.validation import xml

FHIR_XML = "application/fhir+xml"
_JSON_TYPE = (b"content-type", outcome.FHIR_JSON.encode())
_CHANGED = (b"content-type", b"content-length")


class Representation:
    """Sends one answer, as JSON or as XML.

    Args:
        scope: of the request.
        send: takes the messages.
        threads: where XML is made: others must not wait for it.
    """

    def __init__(self, scope: Scope, send: Send, threads: Executor) -> None:
        self._scope = scope
        self._send = send
        self._threads = threads
        self._start: Message | None = None  # held until the whole body is there
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start":
            if _JSON_TYPE in message["headers"]:
                message["headers"] = [*message["headers"], (b"vary", b"accept")]
                if _wishes(self._scope)[0] == "xml":
                    self._start, self._body = message, bytearray()
                    return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            start, self._start = self._start, None
            message = {"type": "http.response.body", "body": await self._as_xml(start)}
            await self._send(start)
        await self._send(message)

    async def _as_xml(self, start: Message) -> bytes:
        """Return the body as XML and correct what ``start`` says of it."""
        pretty = _wishes(self._scope)[1]
        loop = asyncio.get_running_loop()
        status, body = await loop.run_in_executor(self._threads, _made, bytes(self._body), pretty)
        start["status"] = status or start["status"]
        start["headers"] = [
            *(header for header in start["headers"] if header[0] not in _CHANGED),
            (b"content-type", FHIR_XML.encode()),
            (b"content-length", b"%d" % len(body)),
        ]
        return body


def _made(body: bytes, pretty: bool) -> tuple[int, bytes]:
    """Return the XML of a JSON body, and the status where that is another one."""
    try:
        return 0, xml.to_xml(loads(body), pretty)
    except xml.Unwritable as error:
        told = f"the answer cannot be written as XML; ask for JSON: {error}"
        told += f" ({error.path[:200]})" if error.path else ""
        made = operation_outcome([issue("error", "not-supported", told)])
        return 406, xml.to_xml(loads(dumps(made)))


def _wishes(scope: Scope) -> tuple[Literal["json", "xml", ""], bool]:
    """Return the format of the answer, and whether it is to be indented."""
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    query: bytes = scope["query_string"]
    given = scope.get(negotiation.GIVEN)
    if given is None:
        if b"xml" not in query.lower() and b"xml" not in accept.lower():
            return "json", False
        given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    wanted = negotiation.chosen(accept.decode("latin-1") or None, given.get("_format"))
    return wanted, given.get("_pretty") == "true"
