"""Checks and suites: a decorator on a function in a file under ``conformance/suites`` makes a check."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.harness.words import Words

if TYPE_CHECKING:
    from conformance.harness.run import Run

Body = Callable[..., None]
MARK = "__conformance_checks__"


@dataclass(slots=True, frozen=True)
class Suite:
    """What a file of checks calls itself.

    Attributes:
        id: the file's name.
    """

    id: str
    title: Words

    def __init__(self, id: str, *, zh: str, en: str) -> None:
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "title", Words(zh, en))


@dataclass(slots=True, frozen=True)
class Check:
    """One thing that is tried on the target, for one requirement.

    Attributes:
        id: ``suite.function`` or ``suite.function.case``.
        requirement: id of a row of the catalogue.
        critical: a failure caps the score; so does each of a critical requirement, unless it is ``lesser``.
        lesser: why a failure caps nothing although the requirement is critical; empty: nothing says so.
        needs: capabilities of the target without which it is skipped, by name.
        exclusive: it disturbs the others (cuts a line, changes what is common): it runs alone.
        last: it looks at everything that the run did: it runs alone, after all others.
        waits: it mostly waits for the target (a push, a notification): it begins first, beside the others.
        basic: any server passes it and a dummy does not; where it fails, other passes show nothing.
        jurisdictions: where it holds, beyond where its requirement does; empty: everywhere.
    """

    id: str
    suite: str
    requirement: str
    title: Words
    body: Body
    critical: bool = False
    needs: tuple[str, ...] = ()
    exclusive: bool = False
    last: bool = False
    waits: bool = False
    basic: bool = False
    jurisdictions: tuple[str, ...] = ()
    lesser: str = ""
    given: tuple[Any, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether nothing else may go on beside it."""
        return self.exclusive or self.last

    def __call__(self, run: Run) -> None:
        """Try it. Raises :class:`~conformance.harness.verdict.Ended` unless it passes."""
        self.body(run, *self.given)


@dataclass(slots=True, frozen=True)
class Declared:
    """A check before its file is known."""

    requirement: str
    title: Words
    body: Body
    name: str
    options: Mapping[str, Any]
    given: tuple[Any, ...] = ()

    def of(self, suite: Suite) -> Check:
        """Return the check as one of a suite."""
        name = f"{suite.id}.{self.name}"
        return Check(
            name, suite.id, self.requirement, self.title, self.body, given=self.given, **self.options
        )


@dataclass(slots=True, frozen=True)
class Case:
    """One of several checks that share a function.

    Attributes:
        name: last part of the check's id: letters, digits, ``-``, ``_``, ``.``.
        given: handed to the function after the run.
    """

    name: str
    requirement: str
    title: Words
    given: tuple[Any, ...] = ()
    critical: bool = False
    needs: tuple[str, ...] = ()
    exclusive: bool = False
    jurisdictions: tuple[str, ...] = ()
    lesser: str = ""


def check(
    requirement: str,
    *,
    zh: str,
    en: str,
    critical: bool = False,
    needs: Sequence[str] = (),
    exclusive: bool = False,
    last: bool = False,
    waits: bool = False,
    basic: bool = False,
    jurisdictions: Sequence[str] = (),
    lesser: str = "",
) -> Callable[[Body], Body]:
    """Make a check of a function that takes a :class:`~conformance.harness.run.Run`.

    Args:
        requirement: id of a row of the catalogue.
        zh: what is tried, as one short statement that holds when it passes.
        en: the same in English.

    The other arguments are as in :class:`Check`.
    """
    options = {"critical": critical, "needs": tuple(needs), "exclusive": exclusive, "last": last,
               "waits": waits, "basic": basic, "jurisdictions": tuple(jurisdictions),
               "lesser": lesser}  # fmt: skip

    def declare(body: Body) -> Body:
        _note(body, Declared(requirement, Words(zh, en), body, body.__name__, options))
        return body

    return declare


def checks(cases: Sequence[Case]) -> Callable[[Body], Body]:
    """Make one check of a function for each case, from data: ``function(run, *case.given)``."""

    def declare(body: Body) -> Body:
        for one in cases:
            options = {"critical": one.critical, "needs": one.needs, "exclusive": one.exclusive,
                       "jurisdictions": one.jurisdictions, "lesser": one.lesser}  # fmt: skip
            name = f"{body.__name__}.{one.name}"
            _note(body, Declared(one.requirement, one.title, body, name, options, one.given))
        return body

    return declare


def _note(body: Body, declared: Declared) -> None:
    vars(body).setdefault(MARK, []).append(declared)


def declared_in(namespace: Mapping[str, Any]) -> list[Declared]:
    """Return what a module declares, in the order of its lines."""
    bodies = [one for one in namespace.values() if inspect.isfunction(one) and MARK in vars(one)]
    bodies.sort(key=lambda one: one.__code__.co_firstlineno)
    return [declared for body in bodies for declared in vars(body)[MARK]]
