"""Servers that no conformance run may trust, and none may be stopped by; of the standard library alone.

``bad.py KIND [VALUE] [--cert PEM --key PEM]``: its first line names its FHIR base. Kinds:

=====================  ================================================================================
``always-200``         200 and ``{}`` to everything
``always-200-bundle``  200 and an empty searchset to everything; /metadata looks right
``always-200-echo``    200 and whatever was sent; an empty searchset where nothing was; /metadata looks right
``html``               200 and a login page
``not-json``           200, ``application/fhir+json``, and half a resource
``dying``              as ``always-200-echo``; after VALUE requests (20) it is gone in the middle of an answer
``slow``               as ``always-200-bundle``, VALUE seconds (3600) later
``trickle``            says that a resource of a gigabyte follows, then one byte every VALUE seconds (1)
``endless``            a body that never ends, as fast as it is read
``clock``              as ``always-200-bundle``, its Date and times VALUE seconds (3600) ahead
``moving``             sends everybody elsewhere, and on, and back again
=====================  ================================================================================
"""

from __future__ import annotations

import argparse
import json
import os
import ssl
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FHIR_JSON = "application/fhir+json"
BUNDLE = {"resourceType": "Bundle", "type": "searchset", "total": 0}
TYPES = (
    "Patient",
    "Practitioner",
    "Organization",
    "Encounter",
    "Observation",
    "Condition",
    "MedicationRequest",
    "Task",
)
CAN = (
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
)
SEARCHES = (("_id", "token"), ("_lastUpdated", "date"), ("identifier", "token"))
METADATA = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": "2026-01-01",
    "kind": "instance",
    "fhirVersion": "4.0.1",
    "format": ["json"],
    "software": {"name": "always-200"},
    "implementation": {"description": "whatever you ask"},
    "rest": [
        {
            "mode": "server",
            "resource": [
                {
                    "type": type_,
                    "interaction": [{"code": code} for code in CAN],
                    "versioning": "versioned-update",
                    "readHistory": True,
                    "updateCreate": True,
                    "conditionalCreate": True,
                    "searchParam": [{"name": name, "type": kind} for name, kind in SEARCHES],
                }
                for type_ in TYPES
            ],
            "interaction": [
                {"code": code} for code in ("transaction", "batch", "search-system", "history-system")
            ],
        }
    ],
}
"""It claims to do whatever can be done."""
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Sign in</form></body></html>"
FOREVER = threading.Event()
"""Nobody sets it: what waits for it waits a given time, or until the process ends."""


class Server(ThreadingHTTPServer):
    """The port, and how it behaves."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, kind: str, value: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kind, self.value = kind, value
        self.answered = 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of those who hang up."""


class Handler(BaseHTTPRequestHandler):
    """Answers whatever is asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body waits 40 ms for the acknowledgement of the head
    server: Server

    def handle_one_request(self) -> None:
        """Take a request of any method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.answered += 1
        KINDS[self.server.kind][0](self, sent)
        self.wfile.flush()

    def answer(
        self, body: bytes, type_: str = FHIR_JSON, *, length: int | None = None, **headers: str
    ) -> None:
        """Send a head, and a body unless only the head was asked for."""
        self.send_response_only(int(headers.pop("status", "200")))
        self.send_header("Date", headers.pop("date", self.date_time_string()))
        self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def plausible(self, sent: bytes = b"", **headers: str) -> None:
        """Answer as a server that looks right from afar."""
        metadata = self.path.split("?")[0].endswith("/metadata")
        self.answer(
            json.dumps(METADATA if metadata else BUNDLE).encode() if metadata or not sent else sent, **headers
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def nothing(handler: Handler, sent: bytes) -> None:
    handler.answer(b"{}")


def empty(handler: Handler, sent: bytes) -> None:
    handler.plausible()


def echo(handler: Handler, sent: bytes) -> None:
    handler.plausible(sent)


def html(handler: Handler, sent: bytes) -> None:
    handler.answer(PAGE, "text/html; charset=utf-8")


def not_json(handler: Handler, sent: bytes) -> None:
    handler.answer(b'{"resourceType":"Bundle","type":"searchset","entry":[{"reso')


def dying(handler: Handler, sent: bytes) -> None:
    if handler.server.answered <= handler.server.value:
        handler.plausible(sent)
        return
    handler.answer(b'{"resourceType":"Bun', length=1000)
    handler.wfile.flush()
    os._exit(1)


def slow(handler: Handler, sent: bytes) -> None:
    FOREVER.wait(handler.server.value)
    handler.plausible()


def trickle(handler: Handler, sent: bytes) -> None:
    handler.answer(b'{"resourceType":"Bundle","id":"', length=1 << 30)
    while not FOREVER.wait(handler.server.value):
        handler.wfile.write(b"x")


def endless(handler: Handler, sent: bytes) -> None:
    handler.answer(b'{"resourceType":"Bundle","id":"', length=1 << 40)
    while True:
        handler.wfile.write(b"x" * 65536)


def clock(handler: Handler, sent: bytes) -> None:
    now = datetime.now(UTC) + timedelta(seconds=handler.server.value)
    stamp = {"Last-Modified": format_datetime(now, usegmt=True)}
    handler.plausible(date=format_datetime(now, usegmt=True), **stamp)


def moving(handler: Handler, sent: bytes) -> None:
    path = handler.path.removesuffix("/on") if handler.path.endswith("/on") else f"{handler.path}/on"
    handler.answer(b"", status="307", Location=path)


KINDS: dict[str, tuple[Callable[[Handler, bytes], None], float]] = {
    "always-200": (nothing, 0),
    "always-200-bundle": (empty, 0),
    "always-200-echo": (echo, 0),
    "html": (html, 0),
    "not-json": (not_json, 0),
    "dying": (dying, 20),
    "slow": (slow, 3600),
    "trickle": (trickle, 1),
    "endless": (endless, 0),
    "clock": (clock, 3600),
    "moving": (moving, 0),
}
"""Kind → how it answers, and the value that it takes."""


def main() -> None:
    """Say where it is, then serve until it is killed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("value", nargs="?", type=float)
    parser.add_argument("--cert", default="")
    parser.add_argument("--key", default="")
    options = parser.parse_args()
    server = Server(options.kind, KINDS[options.kind][1] if options.value is None else options.value)
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if options.cert else "http"
    sys.stdout.write(json.dumps({"fhir": f"{scheme}://127.0.0.1:{server.server_address[1]}/fhir"}) + "\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
