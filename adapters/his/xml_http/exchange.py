"""Exchange: bytes → requests, answers → bytes (HTTP/1.1: RFC 9112, RFC 9110); no socket is seen here."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import httptools

MAX_HEAD = 32 * 1024
"""Bytes of the request line and all headers together."""
MOST_HEADERS = 100
CODINGS = ("gzip", "x-gzip", "deflate")
"""Content codings that are taken; what comes out of them is bounded like a body that is not compressed."""


class Refused(Exception):
    """A request that never comes to the handler.

    Attributes:
        status: of the answer: 400, 408, 413, 415, 431 or 503.
    """

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@dataclass(slots=True)
class Request:
    """One request.

    Attributes:
        headers: names in small letters.
        body: not compressed any more.
        peer: address and port of the other end; ``subject``: common name of its certificate, ``""``.
    """

    method: str = ""
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    keep_alive: bool = True
    peer: tuple[str, int] = ("", 0)
    subject: str = ""


@dataclass(slots=True, frozen=True)
class Response:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def written(self, *, keep_alive: bool) -> bytes:
        """Return it as it is sent."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = ""
        headers = {
            "Content-Type": self.content_type,
            "Content-Length": str(len(self.body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Connection": "keep-alive" if keep_alive else "close",
            **self.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} {phrase}\r\n{lines}\r\n".encode("latin-1") + self.body


class Inflater:
    """What a compressed body becomes, part by part, and never more than ``most`` bytes of it.

    Args:
        coding: one of ``CODINGS``.
    """

    def __init__(self, coding: str, most: int) -> None:
        self._bits = zlib.MAX_WBITS if coding == "deflate" else zlib.MAX_WBITS | 16
        self._left, self._stream = most, zlib.decompressobj(self._bits)

    def take(self, data: bytes) -> bytes:
        """Return what a part becomes.

        Raises:
            Refused: 400: it is not compressed like this; 413: too much comes out of it.
        """
        made = bytearray()
        try:
            while data:
                if self._stream.eof:  # a further member (RFC 1952 §2.2)
                    self._stream = zlib.decompressobj(self._bits)
                made += self._stream.decompress(data, self._left - len(made) + 1)
                if len(made) > self._left:
                    raise Refused(413)
                data = self._stream.unused_data
        except zlib.error:
            raise Refused(400) from None
        self._left -= len(made)
        return bytes(made)

    @property
    def whole(self) -> bool:
        """Tell whether what was taken ends where it should."""
        return self._stream.eof


class RequestReader:
    """The requests in the bytes of one connection.

    Args:
        most: bytes of one body.

    Attributes:
        ready: requests that are whole.
        begun: some bytes of the next one are there; ``in_body``: its headers are whole.
        wants_more: its sender waits for ``100 Continue``.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._inflater: Inflater | None = None
        self._head = self._refused = 0
        self.ready: deque[Request] = deque()
        self.begun = self.in_body = self.wants_more = False

    def feed(self, data: bytes) -> None:
        """Take what came.

        Raises:
            Refused: with the status.
        """
        if not self.in_body:
            self.begun = True
            self._head += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserUpgrade, httptools.HttpParserError):
            raise Refused(self._refused or 400) from None
        if self._refused:
            raise Refused(self._refused)
        if not self.in_body and not self.ready and self._head > MAX_HEAD:
            raise Refused(431)

    @property
    def held(self) -> int:
        """Bytes of the body that is being read."""
        return len(self._request.body) if self.in_body else 0

    def _refuse(self, status: int) -> None:
        self._refused = self._refused or status

    def on_message_begin(self) -> None:
        self._request, self._inflater = Request(), None

    def on_url(self, url: bytes) -> None:
        self._request.target += url.decode("latin-1")
        if len(self._request.target) > MAX_HEAD:
            self._refuse(431)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        if len(self._request.headers) > MOST_HEADERS:
            self._refuse(431)

    def on_headers_complete(self) -> None:
        request, self.in_body = self._request, True
        request.method = self._parser.get_method().decode("latin-1")
        said = request.headers.get("content-length", "0")
        if said.isdigit() and int(said) > self._most:
            self._refuse(413)
        coding = request.headers.get("content-encoding", "").strip().lower()
        if coding in CODINGS:
            self._inflater = Inflater(coding, self._most)
        elif coding not in ("", "identity"):
            self._refuse(415)
        self.wants_more = request.headers.get("expect", "").lower() == "100-continue"

    def on_body(self, body: bytes) -> None:
        if self._refused:
            return
        if self._inflater is not None:
            try:
                body = self._inflater.take(body)
            except Refused as error:
                self._refuse(error.status)
                return
        if len(self._request.body) + len(body) > self._most:
            self._refuse(413)
        else:
            self._request.body += body

    def on_message_complete(self) -> None:
        if self._inflater is not None and not self._inflater.whole:
            self._refuse(400)
        self._request.keep_alive = self._parser.should_keep_alive()
        self.ready.append(self._request)
        self.begun, self.in_body, self._head = False, False, 0
