"""Steps: what the keys, links and appends of one row of a message map say."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.acts import Key, KeyPart, Tie, Value, function_of, reader
from gateway.mapping.handles import Handle
from gateway.mapping.paths import source, target
from gateway.mapping.rows import MessageFile, Step
from gateway.mapping.run import Run

_EXTENSION = re.compile(r"extension\(([^)]+)\)\.valueReference$")

_NAME = re.compile(r"[a-z]\w*")
"""A resource's name in a key; source paths begin with a capital letter or a dollar sign."""

PLACES = 10_000
"""A number below it tells a line of a sheet, not of a hospital."""


def keys_of(value: Any, segment: str, names: set[str], where: str) -> tuple[Key, ...]:
    """Return the ways to an identity that a row's ``key`` says, in their order.

    Raises:
        Misconfigured: it is none; names the place.
    """
    if value is None:
        return ()
    if isinstance(value, dict):
        if "any" in value:
            return tuple(key for one in value["any"] for key in keys_of(one, segment, names, where))
        if "identifier" in value:
            return (Key(identifier=tuple(str(v) for v in value["identifier"])),)
        if "fixed" in value:
            return (Key(fixed=str(value["fixed"])),)
        if "datatype" in value:
            return tuple(
                replace(key, like_datatype=True) for key in keys_of(value["datatype"], segment, names, where)
            )
        raise Misconfigured(
            f"unknown key {value!r}; it takes identifier, any, datatype, fixed or a list", where=where
        )
    parts = []
    for text in value if isinstance(value, list) else [value]:
        if str(text) in names:
            parts.append(KeyPart(str(text), None))
        else:
            parts.append(KeyPart("", _part(text, segment, where)))
    return (Key(parts=tuple(parts)),)


def _part(said: Any, segment: str, where: str) -> Value:
    """Return what reads one part of a key: a path, ``{first: [PATHS]}`` or ``{line: PATH, of: [PATHS]}``."""
    names = {*said} if isinstance(said, dict) else set()
    paths = said["first"] if names == {"first"} else said["of"] if names == {"line", "of"} else [said]
    read = [function_of(reader(source(str(path), where), segment)) for path in paths]
    found = read[0] if len(read) == 1 else _first(read)
    if names != {"line", "of"}:
        return found
    return _line(function_of(reader(source(str(said["line"]), where), segment)), found)


def _line(number: Value, of: Value) -> Value:
    """Return what reads the number of a line, behind that of its sheet where it begins anew on each.

    ``CF20260305-1`` and ``8840213`` are one line of the whole hospital; ``1``, ``002`` and ``A1`` are a place
    on some sheet. What counts only to :data:`PLACES` is taken for a place.
    """

    def value(fields: Any, run: Run) -> str:
        text = number(fields, run).strip()
        if not text or not (len(text) < len(str(PLACES)) or (text.isdigit() and int(text) < PLACES)):
            return text
        sheet = of(fields, run).strip()
        return text if not sheet or text.startswith(sheet) else f"{sheet}|{text}"

    return value


def _first(read: list[Value]) -> Value:
    """Return what reads the first of some paths that is valued: a drug without a code has its name."""

    def value(fields: Any, run: Run) -> str:
        return next((text for one in read if (text := one(fields, run)).strip()), "")

    return value


def tie_of(type_name: str, path: str, name: str, where: str) -> Tie:
    """Return the reference at a path of a resource to the one of that name.

    Raises:
        Misconfigured: the path ends in no Reference, or has keys; names the place.
    """
    steps = target(type_name, path, where)
    *way, last = steps
    if last.type != "Reference":
        raise Misconfigured(f"{path!r} of {type_name} is a {last.type}, not a Reference", where=where)
    kept = len(way) - 1 if address_of(path) else -1
    keyed = [step.key for at, step in enumerate(steps) if step.key and at != kept]
    if keyed:
        raise Misconfigured(f"a reference has no use for the key {keyed[0]!r} (in {path!r})", where=where)
    return Tie(tuple((step.name, step.many) for step in way), last.name, last.many, name)


def address_of(path: str) -> str:
    """Return the address of the extension that a path ends in: ``extension(URL).valueReference``."""
    found = _EXTENSION.search(path)
    return found[1] if found else ""


def addressed(url: str) -> Callable[..., None]:
    """Return what gives an extension its address, called as a map is."""

    def address(_: list[str], element: Handle, __: Run) -> None:
        element.body["url"] = url

    return address


def adapted(step: Step, names: set[str]) -> Step | None:
    """Return an included row without the names that nothing makes; None where it cannot be without them."""
    if step.into and step.into not in names:
        return None
    if step.find:
        if step.find.get("of") not in names:
            return None
        names = {*names, str(step.find.get("as"))}
    key = _known_keys(step.key, names)
    if step.key is not None and key is None:
        return None
    link = {path: name for path, name in step.link.items() if name == "*" or name in names}
    append = {path: name for path, name in step.append.items() if path.partition(".")[0] in names}
    if step.append and not append and not step.make:
        return None
    return replace(step, key=key, link=link, append=append, element=step.element if append else "")


def check_names(files: Collection[MessageFile], file: str = "") -> None:
    """Refuse a name in an included row that no row of any message makes.

    Such a row gives way where its message has no resource of that name, so a misspelt one would vanish.

    Args:
        file: only the rows that stand there.

    Raises:
        Misconfigured: there is one; names file and line.
    """
    made = {step.name for one in files for step in one.steps if step.make}
    for step in (step for one in files for step in one.steps if step.included):
        known = made | {str(step.find.get("as"))}
        for name in _named(step) if step.where.startswith(file) else ():
            if name not in known:
                raise Misconfigured(f"no row makes {name!r}", where=step.where)


def _named(step: Step) -> Iterator[str]:
    """Yield the names of resources that a row asks for."""
    if step.into:
        yield step.into
    yield from (name for name in step.link.values() if name != "*")
    yield from (path.partition(".")[0] for path in step.append)
    if step.find:
        yield str(step.find.get("of"))
    yield from _named_keys(step.key)


def _named_keys(key: Any) -> Iterator[str]:
    if isinstance(key, dict):
        for one in key.get("any", ()):
            yield from _named_keys(one)
    elif isinstance(key, list):
        yield from (str(part) for part in key if _NAME.fullmatch(str(part)))


def _known_keys(key: Any, names: set[str]) -> Any:
    if isinstance(key, dict) and "any" in key:
        some = [one for one in key["any"] if _known_keys(one, names) is not None]
        return {"any": some} if some else None
    if isinstance(key, list) and any(_NAME.fullmatch(str(part)) and str(part) not in names for part in key):
        return None
    return key
