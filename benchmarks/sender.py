"""The load: N connections, each sends a message and waits for its ACK before the next (one process, epoll).

`python -m benchmarks.sender PORT KIND FIRST COUNT CONNECTIONS` prints one JSON object. The frames are
built before the clock starts. `python -m benchmarks.sender echo` is the server that answers at once: what
the sender does against it is the ceiling of the measurement.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks.messages import KINDS

END = b"\x1c\r"


def frames(kind: str, first: int, count: int) -> list[bytes]:
    """Return ``count`` MLLP frames, numbered from ``first``."""
    make = KINDS[kind]
    return [b"\x0b" + make(number) + END for number in range(first, first + count)]


@dataclass(slots=True)
class Line:
    """One connection: what it has received of the ACK, and when its message went out."""

    socket: socket.socket
    sent: float = 0.0
    got: bytes = b""


@dataclass(slots=True)
class Load:
    """What a run measured.

    Attributes:
        seconds: from the first byte to the last ACK.
        waits: time from message to ACK, seconds, one per message.
        codes: how often each MSA-1 was answered.
    """

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)

    def summary(self) -> dict[str, Any]:
        """Return rate (messages/s), p50, p95, p99 (ms) and the codes."""
        ordered = sorted(self.waits)
        at = {f"p{p}": ordered[min(len(ordered) - 1, len(ordered) * p // 100)] * 1e3 for p in (50, 95, 99)}
        return {"rate": len(ordered) / self.seconds, "seconds": self.seconds, **at, "codes": dict(self.codes)}


def code_of(frame: bytes) -> str:
    """Return MSA-1 of an acknowledgement frame, ``"?"`` where there is none."""
    _, found, tail = frame.partition(b"\rMSA|")
    return tail[:2].decode("ascii", "replace") if found else "?"


def send(port: int, supply: list[bytes], connections: int) -> Load:
    """Send ``supply`` to 127.0.0.1:``port`` and return the measurement."""
    load, clock, rest = Load(), time.perf_counter, iter(supply)
    lines = [Line(socket.create_connection(("127.0.0.1", port), 30)) for _ in range(connections)]
    watch = selectors.DefaultSelector()
    start = clock()
    busy = 0
    for line in lines:
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watch.register(line.socket, selectors.EVENT_READ, line)
        busy += _next(line, rest, clock())
    while busy:
        ready = watch.select(60)
        if not ready:
            raise SystemExit(f"no ACK within 60 s; {len(load.waits)} were answered")
        for key, _ in ready:
            line = key.data
            data = line.socket.recv(65536)
            if not data:
                raise SystemExit(f"the gateway hung up after {len(load.waits)} messages")
            line.got += data
            if line.got.endswith(END):
                now = clock()
                load.waits.append(now - line.sent)
                load.codes[code_of(line.got)] += 1
                busy -= 1 - _next(line, rest, now)
    load.seconds = clock() - start
    for line in lines:
        line.socket.close()
    return load


def _next(line: Line, rest: Any, now: float) -> int:
    frame = next(rest, None)
    if frame is None:
        return 0
    line.got, line.sent = b"", now
    line.socket.sendall(frame)
    return 1


def echo() -> None:
    """Answer every frame with the same ACK, until stdin closes; prints the port first."""
    ack = b"\x0bMSH|^~\\&|ECHO|||||||ACK|1|P|2.5.1\rMSA|AA|1\r" + END
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    watch = selectors.DefaultSelector()
    watch.register(listener, selectors.EVENT_READ)
    watch.register(sys.stdin, selectors.EVENT_READ)
    print(listener.getsockname()[1], flush=True)
    while True:
        for key, _ in watch.select():
            if key.fileobj is sys.stdin:
                return
            if key.fileobj is listener:
                peer, _ = listener.accept()
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                watch.register(peer, selectors.EVENT_READ)
                continue
            peer = key.fileobj  # type: ignore[assignment]
            data = peer.recv(65536)
            if not data:
                watch.unregister(peer)
                peer.close()
            elif data.endswith(END):
                peer.sendall(ack)


def main() -> None:
    """Run as the sender or as the echo server."""
    if sys.argv[1] == "echo":
        echo()
        return
    port, first, count, connections = (int(sys.argv[i]) for i in (1, 3, 4, 5))
    print(json.dumps(send(port, frames(sys.argv[2], first, count), connections).summary()))


if __name__ == "__main__":
    main()
