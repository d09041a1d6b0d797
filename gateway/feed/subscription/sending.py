"""Sending: one HTTP request to a receiver, bounded in time and bytes; redirects are never followed."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from gateway.errors import Misconfigured
from gateway.feed import http

if TYPE_CHECKING:
    import httpx

MOST_ANSWER = 64 * 1024
"""Bytes of an answer that are read so that the connection can be used again; the rest is not waited for."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent; ``seconds`` is what the whole attempt may take."""

    method: Literal["POST", "PUT"]
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it.

    Attributes:
        ok: the receiver has taken it (2xx).
        told: why not, in words without data of the receiver: ``"HTTP 503"``, ``"ConnectTimeout"``.
        after: seconds after which the receiver wants to be asked again; None: it does not say.
    """

    ok: bool
    told: str = ""
    after: float | None = None


class Send(Protocol):
    """Sends a parcel; never raises."""

    async def __call__(self, parcel: Parcel) -> Answer:
        """Return what became of it."""


def trusted(ca: str = "") -> ssl.SSLContext:
    """Return what receivers' certificates are checked against.

    Args:
        ca: PEM file, ``""``: the system's certificates.

    Raises:
        Misconfigured: ``ca`` cannot be read.
    """
    try:
        return http.trust(ca)
    except (OSError, ssl.SSLError) as error:
        said = f"cannot be read: {type(error).__name__}"
        raise Misconfigured(said, where=f"[subscriptions] ca = {ca!r}") from None


class Sender:
    """Sends by HTTP; belongs to one event loop.

    Args:
        trust: what receivers' certificates are checked against.
        at_once: idle connections that are kept at most.
    """

    def __init__(self, trust: ssl.SSLContext, at_once: int = 32) -> None:
        self._trust, self._at_once = trust, at_once
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, parcel: Parcel) -> Answer:
        """Send one parcel and return what became of it."""
        import httpx

        self._client = client = self._client or http.client(
            self._trust, most=None, idle=self._at_once, expiry=30
        )
        try:
            async with asyncio.timeout(parcel.seconds):
                return await self._sent(client, parcel)
        except TimeoutError:
            return Answer(False, f"no answer within {parcel.seconds:g} seconds")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError, ValueError) as error:
            return Answer(False, type(error).__name__)

    async def _sent(self, client: httpx.AsyncClient, parcel: Parcel) -> Answer:
        headers = [("User-Agent", http.AGENT), *parcel.headers]
        async with client.stream(parcel.method, parcel.url, headers=headers, content=parcel.body) as response:
            size = 0
            async for part in response.aiter_raw():
                size += len(part)
                if size > MOST_ANSWER:
                    break
            if response.is_success:
                return Answer(True)
            return Answer(
                False, f"HTTP {response.status_code}", http.after(response.headers.get("retry-after", ""))
            )

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
