"""Owns what a script's ids stand for: fixtures from files, and the requests and answers of its operations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.simulators.exact import dumps
from conformance.testscript.content import LARGEST, Content
from conformance.testscript.script import Script
from conformance.testscript.unusable import Unusable

Fetch = Callable[[str], Content]
"""Reads a fixture at an address; only given where the user permits it."""

_ENDINGS = ("", ".json", ".xml")


class Fixtures:
    """The ids of one run; files that a script names lie below ``folder``, its own unless given."""

    def __init__(self, script: Script, folder: Path | None = None, fetch: Fetch | None = None) -> None:
        self._script, self._fetch = script, fetch
        self._folder = (folder or script.file.parent).resolve()
        self._static: dict[str, Content] = {}
        self._dynamic: dict[str, Content] = {}
        self.identities: dict[str, tuple[str, str]] = {}
        """Fixture → (type, id) that a server gave it when it was created."""

    def load(self) -> None:
        """Read all that the script declares: R4 requires all. Raises ``Unusable``: one is missing."""
        for one in self._script.fixtures:
            try:
                self._static[one.id] = self.read(one.reference)
            except Unusable as fault:
                raise Unusable(
                    f"固件 {one.id}：{fault.words.zh}", f"the fixture {one.id}: {fault.words.en}"
                ) from fault

    def keep(self, id_: str, content: Content) -> None:
        """Put a request or an answer under an id, in place of whatever had it."""
        self._dynamic[id_] = content

    def get(self, id_: str) -> tuple[Content, bool] | None:
        """Return (content, whether it is a declared fixture), ``None`` for an id that stands for nothing."""
        if id_ in self._dynamic:
            return self._dynamic[id_], False
        return (self._static[id_], True) if id_ in self._static else None

    def read(self, reference: str) -> Content:
        """Return what a reference names.

        Raises:
            Unusable: it names nothing, nothing that may be read, or too much.
        """
        if reference.startswith("#"):
            return self._contained(reference[1:])
        if not reference:
            raise Unusable("没有 resource.reference", "it has no resource.reference")
        if "://" in reference:
            if self._fetch is None:
                raise Unusable(f"未获准读取网址 {reference}", f"addresses may not be read: {reference}")
            return self._fetch(reference)
        return self._file(reference)

    def _contained(self, id_: str) -> Content:
        if id_ not in self._script.contained:
            raise Unusable(f"脚本中没有内含资源 #{id_}", f"the script contains no resource #{id_}")
        return Content(dumps(self._script.contained[id_]).encode())

    def _file(self, reference: str) -> Content:
        """``Patient/example`` is looked for as published packages name it, too: ``Patient-example.json``."""
        stems = dict.fromkeys((reference, reference.replace("/", "-"), reference.replace("/", "-").lower()))
        for name in (f"{stem}{ending}" for stem in stems for ending in _ENDINGS):
            file = self._inside(name)
            if file is not None and file.is_file():
                return Content(_bytes(file))
        if self._inside(reference) is None:
            raise Unusable(
                f"{reference} 在允许的文件夹之外", f"{reference} is outside of the folder that may be read"
            )
        raise Unusable(f"找不到文件 {reference}", f"there is no file {reference}")

    def _inside(self, name: str) -> Path | None:
        try:
            file = (self._script.file.parent / name).resolve()
        except (OSError, ValueError, RuntimeError):
            return None
        return file if file.is_relative_to(self._folder) else None


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as handle:
            found = handle.read(LARGEST + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Unusable(
            f"文件 {file.name} 无法读取：{why}", f"the file {file.name} cannot be read: {why}"
        ) from error
    if len(found) > LARGEST:
        raise Unusable(f"文件 {file.name} 超过 16 MiB", f"the file {file.name} is larger than 16 MiB")
    return found
