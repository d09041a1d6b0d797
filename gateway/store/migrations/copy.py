"""Copy: a database file as it was before its upgrade (sqlite.org/backup.html)."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import chain, count
from pathlib import Path
from typing import Any

from gateway.errors import Misconfigured
from gateway.store.session import Session

PAGES = 4096
"""Pages copied between two reports of progress: 16 MiB."""

_SPARE = 64 << 20


def make(session: Session, version: int, progress: Callable[[int, int], object]) -> Path:
    """Copy the file beside itself, ``NAME.schema-N``.

    A copy that is there already is kept, and may be of long ago, from before a way back: the new one gets a
    number, ``NAME.schema-N-2``.

    Raises:
        Misconfigured: there is no room for it.
    """
    file = Path(session.engine.file)
    first = file.with_name(f"{file.name}.schema-{version}")
    numbered = (file.with_name(f"{first.name}-{n}") for n in count(2))
    target = next(path for path in chain((first,), numbered) if not path.exists())
    size, free = file.stat().st_size, shutil.disk_usage(file.parent).free
    if free < size + _SPARE:
        raise Misconfigured(
            f"no room for a copy of the store: {size >> 20} MiB needed, {free >> 20} MiB free; "
            "back it up elsewhere, then run qiao db upgrade --no-copy",
            where=str(file.parent),
        )
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    driver: Any = session.writer.connection.driver_connection
    with closing(sqlite3.connect(part)) as copied:
        driver.backup(copied, pages=PAGES, progress=lambda _, rest, total: progress(total - rest, total))
    part.rename(target)
    return target
