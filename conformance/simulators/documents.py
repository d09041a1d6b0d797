"""Simulated repository of clinical documents: a folder of XML files, listed and given out over HTTP.

``GET /`` lists them as JSON (name, bytes, SHA-256), those after one with ``?after=NAME``; ``GET /NAME`` gives
one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


def repository(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """Return a repository on loopback, bound and not yet serving (``serve_forever``).

    Args:
        port: 0 for any free one.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            name = unquote(parts.path).lstrip("/")
            if not name:
                after = parse_qs(parts.query).get("after", [""])[0]
                listed = [one for one in documents(folder) if str(one["name"]) > after]
                self._answer(200, "application/json", json.dumps(listed, ensure_ascii=False).encode())
            elif name in {one.name for one in folder.glob("*.xml")}:
                self._answer(200, "application/xml", (folder / name).read_bytes())
            else:
                self._answer(404, "text/plain", b"no such document")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: names of documents may be those of patients."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def documents(folder: Path) -> list[dict[str, str | int]]:
    """Return what a repository lists, by name."""
    found: list[dict[str, str | int]] = []
    for path in sorted(folder.glob("*.xml")):
        raw = path.read_bytes()
        found.append({"name": path.name, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()})
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m conformance.simulators.documents", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    server = repository(options.folder, options.port)
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}/\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
