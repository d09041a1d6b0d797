"""Storage: encrypted at rest (SC article 48, YN article 46)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.verdict import NotTested, Skipped
from conformance.harness.words import Words
from conformance.suites.fhir.ground import created, patient

_PIECE = 16 * 1024 * 1024
_SLACK = 2.0
"""Seconds by which a file system's clock may be behind."""
_LEGIBLE = {
    b"SQLite format 3": "SQLite",
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
}
"""How files begin that anybody can open: what is packed in them is not found, and not encrypted either."""


@check("SC-48.2", zh="存储介质上检索不到患者姓名", en="no patient's name is found on the disk", critical=True)
def at_rest(run: Run) -> None:
    """Where the target says where its data lie (``settings.data``) and the harness may read there.

    The place is that of the data as the medium has them: below an encrypted file system, its image or device.
    """
    place = Path(str(run.target.setting("data", "")) or os.devnull)
    if place == Path(os.devnull) or not place.exists():
        raise Skipped(
            "目标未声明其数据目录（settings.data），请现场检查",
            "the target does not say where its data lie (settings.data); look on site",
        )
    family, began = f"密{run.number}", time.time()
    created(run, patient(run, name=[{"family": family, "given": ["如玉"]}]))
    files = list(_files(place))
    found = _searched(files, (family.encode(), run.number.encode(), family.encode("utf-16-le")))
    run.expect(
        not found, "各文件中均无", "it is in no file", Words("明文存于文件", "it is in a file, unencrypted")
    )
    _shows_something(files, began)


def _shows_something(files: list[Path], began: float) -> None:
    """Tell a disk on which nothing was found from a place where nothing lies. Raises :class:`NotTested`."""
    if not any(_changed(one) >= began - _SLACK for one in files):
        raise NotTested(
            "写入后该目录中没有文件改变：数据不在此处，或尚未落盘",
            "no file there has changed since the patient was written: the data lie elsewhere, or in memory",
        )
    kinds = sorted(
        {kind for one in files for start, kind in _LEGIBLE.items() if _first(one).startswith(start)}
    )
    if kinds:
        said = ", ".join(kinds)
        raise NotTested(
            f"文件为可直接打开的格式（{said}），可能只是压缩；请现场查看加密方式",
            f"a file is of a kind that anybody opens ({said}), perhaps packed only; look at it on site",
        )


def _searched(files: list[Path], wanted: tuple[bytes, ...]) -> bool:
    return any(_holds(one, wanted) for one in files)


def _files(place: Path) -> Iterator[Path]:
    """Yield what lies there. Raises :class:`NotTested`: a folder cannot be read."""
    if not place.is_dir():
        yield place
        return
    for folder, _, names in os.walk(place, onerror=_unreadable):
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_file():
                yield file


def _holds(path: Path, wanted: tuple[bytes, ...]) -> bool:
    """Tell whether a file has one of some texts. Raises :class:`NotTested`: it cannot be looked into."""
    longest = max(len(one) for one in wanted)
    try:
        with path.open("rb") as file:
            before = b""
            while piece := file.read(_PIECE):
                if any(one in before + piece for one in wanted):
                    return True
                before = piece[-longest:]
    except FileNotFoundError:  # a journal that came and went
        return False
    except OSError as error:
        _unreadable(error)
    return False


def _first(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError:
        return b""


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _unreadable(error: OSError) -> None:
    why = error.strerror or type(error).__name__
    raise NotTested(f"数据文件无法读取：{why}", f"a file of the data cannot be read: {why}") from None
