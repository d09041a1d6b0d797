"""Mutants: our gateway with one behaviour switched off, to see that the conformance harness notices.

A mutant is a small patch of the gateway's objects, made in a process of its own before anything is built.
Nothing in the gateway knows of it.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.harness.words import Words

CHONGQING, YUNNAN = "cn-chongqing", "cn-yunnan"
VARIABLE = "QIAO_MUTANT"
"""Environment variable that names the mutant of a demo (`standing.py`)."""


@dataclass(slots=True, frozen=True)
class Mutant:
    """A gateway in which one behaviour is switched off.

    Attributes:
        requirement: the row of the catalogue that must then fail, and no other.
        said: what is switched off, as one sentence.
        switch: switches it off, in this process.
        jurisdiction: of the gateway and of the run.
    """

    name: str
    requirement: str
    said: Words
    switch: Callable[[], None]
    jurisdiction: str = CHONGQING


_FOUND: dict[str, Mutant] = {}


def mutant(
    requirement: str, zh: str, en: str, jurisdiction: str = CHONGQING
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Make a mutant of a function that switches something off; it is called as the function is."""

    def declare(switch: Callable[[], None]) -> Callable[[], None]:
        note(Mutant(switch.__name__.replace("_", "-"), requirement, Words(zh, en), switch, jurisdiction))
        return switch

    return declare


def note(one: Mutant) -> None:
    """Take up a mutant."""
    assert one.name not in _FOUND, f"two mutants are called {one.name}"
    _FOUND[one.name] = one


def all_mutants() -> dict[str, Mutant]:
    """Return all mutants by name, in the order of their files."""
    for file in sorted(Path(__file__).parent.glob("m_*.py")):
        importlib.import_module(f"mutants.{file.stem}")
    return dict(_FOUND)


def switch_off(name: str) -> None:
    """Make this process the gateway of a mutant."""
    all_mutants()[name].switch()


# Ways to switch something off.


def instead(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace ``owner.name`` by ``make(what stands there)``, wherever it was imported to already."""
    old = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)
    wrapped = type(old) if isinstance(old, staticmethod | classmethod) else None
    new = make(old.__func__ if wrapped else old)
    setattr(owner, name, wrapped(new) if wrapped else new)
    if isinstance(owner, type):
        return
    for namespace in _namespaces():
        for key, value in list(namespace.items()):
            if value is old:
                namespace[key] = new


def _namespaces() -> Iterator[dict[str, Any]]:
    for key, module in list(sys.modules.items()):
        if key.partition(".")[0] in ("gateway", "adapters") and module is not None:
            yield vars(module)
            yield from (one for one in vars(module).values() if type(one) is dict)


def without_rules(*ids: str) -> None:
    """Load every pack without some rules."""
    _packs(lambda rules: [one for one in rules if one.id not in ids])


def other_test(rule: str, make: Callable[[Any], Any]) -> None:
    """Load a rule that decides otherwise: ``make(its test)``."""
    _packs(lambda rules: [
        dataclasses.replace(one, test=make(one.test)) if one.id == rule else one for one in rules
    ])  # fmt: skip


def _packs(change: Callable[[Any], list[Any]]) -> None:
    from gateway.policy import policy

    def make(read: Any) -> Any:
        def read_pack(*given: Any) -> Any:
            pack = read(*given)
            return dataclasses.replace(pack, rules=tuple(change(pack.rules)))

        return read_pack

    instead(policy, "read_pack", make)
    policy._load.cache_clear()


def dropped(
    name: str, requirement: str, rules: tuple[str, ...], zh: str, en: str, where: str = CHONGQING
) -> None:
    """Take up a mutant in which some rules of the policy are not there."""
    note(Mutant(name, requirement, Words(zh, en), lambda: without_rules(*rules), where))


@dataclass(slots=True)
class Answered:
    """An answer of the API; ``headers`` by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes


def front(
    asked: Callable[[dict[str, Any]], None] = lambda _scope: None,
    answered: Callable[[dict[str, Any], Answered], None] = lambda _scope, _answer: None,
) -> None:
    """Stand before the API: change what is asked, or what is answered.

    Args:
        asked: changes the scope of a request (ASGI).
        answered: given the scope, changes the answer.
    """
    from gateway.api import front as made

    def make(protect: Any) -> Any:
        return lambda *given, **more: _Front(protect(*given, **more), asked, answered)

    instead(made, "protect", make)


class _Front:
    def __init__(self, app: Any, asked: Any, answered: Any) -> None:
        self._app, self._asked, self._answered = app, asked, answered

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Nothing is packed on its way, so that it can be changed.
        scope["headers"] = [one for one in scope["headers"] if one[0] != b"accept-encoding"]
        before = dict(scope)
        self._asked(scope)
        told = Answered(0, {}, b"")

        async def heard(message: Any) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
                told.headers = {name.decode("latin-1").lower(): value.decode("latin-1")
                           for name, value in message["headers"]}  # fmt: skip
            elif message["type"] == "http.response.body":
                told.body += message.get("body", b"")

        await self._app(scope, receive, heard)
        length = told.headers.pop("content-length", None)
        before_it = bool(told.body)
        self._answered(before, told)
        if length is not None:  # of what HEAD does not send it stays
            told.headers["content-length"] = str(len(told.body)) if before_it or told.body else length
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.headers.items()]
        await send({"type": "http.response.start", "status": told.status, "headers": headers})
        await send({"type": "http.response.body", "body": told.body})


def without_parameters(keep: Callable[[dict[str, Any], str, str], bool]) -> None:
    """Take parameters away from what is asked: those that ``keep(scope, name, value)`` does not want."""
    from urllib.parse import parse_qsl, urlencode

    def asked(scope: dict[str, Any]) -> None:
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        kept = [one for one in pairs if keep(scope, *one)]
        if len(kept) < len(pairs):
            scope["query_string"] = urlencode(kept).encode()

    front(asked)


def bundles(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    """Change every Bundle that is answered: ``change(scope, bundle)``."""
    from conformance.simulators.exact import dumps, loads

    def answered(scope: dict[str, Any], answer: Answered) -> None:
        if b'"resourceType":"Bundle"' in answer.body[:64]:
            found = loads(answer.body)
            change(scope, found)
            answer.body = dumps(found).encode()

    front(answered=answered)
