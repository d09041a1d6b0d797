"""The load of HTTP requests: wrk where it is installed (apt-get install wrk), else a client of our own.

`python -m benchmarks.load URL FILE CONNECTIONS SECONDS` is that client; it prints one JSON object. A file of
requests is one JSON object a line, ``{"method", "path", "body"?}``, asked in turn again and again. It is
the slower one: where it is used, its limit may be what is measured, and the table says so.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.machine import ROOT, pinned, work

Request = dict[str, str]

_LUA = """\
local requests, n = {}, 0
init = function()
  for line in io.lines("%s") do
    local method, path, body = line:match("^(%%S+)\\t(%%S+)\\t(.*)$")
    requests[#requests + 1] = wrk.format(method, path, {["Content-Type"] = "application/fhir+json"}, body)
  end
end
request = function() n = n %% #requests + 1 return requests[n] end
done = function(summary, latency)
  io.stderr:write(string.format('{"requests":%%d,"seconds":%%f,"p50":%%f,"p95":%%f,"p99":%%f,"failed":%%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, summary.errors.status + summary.errors.read + summary.errors.timeout))
end
"""


def load(base: str, requests: Sequence[Request], connections: int, seconds: float) -> dict[str, Any]:
    """Ask ``requests`` again and again from a process on core 1; return rate and percentiles in ms.

    Raises:
        SystemExit: an answer was an error, so that the figure would mean nothing.
    """
    found = _wrk(base, requests, connections, seconds) if shutil.which("wrk") else None
    found = found or _own(base, requests, connections, seconds)
    if found["failed"]:
        raise SystemExit(f"{found['failed']} of {found['requests']} requests failed: {requests[0]['path']}")
    return found | {"rate": found["requests"] / found["seconds"]}


def _wrk(base: str, requests: Sequence[Request], connections: int, seconds: float) -> dict[str, Any]:
    lines, script = work() / "load.tsv", work() / "load.lua"
    lines.write_text("".join(f"{one['method']}\t{one['path']}\t{one.get('body', '')}\n" for one in requests))
    script.write_text(_LUA % lines)
    options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(script)]
    done = subprocess.run(pinned(1, ["wrk", *options, _root(base)]), capture_output=True, check=True)
    return {**json.loads(done.stderr), "client": "wrk"}


def _own(base: str, requests: Sequence[Request], connections: int, seconds: float) -> dict[str, Any]:
    file = work() / "load.ndjson"
    file.write_text("".join(json.dumps(one) + "\n" for one in requests))
    arguments = [_root(base), str(file), str(connections), str(seconds)]
    command = pinned(1, [sys.executable, "-m", "benchmarks.load", *arguments])
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _connection(url: str, turn: cycle[bytes], until: float, spent: list[float]) -> int:
    """Ask and wait, again and again; return how many answers were errors."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    failed = 0
    while (start := time.perf_counter()) < until:
        writer.write(next(turn))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n", 1)[0] or 0))
        spent.append(time.perf_counter() - start)
        failed += head[9:10] not in (b"2", b"3")
    writer.close()
    return failed


def _bytes(url: str, request: Request) -> bytes:
    body = request.get("body", "").encode()
    head = f"{request['method']} {request['path']} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
    head += f"Content-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _measure(url: str, file: Path, connections: int, seconds: float) -> dict[str, Any]:
    with file.open(encoding="utf-8") as lines:
        turn = cycle([_bytes(url, json.loads(line)) for line in lines])
    spent: list[float] = []
    start = time.perf_counter()
    lines_ = (_connection(url, turn, start + seconds, spent) for _ in range(connections))
    failed = sum(await asyncio.gather(*lines_))
    took = time.perf_counter() - start
    spent.sort()
    at = {f"p{share}": spent[len(spent) * share // 100] * 1e3 for share in (50, 95, 99)}
    return {"requests": len(spent), "seconds": took, **at, "failed": failed, "client": "own"}


if __name__ == "__main__":
    measured = _measure(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    print(json.dumps(asyncio.run(measured)))
