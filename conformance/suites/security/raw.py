"""Raw: bytes to the target's port and what comes back, below any library that would set them right."""

from __future__ import annotations

import re
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from conformance.evidence.exchange import Exchange, Message
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped, Unanswered

_LARGEST = 1024 * 1024
_SECRET = re.compile(rb"(?i)(\r\nauthorization: \S+ )[^\r]*")
_BRIEF = 0.5
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


@dataclass(slots=True, frozen=True)
class Heard:
    """What came back until the line was closed or silent.

    Attributes:
        closed: the target closed the line.
    """

    raw: bytes
    closed: bool

    @property
    def statuses(self) -> list[int]:
        """The statuses of the answers, in their order."""
        return [int(one) for one in _STATUS.findall(self.raw)]


def place(run: Run) -> tuple[str, int, str]:
    """Return host, port and path of the target's FHIR base."""
    url = urlsplit(run.target.fhir)
    return url.hostname or "", url.port or (443 if url.scheme == "https" else 80), url.path


def needs_tls(run: Run) -> None:
    """Go on only where the target's base is https. Raises :class:`Skipped`."""
    if not run.target.fhir.startswith("https:"):
        raise Skipped("目标的基地址不是 https", "the target's base is not https")


def say(run: Run, sent: bytes, silence: float = 1.5, *, tls: bool | None = None, rest: float = 0.0) -> Heard:
    """Send bytes and listen.

    Args:
        silence: seconds without a byte after which no more is expected.
        tls: over TLS; by default where the target's base is https.
        rest: seconds to wait in all for the target to close, however silent it is.

    Raises:
        Unanswered: nobody takes the line.
    """
    host, port, _ = place(run)
    began, clock = datetime.now(UTC), time.perf_counter()
    try:
        line = _open(run, host, port, run.target.fhir.startswith("https:") if tls is None else tls)
    except (OSError, ssl.SSLError) as error:
        raise Unanswered("目标未应答：无法连接", "the target did not answer: no line") from error
    with line:
        with suppress(OSError):  # it may answer and close before it has read everything
            line.sendall(sent)
        heard = _listen(line, rest or silence, _BRIEF if rest else silence)
    _note(run, sent, heard, began, time.perf_counter() - clock)
    return heard


def request(
    run: Run, path: str, *headers: str, method: str = "GET", body: bytes = b"", identity: str = "operator"
) -> bytes:
    """Return a request of HTTP/1.1; the path is below the host and stays as it stands."""
    host, port, _ = place(run)
    given = run.client(identity).held() if identity else {}
    lines = [f"{method} {path} HTTP/1.1"]
    if not any(one.lower().startswith("host:") for one in headers):
        lines.append(f"Host: {host}:{port}")
    lines += [f"{name}: {value}" for name, value in given.items()]
    return ("\r\n".join([*lines, *headers]) + "\r\n\r\n").encode() + body


def _open(run: Run, host: str, port: int, tls: bool) -> socket.socket:
    line = socket.create_connection((host, port), timeout=min(10.0, run.target.patience))
    if not tls:
        return line
    context = ssl.create_default_context(cafile=run.target.ca or None)
    return context.wrap_socket(line, server_hostname=host)


def _listen(line: socket.socket, first: float, silence: float) -> Heard:
    """Wait for the first byte, then until the line is silent or closed."""
    until, raw = time.monotonic() + first + 10.0, b""
    line.settimeout(first)
    while time.monotonic() < until and len(raw) < _LARGEST:
        try:
            piece = line.recv(65536)
        except TimeoutError:
            return Heard(raw, False)
        except OSError:
            return Heard(raw, True)
        if not piece:
            return Heard(raw, True)
        raw += piece
        line.settimeout(silence)
    return Heard(raw, False)


def _note(run: Run, sent: bytes, heard: Heard, began: datetime, seconds: float) -> None:
    kept = 16 * 1024
    asked = Message("", {}, _SECRET.sub(rb"\1***", sent[:kept]), len(sent))
    answer = Message("", {}, heard.raw[:kept], len(heard.raw))
    at = began.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    run.book.note(Exchange(run.doing, "http", at, round(seconds, 6), asked, answer))
