"""Worker: the entry of a process beside the gateway, with its maps, adapters and validation.

``python -c`` starts it (``command``): that forks no process with threads and asks for no main module.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
from pathlib import Path

from gateway import registry
from gateway.canonical import garbage
from gateway.mapping import Maps, load_maps
from gateway.pipeline.exchange import receive
from gateway.pipeline.worker import LONGEST, PLACE, Worker, bounded
from gateway.settings import Settings
from gateway.validation import draft_validator

_START = "import sys; sys.path[:] = {path!r}; from gateway.bootstrap.worker import main; main({page})"


def command(page: int) -> list[str]:
    """Return what starts one.

    Args:
        page: descriptor, inherited, of the file that says which message is worked on.
    """
    return [sys.executable, "-c", _START.format(path=sys.path, page=page)]


def main(page: int) -> None:
    """Work until standard input ends; the first that comes are the settings."""
    for number in (signal.SIGINT, signal.SIGTERM):  # they are meant for the gateway, which ends its messages
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    bounded(LONGEST)  # until it is ready
    asks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever anybody prints is no answer
    settings: Settings = receive(asks)
    worker = Worker(
        maps_of(settings), registry.find(), draft_validator(settings), mmap.mmap(page, PLACE.size)
    )
    garbage.settle()
    bounded(0)
    worker.serve(asks, answers)


def maps_of(settings: Settings) -> Maps:
    """Return the maps that the settings name."""
    said = settings.mapping
    return load_maps(Path(said.root) if said.root else None, Path(said.codes) if said.codes else None)
