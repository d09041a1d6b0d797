"""Watch: tells whether a new version is an event of one Subscription (Backport 1.1.0; R4 Subscription)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from gateway.canonical import Resource
from gateway.canonical.json import loads
from gateway.feed.subscription.criteria import Test, compiled
from gateway.feed.subscription.definition import Definition
from gateway.feed.subscription.topics import Interaction, Topic, Trigger
from gateway.store.subscriptions import Step

_ALWAYS: frozenset[Interaction] = frozenset(("create", "update"))


class Move:
    """One change of a resource; its bodies are read when somebody asks for them, and once for all.

    Args:
        before: fetches the version before, None where there was none.
    """

    def __init__(self, step: Step, before: Callable[[], Step | None]) -> None:
        self._step = step
        self._before = before

    @property
    def type(self) -> str:
        """Type of the resource."""
        return self._step.version.type

    @cached_property
    def interaction(self) -> Interaction:
        """What was done; a resource that comes back after its deletion is created."""
        if self._step.version.deleted:
            return "delete"
        was = self._earlier
        return "create" if was is None or was.version.deleted else "update"

    @cached_property
    def current(self) -> Resource | None:
        """The resource, None where it was deleted."""
        return None if self._step.version.deleted else loads(self._step.version.body)

    @cached_property
    def previous(self) -> Resource | None:
        """The resource as it was before, None where it was not there."""
        was = self._earlier
        return None if was is None or was.version.deleted else loads(was.version.body)

    @cached_property
    def _earlier(self) -> Step | None:
        return self._before()


class Watch:
    """What one Definition looks for, compiled.

    Args:
        topic: of the definition; None for a classic one.
    """

    def __init__(self, definition: Definition, topic: Topic | None, zone: str) -> None:
        self._filters: list[tuple[str, Test]] = [
            (type_, compiled(type_, query, zone)) for type_, query in definition.criteria
        ]
        self._triggers: tuple[Trigger, ...] = (
            topic.triggers
            if topic is not None
            else tuple(Trigger(type_, _ALWAYS, "", "", (None, None)) for type_, _ in definition.criteria)
        )
        self.types = frozenset(trigger.type for trigger in self._triggers)

    def tells(self, move: Move) -> bool:
        """Tell whether a change is an event."""
        return any(_fires(trigger, move) for trigger in self._triggers) and self._passes(move)

    def _passes(self, move: Move) -> bool:
        """Tell whether it passes the filters; a deleted resource is judged by what it was."""
        return all(
            (judged := move.current or move.previous) is not None and test.matches(judged)
            for type_, test in self._filters
            if type_ == move.type
        )


def _fires(trigger: Trigger, move: Move) -> bool:
    if trigger.type != move.type or move.interaction not in trigger.on:
        return False
    for test, resource in zip(trigger.tests, (move.previous, move.current), strict=True):
        if test is not None and resource is not None and not test.matches(resource):
            return False
    return True
