"""The machine under the figures: cores, the price of one durable write, processes and their memory."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".bench"
"""Where filled stores and runs are kept; untracked."""


def work() -> Path:
    """Return the scratch folder, made on first use and ignored by git."""
    WORK.mkdir(exist_ok=True)
    (WORK / ".gitignore").write_text("*\n", encoding="utf-8")
    return WORK


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """Return ``command`` bound to one core, where `taskset` and a second core exist."""
    if shutil.which("taskset") and (os.cpu_count() or 1) > core:
        return ["taskset", "--cpu-list", str(core), *command]
    return list(command)


def fdatasync_us(folder: Path, times: int = 200) -> float:
    """Return the median time of a 4 KiB write with fdatasync in ``folder``, microseconds."""
    target = folder / "fdatasync.probe"
    sync = getattr(os, "fdatasync", os.fsync)
    spent = []
    with target.open("wb") as file:
        for _ in range(times):
            start = time.perf_counter()
            file.write(b"\0" * 4096)
            file.flush()
            sync(file.fileno())
            spent.append(time.perf_counter() - start)
    target.unlink()
    return median(spent) * 1e6


def describe() -> str:
    """Return one line: processor, cores, Python, price of a durable write."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    price = fdatasync_us(work())
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, fdatasync {price:.0f} µs"


def tree(pid: int) -> list[int]:
    """Return ``pid`` and its descendants."""
    found = [pid]
    for parent in found:
        for listing in Path(f"/proc/{parent}/task").glob("*/children"):
            found.extend(int(child) for child in listing.read_text().split())
    return found


def _status_mib(pid: int, key: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def memory_mib(pid: int, key: str = "VmRSS") -> float:
    """Return resident memory of ``pid`` and its descendants, MiB (``VmHWM``: the peak); Linux only."""
    return sum(_status_mib(process, key) for process in tree(pid))


def cpu_seconds(pid: int) -> float:
    """Return user and system time that ``pid`` and its descendants have used; Linux only."""
    total = 0
    for process in tree(pid):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")
