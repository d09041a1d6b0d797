"""Representation: XML for who asks for it (R4 http.html#mime-type), errors in the language of who reads them.

Every interaction makes JSON, and every refusal is English; this stands around all of them, so that errors are
XML too, and Chinese (RFC 9110 §12.5.4). Who asks for JSON gets the bytes as they are.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from typing import Literal
from urllib.parse import parse_qsl

from starlette.types import Message, Scope, Send

from gateway.api import language, negotiation, outcome
from gateway.canonical.json import dumps, loads
from gateway.canonical.operation_outcome import issue, operation_outcome
from gateway.validation import xml

FHIR_XML = "application/fhir+xml"
_JSON_TYPE = (b"content-type", outcome.FHIR_JSON.encode())
_CHANGED = (b"content-type", b"content-length")


class Representation:
    """Sends one answer, as JSON or as XML, a refusal in English or Chinese.

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
        self._chinese = False
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start":
            if _JSON_TYPE in message["headers"]:
                message["headers"] = [*message["headers"], (b"vary", b"accept")]
                self._chinese = _is_told(message["status"]) and self._say(message)
                if self._chinese or _wishes(self._scope)[0] == "xml":
                    self._start, self._body = message, bytearray()
                    return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            start, self._start = self._start, None
            message = {"type": "http.response.body", "body": await self._other(start)}
            await self._send(start)
        await self._send(message)

    def _say(self, start: Message) -> bool:
        """Say in ``start`` which language the refusal gets; return whether it is to become Chinese."""
        if any(name == b"content-language" for name, _ in start["headers"]):
            return False  # its maker speaks both
        chinese = language.reads_chinese(self._scope)
        start["headers"] += (language.content_language(chinese), language.VARY)
        return chinese

    async def _other(self, start: Message) -> bytes:
        """Return the body in the other language or format and correct what ``start`` says of it."""
        form, pretty = _wishes(self._scope)
        loop = asyncio.get_running_loop()
        body, kind, status = bytes(self._body), outcome.FHIR_JSON, 0
        if self._chinese:
            body = await loop.run_in_executor(self._threads, outcome.translated, body)
        if form == "xml":
            kind = FHIR_XML
            zh = language.reads_chinese(self._scope)
            status, body = await loop.run_in_executor(self._threads, _made, body, pretty, zh)
        if status:
            start["status"] = status
            self._say(start)
        start["headers"] = [
            *(header for header in start["headers"] if header[0] not in _CHANGED),
            (b"content-type", kind.encode()),
            (b"content-length", b"%d" % len(body)),
        ]
        return body


def _is_told(status: int) -> bool:
    """Tell whether an answer of this status is an OperationOutcome of ours, and nothing that is stored."""
    return status >= 400 or status == 202


def _made(body: bytes, pretty: bool, zh: bool) -> tuple[int, bytes]:
    """Return the XML of a JSON body, and the status where that is another one."""
    try:
        return 0, xml.to_xml(loads(body), pretty)
    except xml.Unwritable as error:
        told = f"the answer cannot be written as XML; ask for JSON: {error}"
        told += f" ({error.path[:200]})" if error.path else ""
        made = operation_outcome([issue("error", "not-supported", outcome.spoken(told, zh))])
        return 406, xml.to_xml(loads(dumps(made)))


def _wishes(scope: Scope) -> tuple[Literal["json", "xml", ""], bool]:
    """Return the format of the answer, and whether it is to be indented."""
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    query: bytes = scope["query_string"]
    given = scope.get(negotiation.GIVEN)
    if given is None:
        if b"xml" not in query.lower() and b"xml" not in accept.lower():
            return "json", False
        given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    wanted = negotiation.chosen(accept.decode("latin-1") or None, given.get("_format"))
    return wanted, given.get("_pretty") == "true"
