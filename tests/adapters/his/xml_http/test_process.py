"""The door as a process: kill -9 in the middle of polling, 200 MB at once, and how much memory it takes."""

from __future__ import annotations

import gzip
import os
import random
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway import registry
from gateway.store import Walk, open_store

VISIT = next((registry.one_root() / "adapters/his/xml_http/samples").glob("14*.xml")).read_text()
CHINA = timezone(timedelta(hours=8))
BEGIN = datetime(2026, 3, 5, 8, 0, tzinfo=CHINA)
VISITS, KILLS = 300, 4
NAME = "his/xml_http"


def visit(number: int) -> str:
    """Return the visit of one minute after ``BEGIN``."""
    made = VISIT.partition("?>")[2].replace("MZ2026030500118", f"MZ20260305{number:05}")
    return made.replace("20260305081500118", f"2026030508{number:07}")


@contextmanager
def hospital() -> Iterator[str]:
    """A service that is asked for the visits of a span of time; yields its address."""

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = parse_qs(urlsplit(self.path).query)
            since, until = (
                (datetime.fromisoformat(said[name][0]).replace(tzinfo=CHINA) - BEGIN).total_seconds() / 60
                for name in ("since", "until")
            )
            found = [visit(number) for number in range(VISITS) if since <= number < until]
            body = f"<Visits>{''.join(found)}</Visits>".encode("gb18030")
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=GBK")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/visits"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def stored(store: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM inbox").fetchone()[0])
    except sqlite3.Error:
        return 0


@pytest.mark.serial
@pytest.mark.timeout(300)
def test_kill_9_loses_nothing_and_doubles_nothing(serve: Callable[..., Any], tmp_path: Path) -> None:
    """``QIAO_CRASH_SEED`` repeats a run."""
    seed = int(os.environ.get("QIAO_CRASH_SEED") or random.SystemRandom().randrange(1 << 32))
    dice, store, killed = random.Random(seed), tmp_path / "qiao.db", 0
    polls = tmp_path / "polls.yaml"
    own = {"QIAO_ADAPTERS__HIS_XML_HTTP__POLLS": str(polls)}
    own["QIAO_ADAPTERS__HIS_XML_HTTP__STATE"] = str(tmp_path / "state.json")
    with hospital() as url:
        polls.write_text(
            f"polls:\n  - {{name: visits, url: '{url}', method: GET, items: //Request, every: 0.1,\n"
            "     window: 900, begin: 2026-03-05T08:00:00+08:00,\n"
            "     parameters: {since: '{since}', until: '{until}'}}\n"
        )
        for round_ in range(KILLS + 1):
            last = round_ == KILLS
            wanted = VISITS if last else min(VISITS - 1, stored(store) + dice.randrange(1, 50))
            running = serve(store, **own)
            while running.process.poll() is None and stored(store) < wanted:
                time.sleep(0.01)
            if last:
                running.stop()
            else:
                killed += running.process.poll() is None
                running.kill()
    assert killed == KILLS, f"QIAO_CRASH_SEED={seed}"
    with closing(open_store(f"sqlite:///{store}")) as found:
        entries = found.inbox_walk(Walk(since_us=0), 10 * VISITS)
        assert Counter(one.state for one in entries) == {"stored": VISITS}, f"QIAO_CRASH_SEED={seed}"
        assert found.counts("default").resources["Encounter"] == VISITS


def most_memory(process: int) -> int:
    """Return the most bytes of memory that a process has ever had (proc(5), VmHWM)."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def told(port: int, head: bytes, parts: Iterator[bytes]) -> bytes:
    """Send what is given as far as it is taken; return the first line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has been refused
        try:
            return connection.recv(4096).partition(b"\r\n")[0]
        except ConnectionResetError:
            return b""


def chunks(total: int) -> Iterator[bytes]:
    body = b"<a>" + b"x" * 65533
    for _ in range(total // len(body)):
        yield b"%x\r\n%b\r\n" % (len(body), body)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc"
)
def test_200_megabytes_are_refused_in_bounded_memory(serve: Callable[..., Any], tmp_path: Path) -> None:
    running = serve(tmp_path / "qiao.db", whole=True)
    try:
        port = running.address(NAME)[1]
        small = VISIT.encode()
        length = b"Content-Length: %d\r\n" % len(small)
        assert told(port, length, iter([small])) == b"HTTP/1.1 200 OK"
        before = most_memory(running.process.pid)
        plain = (b"<a>" + b"x" * 65533 for _ in range(200_000_000 // 65536))
        bomb = gzip.compress(b"<a>" + b" " * 200_000_000, 1)
        zipped = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n" % len(bomb)
        too_long = (b"HTTP/1.1 413 Request Entity Too Large", b"HTTP/1.1 413 Content Too Large", b"")
        assert told(port, b"Content-Length: 200000000\r\n", plain) in too_long
        assert told(port, b"Transfer-Encoding: chunked\r\n", chunks(200_000_000)) in too_long
        assert told(port, zipped, iter([bomb])) in too_long
        assert most_memory(running.process.pid) - before < 64_000_000
        assert told(port, length, iter([small])) == b"HTTP/1.1 200 OK"
    finally:
        running.stop()
