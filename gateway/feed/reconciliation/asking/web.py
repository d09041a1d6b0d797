"""Web: a source that is asked by HTTP: a FHIR search with ``_summary=count``, or JSON with a number in it."""

from __future__ import annotations

import json
import logging
import ssl
from time import monotonic
from urllib.parse import quote

from gateway.errors import Misconfigured, Rejected, Retry
from gateway.feed.reconciliation.asking.period import Period
from gateway.settings import SourceSettings, secret

MOST_ANSWER = 1024 * 1024
"""Bytes of an answer."""

AGENT = "qiao"


def count(settings: SourceSettings, period: Period, where: str) -> int:
    """Return how many documents of a day a source has.

    Raises:
        Rejected: it answers something else.
        Misconfigured: the token or the authorities cannot be read.
        Retry: it does not answer, or says that it cannot now.
    """
    url = settings.url
    for name, value in period.ends("T", zoned=True).items():
        url = url.replace(f"{{{name}}}", quote(value, safe=""))
    said = _answer(settings, url, where)
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        raise Rejected("the answer is not JSON", where=where) from None
    for step in settings.count.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    if type(found) is not int or found < 0:
        raise Rejected(f"the answer has no whole number at {settings.count}", where=where)
    return found


def _answer(settings: SourceSettings, url: str, where: str) -> bytes:
    import httpx  # only who has a source loads it

    headers = {"Accept": "application/fhir+json, application/json", "User-Agent": AGENT}
    if settings.token:
        headers["Authorization"] = f"Bearer {secret(settings.token, f'{where} token')}"
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines name whole URLs
    until, parts, size = monotonic() + settings.timeout, [], 0
    try:
        with (
            httpx.Client(
                verify=_trusted(settings.ca, where), trust_env=False, timeout=settings.timeout
            ) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if response.status_code != 200:
                raise Retry(f"the source answers with status {response.status_code}")
            for part in response.iter_bytes():
                size += len(part)
                parts.append(part)
                if size > MOST_ANSWER or monotonic() > until:
                    raise Retry("the answer of the source is too long, or takes too long")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Retry(f"the source does not answer ({type(error).__name__})") from None
    return b"".join(parts)


def _trusted(ca: str, where: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"ca cannot be read: {type(error).__name__}", where=where) from None
