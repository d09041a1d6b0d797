"""A look at the ports for ``qiao doctor``: which are free, and who holds the others."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from gateway.cli.looks import Remark
from gateway.cli.words import say
from gateway.settings import Settings

_LISTENING = "0A"
_PROC = Path("/proc")


def ports(settings: Settings) -> str:
    """Look whether every port is free, or held by a gateway: this one, or another that runs beside it."""
    wanted = _wanted(settings)
    taken = {name: address for name, address in wanted.items() if not _is_free(address)}
    listed = ", ".join(f"{name} {port}" for name, (_, port) in wanted.items())
    if not taken:
        return listed
    if "api" in taken and answers(settings):
        raise Remark("info", say("doctor.port.running", ports=listed), say("doctor.port.running.do"))
    held = {name: holder(port) for name, (_, port) in taken.items()}
    strange = next((name for name, by in held.items() if by is None or not by[1]), None)
    if strange is None:
        pids = ", ".join(sorted({str(by[0]) for by in held.values() if by}))
        shown = ", ".join(f"{name} {port}" for name, (_, port) in taken.items())
        text = say("doctor.port.other", ports=shown, pid=pids)
        raise Remark("info", text, say("doctor.port.other.do", settings=", ".join(map(_setting, taken))))
    host, port = taken[strange]
    by = held[strange]
    text = say("doctor.port.process", pid=by[0]) if by else say("doctor.port.taken")
    raise Remark("bad", f"{strange} {host}:{port}: {text}", say("doctor.port", setting=_setting(strange)))


def holder(port: int) -> tuple[int, bool] | None:
    """Return the process that listens on a port and whether it is a qiao; None where nobody tells.

    Linux tells of the processes of the same user (proc(5), ``/proc/net/tcp``).
    """
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for folder in _PROC.glob("[0-9]*") if sockets else ():
        try:
            found = any(str(one.readlink()) in sockets for one in (folder / "fd").iterdir())
            if found:
                return int(folder.name), _is_qiao((folder / "cmdline").read_bytes())
        except OSError:  # of another user, or gone
            continue
    return None


def _listening(port: int) -> Iterator[str]:
    """Yield the inodes of the sockets that listen on a port."""
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _is_qiao(command: bytes) -> bool:
    """Tell whether a command line is ``qiao …`` or ``python -m gateway …``."""
    words = command.split(b"\0")
    return words[1:3] == [b"-m", b"gateway"] or any(word.rpartition(b"/")[2] == b"qiao" for word in words[:2])


def _setting(name: str) -> str:
    return "[api] port" if name == "api" else f'[adapters."{name}"] port'


def _wanted(settings: Settings) -> dict[str, tuple[str, int]]:
    from gateway import registry

    wanted = {"api": (settings.api.host, settings.api.port)}
    for name, spec in registry.find().items():
        options = registry.options(spec, settings.adapters.get(name, {}), settings.file)
        if options["enabled"] and "port" in options and registry.opens(spec, settings.adapters):
            wanted[name] = (str(options["host"]), int(options["port"]))
    return wanted


def _is_free(address: tuple[str, int]) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except OSError:
            return False
    return True


def answers(settings: Settings) -> bool:
    """Tell whether a gateway answers on the API's port."""
    import urllib.request

    api = settings.api
    if api.tls_cert:
        return False
    host = f"[{api.host}]" if ":" in api.host else api.host
    try:
        with urllib.request.urlopen(f"http://{host}:{api.port}/healthz", timeout=2) as answer:
            return answer.status == 200  # type: ignore[no-any-return]
    except (OSError, ValueError):
        return False
