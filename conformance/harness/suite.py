"""Finds suites: a file under ``conformance/suites`` is one. One that cannot be read spoils no other."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from conformance.harness.check import Check, Suite, declared_in

FOLDER = Path(__file__).parents[1] / "suites"


@dataclass(slots=True, frozen=True)
class Unreadable:
    """A suite that says nothing because its file is at fault.

    Attributes:
        suite: the file's name without its ending.
        what: kind of the error and its text.
    """

    suite: str
    what: str


@dataclass(slots=True, frozen=True)
class Loaded:
    """All suites there are.

    Attributes:
        hashes: suite → SHA-256 of its file, and of the data it has beside it.
        foreign: suites that do not come with the program, sorted.
    """

    suites: Mapping[str, Suite]
    checks: tuple[Check, ...]
    unreadable: tuple[Unreadable, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()

    def of(self, names: Iterable[str]) -> tuple[Check, ...]:
        """Return the checks of some suites."""
        wanted = set(names)
        return tuple(one for one in self.checks if one.suite in wanted)


def load(folders: Iterable[Path] = (FOLDER,)) -> Loaded:
    """Read every suite in some folders; what cannot be read is told, never raised."""
    suites: dict[str, Suite] = {}
    found: list[Check] = []
    unreadable: list[Unreadable] = []
    hashes: dict[str, str] = {}
    foreign: list[str] = []
    for path in sorted(one for folder in folders for one in folder.glob("*.py")):
        if path.name.startswith("_"):
            continue
        try:
            suite, checks, parts = _read(path)
            if suite.id in suites:
                raise ValueError(f"there are two suites {suite.id}")
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a foreign file does
            unreadable.append(Unreadable(path.stem, f"{type(error).__name__}: {error}"))
            continue
        suites[suite.id], hashes[suite.id] = suite, _hash(path, parts)
        found.extend(checks)
        if path.parent.resolve() != FOLDER.resolve():
            foreign.append(suite.id)
    return Loaded(suites, tuple(found), tuple(unreadable), hashes, tuple(sorted(foreign)))


def _read(path: Path) -> tuple[Suite, list[Check], list[ModuleType]]:
    """Return a suite and its checks; a long one lies in several modules, which it names as ``PARTS``."""
    module = _module(path)
    suite = getattr(module, "SUITE", None)
    if not isinstance(suite, Suite):
        raise ValueError("it has no SUITE = Suite(…)")
    if suite.id != path.stem:
        raise ValueError(f"SUITE says {suite.id}, the file {path.stem}")
    parts = list(getattr(module, "PARTS", ()))
    checks = [one.of(suite) for part in (module, *parts) for one in declared_in(vars(part))]
    twice = [name for name, count in Counter(one.id for one in checks).items() if count > 1]
    if twice:
        raise ValueError(f"checks with one id: {', '.join(sorted(twice))}")
    return suite, checks, parts


def _module(path: Path) -> ModuleType:
    inside = path.parent == FOLDER
    name = f"conformance.suites.{path.stem}" if inside else f"conformance_suite_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no Python file: {path.name}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _hash(path: Path, parts: Iterable[ModuleType]) -> str:
    digest = hashlib.sha256(path.read_bytes())
    own = [Path(str(one.__file__)) for one in parts]
    for one in (*own, *sorted((path.parent / path.stem).glob("*.yaml"))):
        digest.update(one.read_bytes())
    return digest.hexdigest()
