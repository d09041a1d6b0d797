"""The demo's serial line: two pseudo terminals and a cable between them, so that both ends are devices."""

from __future__ import annotations

import os
import selectors
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PIECE = 4096


@contextmanager
def cable(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Give the two ends of a serial line, as devices; links to them lie in the folder, under fixed names."""
    masters, names = [], []
    kept = []
    for end in ("gateway", "analyser"):
        master, slave = os.openpty()
        tty.setraw(slave)
        kept.append(slave)  # else reading fails as long as nobody has opened the device
        masters.append(master)
        link = folder / f"serial-{end}"
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(slave))
        names.append(link.absolute())
    stopping, stop = os.pipe()
    carrying = threading.Thread(target=_carry, args=(*masters, stopping), daemon=True)
    carrying.start()
    try:
        yield names[0], names[1]
    finally:
        os.write(stop, b"x")
        carrying.join()
        for end_ in (*masters, *kept, stopping, stop):
            os.close(end_)
        for link in names:
            link.unlink(missing_ok=True)


def _carry(one: int, other: int, stopping: int) -> None:
    """Carry bytes both ways until it is to stop."""
    across = {one: other, other: one}
    with selectors.DefaultSelector() as both:
        for end in (one, other, stopping):
            both.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in both.select():
                if key.fd == stopping:
                    return
                with suppress(OSError):
                    os.write(across[key.fd], os.read(key.fd, _PIECE))
