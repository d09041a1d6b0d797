"""Reach: the files that a verdict depends on: what is changed outside of them leaves it as it is.

The harness makes all verdicts. Those of a check are made by the file that declares it, what that imports, the
suite's own file, and their data. The gateway is not among it: it changes all the time, and who wants every
mutant tried on it anew says so.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from mutants.proof import planned, suites

from conformance.harness.check import declared_in

HERE = Path(__file__).parent
HOUSE = HERE.parents[2] / "conformance"
_ROOMS = ("evidence", "harness", "result", "runner", "targets", "simulators")
_SHARED = (HERE / "mutant.py", HERE / "proof.py", HERE.parent / "standing.py")


@cache
def harness() -> str:
    """Return a hash of the harness, without the suites, and of what makes mutants."""
    files = [one for room in _ROOMS for one in (HOUSE / room).rglob("*") if one.suffix in (".py", ".yaml")]
    return _hash([*files, *_SHARED])


@cache
def rows(jurisdiction: str) -> Mapping[str, str]:
    """Return requirement → hash of what makes its verdict besides the harness: its checks and their files."""
    ids: dict[str, list[str]] = defaultdict(list)
    files: dict[str, set[Path]] = defaultdict(set)
    for one in planned(jurisdiction).checks:
        ids[one.requirement].append(one.id)
        files[one.requirement] |= _of(one.suite, _declared(one.suite)[one.id])
    return {name: _hash(files[name], repr(sorted(checks)))[:12] for name, checks in ids.items()}


@cache
def _declared(suite: str) -> Mapping[str, Path]:
    """Return check → the file that declares it."""
    suites()  # they are read by now
    module = sys.modules[f"conformance.suites.{suite}"]
    return {
        f"{suite}.{one.name}": Path(str(part.__file__))
        for part in (module, *getattr(module, "PARTS", ()))
        for one in declared_in(vars(part))
    }


@cache
def _of(suite: str, file: Path) -> frozenset[Path]:
    return frozenset(reached(HOUSE, suite, file))


def reached(house: Path, suite: str, file: Path) -> set[Path]:
    """Return a file of a suite, what it imports outside the harness, the suite's own file, and their data.

    Raises:
        ValueError: an import is relative: it would not be followed.
    """
    folder = house / "suites"
    found, ahead, data = {folder / f"{suite}.py"}, {file}, {suite}
    while ahead:
        each = ahead.pop()
        found.add(each)
        tree = ast.parse(each.read_text("utf-8"))
        ahead |= set(_imported(tree, house)) - found
        # Some modules read what lies in another suite's folder, which they name.
        named = (one.value for one in ast.walk(tree) if isinstance(one, ast.Constant))
        data |= {one for one in named if isinstance(one, str)}
    beside = {one.parent for one in found}
    beside |= {one for one in folder.iterdir() if one.is_dir() and one.name in data}
    return found | {one for each in beside for one in each.glob("*.yaml")}


def _imported(tree: ast.AST, house: Path) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"a relative import: {ast.unparse(node)}")
            names = [f"{node.module}.{one.name}" for one in node.names]
        else:
            continue
        for name in names:
            yield from _files(name.split("."), house)


def _files(dotted: list[str], house: Path) -> Iterator[Path]:
    """Return the module's file, and those of the packages in which it lies."""
    if dotted[0] != house.name or (dotted[1:2] and dotted[1] in _ROOMS):
        return
    for end in range(1, len(dotted) + 1):
        place = house.parent.joinpath(*dotted[:end])
        yield from (one for one in (place / "__init__.py", place.with_suffix(".py")) if one.is_file())


def _hash(files: Iterable[Path], more: str = "") -> str:
    digest = hashlib.sha256(more.encode())
    for one in sorted(set(files)):
        digest.update(one.relative_to(HOUSE.parent).as_posix().encode() + b"\0" + one.read_bytes() + b"\0")
    return digest.hexdigest()
