"""Tables: the records of CSV, Excel, JSON and XML files, as the door for files would hand them over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from gateway import registry
from gateway.cli.gather import FILES, Item
from gateway.errors import Misconfigured
from gateway.settings import Settings

SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".json", ".ndjson", ".jsonl"})
"""Files that are tables or records whoever asks; ``.txt`` and ``.xml`` may be, where somebody says so."""


def reader(settings: Settings, maps: str, pattern: str, view: str) -> Callable[[Path], Iterator[Item]]:
    """Return what reads the records of a file.

    Args:
        maps: folder of the maps, ``""`` for those of the settings: its ``rows`` are the layouts.
        pattern: file or folder that says what files are, ``""`` for that of the settings.
        view: what the rows are, ``""``: as a pattern, the name or the headings say.

    Raises:
        Misconfigured: there is no such pattern, or the settings of the door are wrong.
    """
    spec = registry.find()[FILES]
    chosen = registry.options(spec, settings.adapters.get(FILES, {}))
    if pattern:
        chosen["files"] = pattern
    layouts = Path(maps or settings.mapping.root) / "rows"
    if (maps or settings.mapping.root) and not chosen["layouts"] and layouts.is_dir():
        chosen["layouts"] = str(layouts)
    assert spec.read is not None

    def read(path: Path) -> Iterator[Item]:
        empty = True
        try:
            for one in spec.read(path, chosen, view):  # type: ignore[misc]
                empty = False
                index = int(one.meta.get("line", 1))
                yield Item(str(path), index, one.raw, "", FILES, one.content_type)
        except OSError as error:
            raise Misconfigured(f"cannot be read: {error.strerror}", where=str(path)) from None
        if empty:
            yield Item(str(path), 0, b"", "empty", FILES)

    return read
