"""A PostgreSQL of our own for one run, from the package of Debian; durable as it comes (fsync is on)."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.served import free_port

_SETTINGS = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
log_min_messages = error
"""


def binary(name: str) -> str | None:
    """Return the path of one of its programs, None where it is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join(map(str, folders)))


@contextmanager
def server() -> Iterator[str]:
    """Run a server and yield the URL of an empty database.

    Raises:
        SystemExit: it is not installed, or does not start.
    """
    initdb, pg_ctl = binary("initdb"), binary("pg_ctl")
    if initdb is None or pg_ctl is None:
        raise SystemExit("needs PostgreSQL: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="qiao-bench-"))
    as_user = _user(folder)
    data, port = folder / "data", free_port()
    try:
        _run(
            folder,
            [*as_user, initdb, "-D", str(data), "-U", "qiao", "--auth=trust", "-E", "UTF8", "--locale=C"],
        )
        with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"{_SETTINGS}port = {port}\n")
        _run(folder, [*as_user, pg_ctl, "-D", str(data), "-w", "start"])
        try:
            yield f"postgresql://qiao@127.0.0.1:{port}/postgres"
        finally:
            _run(folder, [*as_user, pg_ctl, "-D", str(data), "-w", "-m", "fast", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user(folder: Path) -> list[str]:
    """Return how to run as somebody else: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    user = next(pwd.getpwnam(name) for name in ("postgres", "nobody") if _known(name))
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _run(folder: Path, command: list[str]) -> None:
    with (folder / "log").open("ab") as log:  # the server keeps it open: a pipe would never end
        done = subprocess.run(
            command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=False
        )
    if done.returncode:
        raise SystemExit(f"PostgreSQL: {(folder / 'log').read_text('utf-8', 'replace')[-2000:]}")
