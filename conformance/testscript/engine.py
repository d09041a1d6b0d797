"""Runs a script: setup, tests, teardown, each action with a result and its reason (R4 TestScript)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.harness.words import Words
from conformance.testscript.assertion import Ground, evaluate
from conformance.testscript.exchange import Exchanges, content
from conformance.testscript.fixtures import Fixtures
from conformance.testscript.implicit import Implicit
from conformance.testscript.placeholders import Generated
from conformance.testscript.result import STOPS, ActionResult, Result, ScriptResult, TestResult
from conformance.testscript.script import Action, Assertion, Operation, Script
from conformance.testscript.sender import Destination, HttpxSender, Sender
from conformance.testscript.unusable import Unusable
from conformance.testscript.validators import Validator
from conformance.testscript.variables import Variables

SKIPPED = Words("因之前的动作未通过而未执行", "not executed: an earlier action did not pass")
UNSET = Words("因准备（setup）未通过而未执行", "not executed: the setup did not pass")
_GONE = frozenset({404, 410})
_WRONG = 400


@dataclass(slots=True, frozen=True)
class Settings:
    """What a user decides about a run.

    Attributes:
        validator: who checks ``validateProfileId``; without one, such assertions are errors.
        variables: values that go before those of the script.
        origins: headers by number of an origin.
        folder: files below it may be fixtures; the script's own folder unless given.
        anywhere: whether fixtures and operations may name addresses at other servers.
        seed: of the values that placeholders like ``${C6}`` generate.
        now: the time that ``${CURRENTDATE}`` stands for, the real one unless given.
        mask: takes personal data out of messages and addresses before they are kept.
    """

    validator: Validator | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    folder: Path | None = None
    anywhere: bool = False
    seed: int = 0
    now: datetime | None = None
    mask: Callable[[str], str] = str


def run(
    script: Script, destinations: Destination | Mapping[int, Destination], *, sender: Sender | None = None,
    settings: Settings | None = None,
) -> ScriptResult:  # fmt: skip
    """Run a script and return what became of each action; nothing in a script or an answer raises.

    Args:
        destinations: one server, or servers by number, where 0 stands for each number that is not there.
        sender: how requests are sent; a client of its own unless given.
    """
    servers = {0: destinations} if isinstance(destinations, Destination) else dict(destinations)
    servers = {number: replace(one, base=one.base.rstrip("/")) for number, one in servers.items()}
    if sender is not None:
        return _Run(script, servers, sender, settings or Settings()).result()
    with HttpxSender() as own:
        return _Run(script, servers, own, settings or Settings()).result()


class _Run:
    def __init__(
        self, script: Script, servers: Mapping[int, Destination], sender: Sender, settings: Settings
    ) -> None:
        self._script, self._servers, self._settings = script, servers, settings
        self._fixtures = Fixtures(
            script,
            settings.folder,
            (lambda url: content(sender("GET", url, {}, None))) if settings.anywhere else None,
        )
        self._now = settings.now or datetime.now(UTC)
        generated = Generated(settings.seed, self._now)
        self._variables = Variables(script.variables, settings.variables, self._fixtures, generated)
        self._exchanges = Exchanges(
            script,
            servers,
            sender,
            self._fixtures,
            self._variables,
            settings.origins,
            anywhere=settings.anywhere,
        )
        self._ground = Ground(self._variables, settings.validator, self._profiles())
        self._implicit = Implicit(script, self._fixtures, self._exchanges)

    def result(self) -> ScriptResult:
        began = time.perf_counter()
        stopped = self._implicit.before()
        found = self._whole() if stopped is None else self._not_run(*stopped)
        return replace(
            found,
            problem=stopped and stopped[0],
            notes=tuple(self._implicit.notes),
            servers=tuple({one.base: (one.base, one.name) for one in self._servers.values()}.values()),
            started=self._now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            seconds=round(time.perf_counter() - began, 3),
        )

    def _profiles(self) -> dict[str, str | Unusable]:
        return {id_: self._canonical(reference) for id_, reference in self._script.profiles.items()}

    def _canonical(self, reference: str) -> str | Unusable:
        """A profile that lies beside the script is meant by the URL that it says itself."""
        if "://" in reference or reference.startswith("urn:"):
            return reference
        try:
            return str(self._fixtures.read(reference).resource["url"])
        except (Unusable, KeyError) as error:
            why = error.words if isinstance(error, Unusable) else Words("没有 url", "it has no url")
            return Unusable(f"规范 {reference}：{why.zh}", f"the profile {reference}: {why.en}")

    def _not_run(self, problem: Words, first: Result) -> ScriptResult:
        """The first action says why nothing was run, the others that they were not."""
        told = [problem]

        def untouched(actions: tuple[Action, ...]) -> tuple[ActionResult, ...]:
            return tuple(
                _ended(one, first, told.pop()) if told else _ended(one, Result.SKIP, SKIPPED)
                for one in actions
            )

        setup = untouched(self._script.setup)
        tests = tuple(
            TestResult(one.name, one.description, untouched(one.actions)) for one in self._script.tests
        )
        return ScriptResult(self._script, setup, tests, untouched(self._script.teardown))

    def _whole(self) -> ScriptResult:
        """However it ends, what was put on a server is taken away again: also when a user interrupts it."""
        try:
            setup, tests = self._setup_and_tests()
        finally:
            teardown = tuple(self._teardown(one) for one in self._script.teardown)
            self._implicit.after()
        return ScriptResult(self._script, setup, tests, teardown)

    def _setup_and_tests(self) -> tuple[tuple[ActionResult, ...], tuple[TestResult, ...]]:
        setup, stopped = self._each(self._script.setup)
        return setup, tuple(
            TestResult(
                one.name,
                one.description,
                _skipped(one.actions) if stopped else self._each(one.actions)[0],
            )
            for one in self._script.tests
        )

    def _each(self, actions: tuple[Action, ...]) -> tuple[tuple[ActionResult, ...], bool]:
        """Return what became of them, and whether one of them stopped the rest."""
        found: list[ActionResult] = []
        stopped = False
        for one in actions:
            found.append(_ended(one, Result.SKIP, SKIPPED) if stopped else self._action(one))
            goes_on = one.assertion is not None and not one.assertion.stops
            stopped = stopped or (found[-1].result in STOPS and not goes_on)
        return tuple(found), stopped

    def _teardown(self, action: Action) -> ActionResult:
        """R4 has no assertions here, so a clean-up that was refused is told by a warning."""
        found = self._action(action)
        status = self._ground.response.status if self._ground.response else None
        if found.result is Result.PASS and (status or _WRONG) >= _WRONG and status not in _GONE:
            return replace(found, result=Result.WARNING)
        return found

    def _action(self, action: Action) -> ActionResult:
        try:
            return self._masked(self._performed(action))
        except Unusable as fault:
            words = fault.words
        except Exception as error:  # noqa: BLE001 -- somebody else's script or answer must not end the run
            what = type(error).__name__
            words = Words(f"引擎出错：{what}", f"the engine failed: {what}")
        lenient = action.assertion is not None and action.assertion.warning_only
        return self._masked(_ended(action, Result.SKIP if lenient else Result.ERROR, words))

    def _performed(self, action: Action) -> ActionResult:
        if action.fault is not None:
            raise Unusable(action.fault.zh, action.fault.en)
        if action.operation is not None:
            return self._operation(action, action.operation)
        assert action.assertion is not None
        return self._assertion(action, action.assertion)

    def _operation(self, action: Action, operation: Operation) -> ActionResult:
        self._ground.request = self._ground.response = None  # what failed has no answer to be asserted
        made, sent, came = self._exchanges.perform(operation)
        self._ground.request, self._ground.response, self._variables.last = sent, came, came
        asked = f"{made.method} {made.url}"
        told = Words(f"应答 {came.status}：{asked}", f"answered {came.status}: {asked}")
        return replace(_ended(action, Result.PASS, told), detail=made.url)

    def _assertion(self, action: Action, assertion: Assertion) -> ActionResult:
        found = evaluate(assertion, self._ground)
        if found.holds is None:
            return _ended(action, Result.SKIP, found.words)
        failed = Result.WARNING if assertion.warning_only else Result.FAIL
        return _ended(action, Result.PASS if found.holds else failed, found.words)

    def _masked(self, found: ActionResult) -> ActionResult:
        mask = self._settings.mask
        words = Words(mask(found.message.zh), mask(found.message.en))
        return replace(found, message=words, detail=mask(found.detail))


def _skipped(actions: tuple[Action, ...]) -> tuple[ActionResult, ...]:
    return tuple(_ended(one, Result.SKIP, UNSET) for one in actions)


def _ended(action: Action, result: Result, words: Words) -> ActionResult:
    return ActionResult(action.kind, result, words, action.label, action.description)
