"""Owns how a request reaches a server: a protocol of one call, and its implementation with httpx."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from conformance.testscript.content import LARGEST
from conformance.testscript.unusable import Unusable


@dataclass(slots=True, frozen=True)
class Answer:
    """What came back; ``headers`` by lower-case name, repeated ones joined by a comma."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Sender(Protocol):
    """Sends one request to an absolute address; follows no redirect.

    Raises:
        Unusable: there was no answer, or it was too long.
    """

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Return the answer, whatever its status."""
        ...


@dataclass(slots=True, frozen=True)
class Destination:
    """A server that scripts may be run against.

    Attributes:
        base: FHIR base URL, without a slash at the end.
        headers: sent with each request to this server, and to no other: credentials.
    """

    base: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    name: str = ""


class HttpxSender:
    """A sender for whoever has no other: no redirects, no proxies, limited time and size."""

    def __init__(
        self, *, seconds: float = 30.0, ca: str | None = None, cert: tuple[str, str] | None = None
    ) -> None:
        """``ca``: certificates to trust; ``cert``: the client's own, and its key. Raises ``OSError``."""
        self._seconds = seconds
        context = ssl.create_default_context(cafile=ca or None)
        if cert:
            context.load_cert_chain(*cert)
        self._client = httpx.Client(timeout=seconds, follow_redirects=False, trust_env=False, verify=context)

    def __enter__(self) -> HttpxSender:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Return the answer. Raises ``Unusable``: there was none in time, or it was too long."""
        try:
            return self._answer(method, url, headers, body)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
            what = _kind(error)
            raise Unusable(f"服务器未应答：{what}", f"the server did not answer: {what}") from error

    def _answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        until = time.monotonic() + self._seconds
        raw = _target(url)
        whole = [(name.encode(), value.encode()) for name, value in headers.items()]
        with self._client.stream(
            method, url, headers=whole, content=body, extensions={"target": raw}
        ) as came:
            pieces, size = [], 0
            for piece in came.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > LARGEST or time.monotonic() > until:
                    raise Unusable("应答过长或过慢", "the answer is too long, or comes too slowly")
            found = {name.lower(): value for name, value in came.headers.items()}
            return Answer(came.status_code, found, b"".join(pieces))


def _target(url: str) -> bytes:
    """Path and query as they are: a script may ask for an address that is not encoded."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}".encode()


def _kind(error: Exception) -> str:
    if isinstance(error, httpx.ConnectError):
        return "certificate not trusted" if "CERTIFICATE" in str(error).upper() else "connection refused"
    return "time-out" if isinstance(error, httpx.TimeoutException) else type(error).__name__
