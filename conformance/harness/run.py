"""A run of one check: what it may do, and how it says what it expects and what it found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeVar

from conformance.evidence.exchange import Book
from conformance.harness.action import Action
from conformance.harness.answer import Answer
from conformance.harness.check import Check
from conformance.harness.client import Client
from conformance.harness.door import MllpDoor
from conformance.harness.inbound import Inbox
from conformance.harness.paths import references
from conformance.harness.platform import Platform
from conformance.harness.session import Session
from conformance.harness.target import in_words
from conformance.harness.verdict import Failed, Skipped
from conformance.harness.waiting import awaited
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource, dumps
from conformance.simulators.people import Person

T = TypeVar("T")
_SHOWN = 300


@dataclass(slots=True, frozen=True)
class Step:
    """What was done, what was expected of it, and what came.

    Attributes:
        evidence: numbers of the exchanges since the step before.
    """

    action: Words
    expected: Words
    actual: Words
    ok: bool
    evidence: tuple[int, ...] = ()


class Run:
    """What a check is given.

    Attributes:
        number: letters and digits that no other check of any run has; ids of its data are made of it.
        random: seeded: the same in every run.
    """

    def __init__(self, check: Check, session: Session) -> None:
        self.check, self.session, self.target = check, session, session.target
        self.number = session.number + hashlib.sha256(check.id.encode()).hexdigest()[:7]
        self.random = Random(f"{session.seed}/{check.id}")  # noqa: S311 -- test data
        self.book = Book()
        self.doing = ""
        self.steps: list[Step] = []
        self._action = check.title
        self._shown = 0
        self._doors: list[MllpDoor] = []

    # What it may speak to.

    def need(self, *capabilities: str) -> None:
        """Go on only where the target has something. Raises :class:`Skipped`, which names what is missing."""
        for one in capabilities:
            if not self.target.has(one):
                what = in_words(one)
                raise Skipped(f"目标未声明{what.zh}", f"the target does not declare {what.en}")

    def client(self, identity: str = "operator") -> Client:
        """Return a client of the FHIR API. Raises :class:`Skipped`: this identity is not declared."""
        self.need(f"identities.{identity}")
        return Client(self.session.line, self.target.identities[identity], self)

    def act(self, name: str, *, by: str = "", identity: str = "", **given: Any) -> Answer:
        """Ask the target for something as its profile says; the answer has ``told``.

        Args:
            by: who acts, where the identity asserts one.
            identity: who asks, where it is another than the profile says.
            given: what the action's template names.
        """
        self.need(f"actions.{name}")
        whole = {"number": self.number, "practitioner": by, "by": by, **given}
        return self.ask(self.target.actions[name], whole, by=by, identity=identity)

    def ask(self, action: Action, given: Mapping[str, Any], *, by: str = "", identity: str = "") -> Answer:
        """Make a call of the target's for what is given; the answer has ``told``."""
        # In a form of the target's own a name stands under any word; as FHIR it stands in its place.
        self.book.about(dumps(given))
        names = self.session.line.names
        method, path, headers, body = action.request(given, names.number, names.theirs)
        asks = self.acting(identity or action.identity, by, told=action.names_who)
        answer = self.client(asks if identity else self._allowed(asks)).send(method, path, body, by, headers)
        said = names.ours(answer.content)
        return replace(answer, told=action.told(said), undone=action.undone(said), why=action.why(said))

    def acting(self, identity: str, by: str, *, told: bool = False) -> str:
        """Return the identity that asks where somebody acts: one of this person, where no header names him.

        Args:
            told: the call itself says who acts.

        Raises:
            Skipped: nothing would tell the target that it is somebody else; what it does would show nothing.
        """
        target, mine = self.target, self.target.identities.get(identity)
        known = (target.on_file.get(identity), mine.practitioner if mine else "")
        if not by or told or by in known or target.setting("practitioner_header"):
            return identity
        for name, one in target.identities.items():
            if by in (one.practitioner, target.on_file.get(name)):
                return name
        raise Skipped(
            "目标无从得知由他人操作（settings.practitioner_header，或该人员的身份）",
            "the target cannot be told that somebody else acts (settings.practitioner_header, or an identity "
            "of this person)",
        )

    def _allowed(self, identity: str) -> str:
        """Return an identity that is declared; a target without roles has an operator for everything."""
        return identity if f"identities.{identity}" in self.target.capabilities else "operator"

    def door(self, name: str) -> MllpDoor:
        """Return a line to a door that is not FHIR. Raises :class:`Skipped`."""
        self.need(f"doors.{name}")
        door = MllpDoor(self.target.doors[name], self, self.target.patience)
        self._doors.append(door)
        return door

    def close(self) -> None:
        """Close the lines that the check has left open."""
        for one in self._doors:
            one.close()

    def inbox(self, name: str = "in") -> Inbox:
        """Return a place to wait for what the target sends by itself."""
        return self.session.listener().inbox(f"{self.number}-{name}", self.book)

    def platform(self) -> Platform:
        """Return the regulator's platform that the target feeds. Raises :class:`Skipped`."""
        self.need("platform")
        return Platform(self.target.platform, self.session, self)

    def person(self, **how: Any) -> Person:
        """Return a fictional patient of this check alone."""
        return self.session.person(**how)

    # What it says.

    def step(self, zh: str, en: str) -> None:
        """Say what is done from here on, for the report."""
        self._action = Words(zh, en)
        self.doing = en

    def expect(self, ok: bool, zh: str, en: str, actual: object = "") -> None:
        """Say what is expected and whether it is so. Raises :class:`Failed` where it is not.

        Args:
            zh: what must be, in Chinese; ``en`` in English.
            actual: what was found: an :class:`Answer`, a :class:`Words`, or anything short.
        """
        self._note(ok, Words(zh, en), _told(actual))
        if not ok:
            found = _told(actual)
            raise Failed(f"应为：{zh}；实际：{found.zh}", f"expected: {en}; found: {found.en}")

    def done(self, answer: Answer, zh: str, en: str) -> Answer:
        """Expect a success. Raises :class:`Failed`."""
        self.expect(answer.ok, zh, en, answer)
        return answer

    def refused(self, answer: Answer, zh: str, en: str, *, by_rule: bool = True) -> Answer:
        """Expect a refusal: 4xx and an OperationOutcome with an error. Raises :class:`Failed`.

        Where the target's profile has rules for this requirement, the refusal must name one of them.

        Args:
            by_rule: False: not even that; the form of what was sent is wrong already.
        """
        self.expect(
            answer.refused, f"{zh}（4xx 与 OperationOutcome）", f"{en} (4xx with an OperationOutcome)", answer
        )
        rules = self.target.rules.get(self.check.requirement, ()) if by_rule else ()
        if rules and not any(_fits(found, rule) for found in answer.rules for rule in rules):
            self.expect(False, f"{zh}，并指明所依据的规则", f"{en}, and by a rule of this requirement",
                        same(", ".join(answer.rules) or str(answer.status)))  # fmt: skip
        return answer

    def given(self, answer: Answer, zh: str, en: str) -> Answer:
        """Take a step that is only a prerequisite. Raises :class:`Skipped` where it does not work."""
        if not answer.ok:
            found = _told(answer)
            self._note(False, Words(zh, en), found)
            raise Skipped(
                f"前提未满足：{zh}；实际：{found.zh}", f"prerequisite not met: {en}; found: {found.en}"
            )
        return answer

    def until(self, probe: Callable[[], T | None], zh: str, en: str, seconds: float = 0.0) -> T:
        """Look again and again until there is something. Raises :class:`Failed` when time is over.

        Args:
            seconds: at most; by default ``settings.wait``, else the target's patience.
        """
        limit = seconds or float(self.target.setting("wait", self.target.patience))
        found = awaited(probe, limit)
        there = found is not None
        self.expect(there, zh, en, Words("是", "yes") if there else Words("未在限时内发生", "not in time"))
        assert found is not None  # expect has raised
        return found

    def wrote(self, resource: Resource | str, identity: str = "operator") -> None:
        """Note what was written, so that it is removed at the end."""
        if isinstance(resource, str):
            self.session.wrote(resource, identity)
        else:
            name = f"{resource['resourceType']}/{resource['id']}"
            self.session.wrote(name, identity, references(resource))

    def _note(self, ok: bool, expected: Words, actual: Words) -> None:
        evidence = tuple(range(self._shown + 1, len(self.book) + 1))
        self._shown = len(self.book)
        self.steps.append(Step(self._action, expected, actual, ok, evidence))


def _fits(found: str, rule: str) -> bool:
    return found == rule or (rule.endswith("*") and found.startswith(rule[:-1]))


def _told(actual: object) -> Words:
    if isinstance(actual, Words):
        return actual
    if isinstance(actual, Answer):
        rules = [one for one in dict.fromkeys(actual.rules) if one][:3]
        what = (
            f"HTTP {actual.status}"
            + (f" {actual.kind}" if actual.kind else "")
            + (f" [{', '.join(rules)}]" if rules else "")
        )
        return same(what[:_SHOWN])
    return same(str(actual)[:_SHOWN])
