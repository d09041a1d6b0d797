"""What a run is made by: hashes of catalogue, suites and harness, versions of program and packages."""

from __future__ import annotations

import hashlib
import platform
from importlib import metadata
from pathlib import Path

from conformance.harness.suite import Loaded
from conformance.result.model import Definitions, Environment, Tool

_HOUSE = Path(__file__).parents[1]
_PACKAGES = ("httpx", "cryptography", "lxml", "pyyaml", "jinja2", "openpyxl")


def tool(loaded: Loaded) -> Tool:
    """Return the program, with the SHA-256 of everything that a verdict depends on."""
    rooms = ("harness", "result", "runner", "targets", "simulators")
    suites = _HOUSE / "suites"
    shared = [one for one in suites.rglob("*.py") if one.parent != suites]
    harness = _hash(sorted([*shared, *(one for name in rooms for one in _files(_HOUSE / name))]))
    catalogue = _hash(sorted((_HOUSE / "requirements").glob("*.yaml")))
    return Tool("qiao", version("qiao"), Definitions(catalogue, dict(loaded.hashes), harness))


def environment() -> Environment:
    """Return where the program runs; no name of the machine or of its user."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return Environment(platform.python_version(), system, {name: version(name) for name in _PACKAGES})


def version(package: str) -> str:
    """Return a package's version, ``""`` where it is not installed as one."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _files(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.suffix in (".py", ".yaml")]


def _hash(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for one in files:
        digest.update(one.relative_to(_HOUSE).as_posix().encode() + b"\0" + one.read_bytes() + b"\0")
    return digest.hexdigest()
