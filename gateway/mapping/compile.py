"""Compile: all map files become functions, once, at load."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.canonical.placeholders import is_placeholder
from gateway.errors import Misconfigured
from gateway.mapping import (  # noqa: F401 (add their functions to the closed table)
    documents,
    local_tests,
    observations,
    periods,
    written,
)
from gateway.mapping.cache import CACHE
from gateway.mapping.codes import Table
from gateway.mapping.elements import is_resource
from gateway.mapping.emit import Emitter, Shape, World
from gateway.mapping.functions import BAD, FUNCTIONS
from gateway.mapping.memory import coding, own, referring, remembering
from gateway.mapping.raw import first_valued, part, repetition
from gateway.mapping.rows import MapFile, MessageFile
from gateway.mapping.texts import EMPTY, count_of, is_han, is_numeric, is_resident


@dataclass(slots=True, frozen=True)
class Compiled:
    """The functions of all maps.

    Attributes:
        functions: map name → function (see :mod:`gateway.mapping.emit`).
        rules: rule number → row id; number 0 is no rule.
        version: digest of everything compiled.
        memories: how many maps remember what they made.
        names: map name → name of its function.
        scope: what the functions know by name.
        world: what their sources were made from.
    """

    functions: Mapping[str, Callable[..., Any]]
    rules: tuple[str, ...]
    version: str
    memories: int
    names: Mapping[str, str]
    scope: dict[str, Any]
    world: World

    def shaped(self, name: str, segment: str, shape: Shape) -> Callable[..., Any]:
        """Return the function of a map for segments of one shape; it does what the function for all does."""
        if self.world.maps[name].source != segment:
            return self.functions[name]
        scope = dict[str, Any]()
        source = Emitter(self.world.maps[name], self.world, shape).source()
        self.scope.update(self.world.constants)
        exec(compile(source, "<qiao maps of a shape>", "exec"), self.scope, scope)  # noqa: S102 (as below)
        made: Callable[..., Any] = scope[self.names[name]]
        return made


def _cycles(maps: Mapping[str, MapFile]) -> None:
    """Refuse datatype maps that include one another in a circle."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...], where: str) -> None:
        if name in path:
            raise Misconfigured("cyclic include: " + " → ".join((*path, name)), where=where)
        if name in done:
            return
        for row in maps[name].rows:
            if row.convert in maps:
                visit(row.convert, (*path, name), row.where)
        done.add(name)

    for name in maps:
        visit(name, (), maps[name].where)


def number_rules(maps: Mapping[str, MapFile], messages: list[MessageFile]) -> tuple[str, ...]:
    """Return all row ids in a stable order; the place of an id is its rule number."""
    ids = [row.id for _, file in sorted(maps.items()) for row in file.rows]
    ids += [step.id for file in sorted(messages, key=lambda one: one.where) for step in file.steps]
    return ("", *ids)


def _remember(scope: dict[str, Any], world: World, maps: Mapping[str, MapFile], count: int = 0) -> int:
    """Add what the generated functions call: references and coded values, remembered where a map says so.

    Args:
        maps: those whose functions are new in ``scope``.
        count: memories in use already.

    Returns:
        the number of memories in use.
    """

    def keep(name: str, call: Callable[..., Any], memo: bool) -> None:
        nonlocal count
        scope[name] = remembering(call, count) if memo else call
        count += memo

    for kind, how, codes in sorted(world.coded):
        table = f"T_{codes.replace('-', '_')}"
        function = world.function_names[how]
        call = coding(scope[function], kind, world.tables[codes])
        keep(f"{kind}_{function}_{table}", call, world.maps[how].memo)
    for name, file in maps.items():
        function = world.function_names[name]
        if is_resource(file.target) and not file.is_segment:
            key = file.key or {"identifier": []}
            kinds = None if isinstance(key, list) else tuple(key.get("identifier", []))
            keep("R_" + function, referring(scope[function], file.target, kinds), file.memo)
        else:
            keep(function, scope[function], file.memo)
    return count


Emitted = tuple[list[str], list[tuple[str, str, str]], dict[str, Any]]
"""Sources of all functions, in the order of their maps; the coded values they call; their constants."""


def _emitted(maps: Mapping[str, MapFile], world: World) -> Emitted:
    sources = [Emitter(maps[name], world).source() for name in sorted(maps)]
    return sources, sorted(world.coded), world.constants


