"""``qiao`` as a process of its own, forked from one that has its modules loaded: each starts at once.

``forked()`` stands for ``python -m gateway`` in a command: a small program that hands its arguments,
environment, folder and standard streams to a server, waits, and ends as the process ended. It passes SIGTERM
and SIGINT on, and who kills it kills that process. What is imported when is tested by whole processes.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

CLIENT = Path(__file__).with_name("forking_client.py")


@cache
def forked() -> tuple[str, ...]:
    """Return the beginning of a command; the server behind it lives as long as this process."""
    folder = Path(tempfile.mkdtemp(prefix="qiao-fork-"))
    address = str(folder / "line")
    command = [sys.executable, "-m", "tests.forking", address]
    root = Path(__file__).parents[1]
    server = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline(), "the server that forks is gone"

    def end() -> None:
        server.communicate()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return sys.executable, "-IS", str(CLIENT), address


def _serve(address: str) -> None:
    """Fork for everybody who asks, until nobody can."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who watch
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as looks:
        door.bind(address)
        door.listen(16)
        os.write(1, b"ready\n")
        looks.register(door, selectors.EVENT_READ)
        looks.register(0, selectors.EVENT_READ)
        while all(key.fileobj is door for key, _ in looks.select()):
            line, _ = door.accept()
            if not os.fork():
                looks.close()
                door.close()
                _watch(line)
            line.close()


def _watch(line: socket.socket) -> NoReturn:
    """Start what is asked for, and tell how it ended; it does not outlive who asked."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, streams, _, _ = socket.recv_fds(line, 8, 3)
    size, body = int(head), b""
    while len(body) < size:
        body += line.recv(size - len(body))
    child = os.fork()
    if not child:
        line.close()
        _become(json.loads(body), streams)
    for stream in (0, 1, 2, *streams):
        os.close(stream)
    line.sendall(b"%d\n" % child)
    process = os.pidfd_open(child)
    with selectors.DefaultSelector() as looks:
        looks.register(process, selectors.EVENT_READ)
        looks.register(line, selectors.EVENT_READ)
        if process not in [key.fileobj for key, _ in looks.select()]:
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with suppress(OSError):  # who asked was killed
        line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(asked: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be ``qiao``."""
    from gateway import cli

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for at, stream in enumerate(streams):
        os.dup2(stream, at)
        os.close(stream)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["qiao", *asked["arguments"]]
    code: object = 70
    try:
        code = cli.main(asked["arguments"])
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 -- it ends with the process, and is told as Python tells it
        sys.excepthook(*sys.exc_info())
        code = 1
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream_ in (sys.stdout, sys.stderr):
            stream_.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def load() -> None:
    """Load what the commands that tests call load for themselves: modules, and the maps that are shipped."""
    from gateway import mapping
    from gateway.mapping import maps

    read = maps.load_maps

    def kept(root: Any = None, codes: Any = None, forms: frozenset[str] = frozenset()) -> Any:
        return shipped if root is codes is None and not forms else read(root, codes, forms)

    shipped = read()
    mapping.load_maps = maps.load_maps = kept
    from gateway import cli, registry

    importlib.import_module("gateway.bootstrap")
    for one in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"gateway.cli.{one.name}")
    registry.find()
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    load()
    _serve(sys.argv[1])
