"""A client of FHIR servers for the commands: a token, streamed bodies, errors as the server tells them.

The token goes to the server that was named and to no other; redirects are not followed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.cli.words import say
from gateway.errors import Misconfigured, Rejected, Retry

NDJSON = "application/fhir+ndjson"
_SECONDS = 60.0


class FhirClient:
    """Asks one server.

    Args:
        base: its FHIR base URL.
        token: sent as ``Authorization: Bearer …``, ``""`` for none.
        language: in which the server tells what is wrong.
    """

    def __init__(self, base: str, token: str = "", language: str = "en") -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(say("bulk.no-url"), where=base)
        self.base = base.rstrip("/")
        self._token = token
        self._language = language
        self._origin = (parts.scheme, parts.netloc)

    @contextmanager
    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Iterator[HTTPResponse]:
        """Send a request and lend its answer, whatever its status.

        Raises:
            Retry: the server cannot be reached, or says no more.
        """
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        sent = {"Accept": "application/fhir+json", "Accept-Language": self._language, **(headers or {})}
        if self._token and (parts.scheme, parts.netloc) == self._origin:
            sent["Authorization"] = f"Bearer {self._token}"
        connection = kind(parts.netloc, timeout=_SECONDS)
        try:
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request(method, target, body, sent)
            yield connection.getresponse()
        except ConnectionError as error:
            raise Retry(f"cannot connect to {parts.netloc}: {type(error).__name__}") from error
        except (OSError, HTTPException) as error:
            raise Retry(f"no answer from {parts.netloc}: {type(error).__name__}") from error
        finally:
            connection.close()


def refusal(answer: HTTPResponse) -> Rejected | Retry:
    """Return the error that an answer is, in the server's own words."""
    said = f"HTTP {answer.status}"
    for issue in _issues(answer.read(1 << 20)):
        said += f": {issue.get('diagnostics') or issue.get('code')}"
    if answer.status in (429, 503):
        return Retry(said, after=float(answer.getheader("Retry-After") or 5))
    return Rejected(said, code="http")


def token_of(file: Path | None) -> str:
    """Return the token in a file; ``""`` without one. Raises OSError."""
    return file.read_text("utf-8").strip() if file else ""


def _issues(body: bytes) -> list[dict[str, Any]]:
    try:
        told = json.loads(body)
    except ValueError:
        return []
    issues = told.get("issue") if isinstance(told, dict) else None
    return [one for one in issues if isinstance(one, dict)] if isinstance(issues, list) else []