def _made_of(
    maps: Mapping[str, MapFile], tables: Mapping[str, Table], rules: tuple[str, ...], digest: bytes
) -> bytes:
    """Return all that the sources depend on: the rows, what they may name, and the compiler itself."""
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("emit/*.py"))]
    code += [Path(__file__).with_name(f"{name}.py").read_bytes() for name in ("conditions", "paths")]
    functions = [(name, one.kind, one.result) for name, one in sorted(FUNCTIONS.items())]
    facts = repr((sorted(maps), sorted(tables), functions, rules))
    return b"\0".join([digest, facts.encode(), *code])


def compile_maps(
    maps: Mapping[str, MapFile], messages: list[MessageFile], tables: Mapping[str, Table], digest: bytes
) -> Compiled:
    """Compile every segment and datatype map.

    Args:
        digest: hash of the source files, which becomes part of the version.

    Raises:
        Misconfigured: a path, condition, function or table is wrong, or maps include one another in a
            circle; names file and line.
    """
    _cycles(maps)
    rules = number_rules(maps, messages)
    names = {name: f"m{at}" for at, name in enumerate(sorted(maps))}
    world = World(maps, tables, {rule: at for at, rule in enumerate(rules)}, names)
    scope: dict[str, Any] = {
        "part": part,
        "repetition": repetition,
        "own": own,
        "first_valued": first_valued,
        "BAD": BAD,
        "EMPTY": EMPTY,
        "is_placeholder": is_placeholder,
    }
    scope |= {"count_of": count_of, "is_numeric": is_numeric, "is_han": is_han, "is_resident": is_resident}
    scope |= {f"F_{name}": function.call for name, function in FUNCTIONS.items()}
    scope |= {f"T_{name.replace('-', '_')}": table for name, table in tables.items()}
    emitted: Emitted = CACHE.get(
        b"emit", _made_of(maps, tables, rules, digest), lambda: _emitted(maps, world)
    )
    sources, world.coded, world.constants = emitted[0], set(emitted[1]), emitted[2]
    scope |= world.constants
    text = "\n".join(sources)
    code = CACHE.get(b"code", text.encode(), lambda: compile(text, "<qiao maps>", "exec"))
    exec(code, scope)  # noqa: S102 (our own source, from checked rows)
    memories = _remember(scope, world, maps)
    functions = {name: scope[function] for name, function in names.items()}
    version = hashlib.sha256(digest + "\n".join(sources).encode()).hexdigest()[:16]
    return Compiled(functions, rules, version, memories, names, scope, world)


def _touched(maps: Mapping[str, MapFile], changed: Collection[str]) -> set[str]:
    """Return the maps whose functions change with others: those that call them, or fill the same resource."""
    targets = {maps[name].target for name in changed if maps[name].is_segment}
    beside = {name for name, file in maps.items() if file.is_segment and file.target in targets}
    touched = beside | set(changed)
    while True:
        callers = {name for name, file in maps.items() if any(row.convert in touched for row in file.rows)}
        # Rows with 'codes' and the functions of OBX-5 call this one without naming it.
        if touched & {"CWE[CodeableConcept]", "CWE[Coding]"}:
            callers |= {name for name, file in maps.items() if any(row.codes for row in file.rows)}
        if callers <= touched:
            return touched
        touched |= callers


def compile_variant(
    base: Compiled,
    maps: Mapping[str, MapFile],
    changed: Collection[str],
    tables: Mapping[str, Table],
    rules: tuple[str, ...],
) -> Compiled:
    """Compile maps of which some differ from the compiled ones; all other functions are shared.

    Args:
        maps: all of them.
        changed: names of those that differ or are new.
        rules: the rules of ``base``, and behind them those of the rows that differ.

    Raises:
        Misconfigured: as :func:`compile_maps`.
    """
    _cycles(maps)
    new = sorted(set(maps) - set(base.names))
    names = dict(base.names) | {name: f"m{len(base.names) + at}" for at, name in enumerate(new)}
    world = World(maps, tables, {rule: at for at, rule in enumerate(rules)}, names)
    touched = sorted(_touched(maps, changed))
    scope = dict(base.scope)
    emitters = {name: Emitter(maps[name], world) for name in touched}
    sources = [emitter.source() for emitter in emitters.values()]
    scope |= world.constants
    exec(compile("\n".join(sources), "<qiao maps of a sender>", "exec"), scope)  # noqa: S102 (as above)
    memories = _remember(scope, world, {name: maps[name] for name in touched}, base.memories)
    functions = dict(base.functions) | {name: scope[names[name]] for name in touched}
    return Compiled(functions, rules, base.version, memories, names, scope, world)
