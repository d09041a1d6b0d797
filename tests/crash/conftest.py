"""Clients that write to a store until they are killed, and what they had been told by then."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

Killed = Callable[..., tuple[list[str], str]]


def _round(clients: subprocess.Popen[str], begin: int, *, wait: int, late: float) -> list[str]:
    """Let a client write until some of it is answered, and kill it; return the answers."""
    assert clients.stdin is not None
    assert clients.stdout is not None
    print(begin, file=clients.stdin, flush=True)
    client = int(clients.stdout.readline())
    lines = [clients.stdout.readline() for _ in range(wait)]
    time.sleep(late)  # anywhere between two answers
    os.kill(client, signal.SIGKILL)
    while not lines[-1].startswith("ended"):
        lines.append(clients.stdout.readline())
    assert lines.pop() == f"ended by {int(signal.SIGKILL)}\n"
    return lines


@pytest.fixture
def killed() -> Killed:
    """Give ``killed(program, *arguments, rounds, apart)``: kill a client in each round.

    The program forks a client for each number that it reads, which counts on from there; the numbers are
    ``apart``. Returns the lines that the clients were answered, and what repeats the run.
    """

    def clients(program: str, *arguments: str, rounds: int, apart: int) -> tuple[list[str], str]:
        seed = int(os.environ.get("QIAO_CRASH_SEED") or random.SystemRandom().randrange(1 << 32))
        dice, told = random.Random(seed), list[str]()
        command = [sys.executable, "-c", program, *arguments]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
            for turn in range(rounds):
                wait, late = 1 + dice.randrange(6), dice.random() * 0.02
                told += _round(running, turn * apart, wait=wait, late=late)
            running.communicate()
        return told, f"QIAO_CRASH_SEED={seed}"

    return clients
