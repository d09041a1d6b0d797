"""Code folders: all code tables of one process, and what changes in them while it runs.

The shipped folder comes first, then the hospital's own (setting ``[mapping] codes``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.errors import Misconfigured
from gateway.mapping.code_files import FORMS, TableFile, table_file
from gateway.mapping.codes import Entry, Table

Root = Path | Traversable
Place = tuple[int, str]
Stamp = tuple[int, ...]


@dataclass(slots=True, frozen=True)
class Change:
    """What came of a look at the folders.

    Attributes:
        tables: names of the tables that say something new now.
        problem: why something stays as it was, ``""`` for nothing; each is told once.
    """

    tables: tuple[str, ...] = ()
    problem: str = ""


class CodeFolders:
    """The files of the code folders and the tables that they make.

    Attributes:
        tables: name → table, in force.
        digest: of the files in force.

    Raises:
        Misconfigured: a folder is not there, a file is wrong, or two files give the same table; names file
            and line.
    """

    def __init__(self, folders: Sequence[Root]) -> None:
        self._folders = tuple(folders)
        try:
            self._accepted = self._last = self._look()
        except OSError as error:
            raise Misconfigured(str(error.strerror), where="[mapping] codes") from None
        self._files: dict[Place, tuple[TableFile, bytes]] = {}
        for place in sorted(self._accepted):
            self._files[place] = self._read(place)
        self.tables = assemble([file for file, _ in self._files.values()])
        self.digest = self._digest()

    def refresh(self, needed: Collection[str]) -> Change:
        """Look for changed, new and gone files; a change counts once two looks in a row have seen the same.

        A file that is wrong leaves its table as it was, and so does everything that does not fit together.
        Only :attr:`tables` changes; the caller brings the maps to it.

        Args:
            needed: tables that the maps name; they cannot go away.
        """
        try:
            seen = self._look()
        except OSError as error:
            seen = {(-1, str(error.strerror)): ()}
        if seen == self._accepted or seen != self._last:
            self._last = seen
            return Change()
        before, self._accepted = self._accepted, seen
        if any(folder < 0 for folder, _ in seen):
            return Change(problem=next(iter(seen))[1])
        problems = self._reread(before, seen)
        try:
            tables = assemble([self._files[place][0] for place in sorted(self._files)])
            if gone := set(needed) & set(self.tables) - set(tables):
                raise Misconfigured(f"the maps need the table {min(gone)!r}", where="codes")
        except Misconfigured as error:
            return Change(problem="; ".join([*problems, str(error)]))
        changed = tuple(name for name in sorted({*tables, *self.tables}) if self._differs(name, tables))
        self.tables = {**tables, **{name: self.tables[name] for name in tables if name not in changed}}
        self.digest = self._digest()
        return Change(changed, "; ".join(problems))

    def _differs(self, name: str, tables: Mapping[str, Table]) -> bool:
        old, new = self.tables.get(name), tables.get(name)
        if old is None or new is None:
            return True
        return any(getattr(old, one) != getattr(new, one) for one in Table.__slots__)

    def _reread(self, before: Mapping[Place, Stamp], seen: Mapping[Place, Stamp]) -> list[str]:
        problems = []
        for place in set(self._files) - set(seen):
            del self._files[place]
        for place in sorted(seen):
            if before.get(place) != seen[place]:
                try:
                    self._files[place] = self._read(place)
                except Misconfigured as error:
                    problems.append(str(error))
        return problems

    def _look(self) -> dict[Place, Stamp]:
        if gone := [folder for folder in self._folders[1:] if not folder.is_dir()]:
            raise FileNotFoundError(2, f"there is no folder {gone[0]}")
        return {
            (number, path.name): _stamp(path)
            for number, folder in enumerate(self._folders)
            if folder.is_dir()
            for path in folder.iterdir()
            if path.name.endswith(FORMS) and not path.name.startswith((".", "~"))
        }

    def _read(self, place: Place) -> tuple[TableFile, bytes]:
        number, name = place
        path = self._folders[number].joinpath(name)
        try:
            return table_file(path), hashlib.sha256(path.read_bytes()).digest()
        except OSError as error:
            raise Misconfigured(f"cannot be read: {error.strerror}", where=name) from None
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise Misconfigured(f"not a code table ({type(error).__name__})", where=name) from None

    def _digest(self) -> bytes:
        digest = hashlib.sha256()
        for (number, name), (_, content) in sorted(self._files.items(), key=lambda one: one[0]):
            digest.update(b"%d\0%s\0%s" % (number, name.encode(), content))
        return digest.digest()


def _stamp(path: Root) -> Stamp:
    if not isinstance(path, Path):
        return ()
    try:
        found = path.stat()
    except FileNotFoundError:  # gone between the listing and the look
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def assemble(files: Sequence[TableFile]) -> dict[str, Table]:
    """Return the tables that files make together; files that extend are laid over the table they name.

    Raises:
        Misconfigured: two files give the same table, or the same code beside it; or they extend none.
    """
    given: dict[str, TableFile] = {}
    for file in files:
        if file.extends:
            continue
        if file.name in given:
            there = given[file.name].where
            said = f"table {file.name!r} is also in {there}; say 'extends: {file.name}' to add codes"
            raise Misconfigured(said, where=file.where)
        given[file.name] = file
    added: dict[str, dict[str, tuple[TableFile, str]]] = {}
    for file in files:
        if file.extends:
            _extend(given, added.setdefault(file.name, {}), file)
    return {name: _table(file) for name, file in given.items()}


def _extend(given: dict[str, TableFile], added: dict[str, tuple[TableFile, str]], file: TableFile) -> None:
    base = given.get(file.name)
    if base is None:
        raise Misconfigured(f"it extends {file.name!r}, and there is no such table", where=file.where)
    for code in file.entries:
        key = code if base.exact else code.casefold()
        other, theirs = added.setdefault(key, (file, code))
        if other is not file:
            raise Misconfigured(f"code {code!r} is also added by {other.at(theirs)}", where=file.at(code))
    folded = set() if base.exact else {code.casefold() for code in file.entries}
    kept = {code: one for code, one in base.entries.items() if code.casefold() not in folded}
    own = {code: _resolved(one, file.target or base.target) for code, one in file.entries.items()}
    systems = (*base.source_systems, *file.source_systems)
    given[file.name] = replace(base, entries={**kept, **own}, source_systems=systems)


def _resolved(entry: Entry, target: str) -> Entry:
    return entry if entry.system or not entry.code else replace(entry, system=target)


def _table(file: TableFile) -> Table:
    return Table(
        file.name, file.target, file.entries, exact=file.exact, source_system=file.source_system,
        source_systems=tuple(dict.fromkeys(file.source_systems)), guide=file.guide, url=file.url,
    )  # fmt: skip
