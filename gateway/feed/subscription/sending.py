"""Sending: one HTTP request to a receiver, bounded in time and bytes; redirects are never followed."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, Protocol

import httpx

from gateway.errors import Misconfigured

MOST_ANSWER = 64 * 1024
"""Bytes of an answer that are read so that the connection can be used again; the rest is not waited for."""

AGENT = "qiao"


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
        return ssl.create_default_context(cafile=ca or None)
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
        logging.getLogger("httpx").setLevel(
            logging.WARNING
        )  # its lines name whole URLs, with what is in them
        self._client = httpx.AsyncClient(
            verify=trust,
            follow_redirects=False,
            trust_env=False,  # no proxy of the environment between a patient and the receiver
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=at_once, keepalive_expiry=30),
            timeout=None,  # noqa: S113 -- each attempt is bounded as a whole
        )

    async def __call__(self, parcel: Parcel) -> Answer:
        """Send one parcel and return what became of it."""
        try:
            async with asyncio.timeout(parcel.seconds):
                return await self._sent(parcel)
        except TimeoutError:
            return Answer(False, f"no answer within {parcel.seconds:g} seconds")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError, ValueError) as error:
            return Answer(False, type(error).__name__)

    async def _sent(self, parcel: Parcel) -> Answer:
        headers = [("User-Agent", AGENT), *parcel.headers]
        async with self._client.stream(
            parcel.method, parcel.url, headers=headers, content=parcel.body
        ) as response:
            size = 0
            async for part in response.aiter_raw():
                size += len(part)
                if size > MOST_ANSWER:
                    break
            if response.is_success:
                return Answer(True)
            return Answer(False, f"HTTP {response.status_code}", _after(response.headers))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After (RFC 9110 §10.2.3)."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
