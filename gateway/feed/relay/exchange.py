"""Exchange: one HTTP request and its answer, bounded in time and bytes; redirects are never followed."""

from __future__ import annotations

import asyncio
import logging
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx

from gateway.errors import Misconfigured
from gateway.feed.receiver.wire import Reply, Request

MOST_ANSWER = 8 * 1024 * 1024
"""Bytes of an answer that are read."""

AGENT = "qiao"


class Lost(Exception):
    """There is no answer.

    Args:
        told: why, without data of the receiver: ``"ConnectTimeout"``.
        left: the request may have reached the receiver all the same.
    """

    def __init__(self, told: str, *, left: bool) -> None:
        super().__init__(told)
        self.told, self.left = told, left


class Exchange(Protocol):
    """Sends a request and returns the answer."""

    async def __call__(self, request: Request, seconds: float) -> Reply:
        """Return the answer. Raises :class:`Lost`."""

    async def close(self) -> None:
        """Close what is open."""


def trusted(ca: str = "", cert: str = "", where: str = "") -> ssl.SSLContext:
    """Return what a receiver's certificate is checked against, with our own where it asks for one.

    Raises:
        Misconfigured: a file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca or None)
        if cert:
            context.load_cert_chain(cert)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"ca or cert cannot be read: {type(error).__name__}", where=where) from None
    return context


class Online:
    """Exchanges by HTTP; belongs to one event loop."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines name whole URLs
        self._client = httpx.AsyncClient(
            verify=trust,
            follow_redirects=False,
            trust_env=False,  # no proxy of the environment between a patient and the receiver
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=60),
            timeout=None,  # noqa: S113 -- each attempt is bounded as a whole
        )

    async def __call__(self, request: Request, seconds: float) -> Reply:
        """Send a request and return its answer."""
        try:
            async with asyncio.timeout(seconds):
                return await self._exchanged(request)
        except TimeoutError:
            raise Lost(f"no answer within {seconds:g} seconds", left=True) from None
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.InvalidURL,
            httpx.UnsupportedProtocol,
        ) as error:
            raise Lost(type(error).__name__, left=False) from None
        except (httpx.HTTPError, OSError, ssl.SSLError, ValueError) as error:
            raise Lost(type(error).__name__, left=True) from None

    async def _exchanged(self, request: Request) -> Reply:
        headers = [("User-Agent", AGENT), *request.headers]
        async with self._client.stream(
            request.method, request.url, headers=headers, content=request.body
        ) as response:
            parts, size = [], 0
            async for part in response.aiter_bytes():
                size += len(part)
                if size > MOST_ANSWER:
                    break
                parts.append(part)
            return Reply(
                response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
                b"".join(parts),
                size <= MOST_ANSWER,
                _after(response.headers.get("retry-after", "")),
            )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _after(said: str) -> float | None:
    """Return the seconds of Retry-After (RFC 9110 §10.2.3)."""
    text = said.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
