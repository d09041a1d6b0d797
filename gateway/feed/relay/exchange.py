"""Exchange: one HTTP request and its answer, bounded in time and bytes; redirects are never followed."""

from __future__ import annotations

import asyncio
import ssl
from typing import Protocol

from gateway.errors import Misconfigured
from gateway.feed import http
from gateway.feed.receiver.wire import Reply, Request

MOST_ANSWER = 8 * 1024 * 1024
"""Bytes of an answer that are read."""


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
        return http.trust(ca, cert)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"ca or cert cannot be read: {type(error).__name__}", where=where) from None


class Online:
    """Exchanges by HTTP; belongs to one event loop."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._client = http.client(trust, most=4, idle=2, expiry=60)

    async def __call__(self, request: Request, seconds: float) -> Reply:
        """Send a request and return its answer."""
        import httpx

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
        headers = [("User-Agent", http.AGENT), *request.headers]
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
                http.after(response.headers.get("retry-after", "")),
            )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
