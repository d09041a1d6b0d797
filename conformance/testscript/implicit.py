"""What a run does without an action of the script: fixtures, capabilities, autocreate, autodelete."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.testscript.capabilities import lacking
from conformance.testscript.exchange import Exchanges
from conformance.testscript.fixtures import Fixtures
from conformance.testscript.result import Result
from conformance.testscript.script import Capability, Operation, Script
from conformance.testscript.unusable import Unusable

_GONE = frozenset({404, 410})
_WRONG = 400


@dataclass(slots=True)
class Implicit:
    """Before and after the actions; ``notes`` are for the reader of the result."""

    script: Script
    fixtures: Fixtures
    exchanges: Exchanges
    notes: list[Words] = field(default_factory=list)

    def before(self) -> tuple[Words, Result] | None:
        """Return why nothing can be run, and what that makes of the first action; ``None``: all is ready."""
        if self.script.problem is not None:
            return self.script.problem, Result.ERROR
        try:
            self.fixtures.load()
            if words := next(filter(None, map(self._lacking, self.script.required)), None):
                return words, Result.SKIP
        except Unusable as fault:
            return fault.words, Result.ERROR
        try:
            for fixture in self.script.fixtures:
                if fixture.autocreate:
                    self._everywhere("POST", fixture.id)
        except Unusable as fault:
            self.after()
            return fault.words, Result.ERROR
        return None

    def after(self) -> None:
        """Delete what is to be deleted; what cannot be is noted."""
        for fixture in self.script.fixtures:
            if fixture.autodelete and self.fixtures.get(fixture.id) is not None:
                try:
                    if self.exchanges.identity(fixture.id).id:
                        self._everywhere("DELETE", fixture.id)
                except Unusable as fault:
                    self.notes.append(fault.words)

    def _everywhere(self, method: str, fixture: str) -> None:
        for number in self.script.destinations or (0,):
            came = self.exchanges.implicitly(method, fixture, number)
            if (came.status or _WRONG) >= _WRONG and not (method == "DELETE" and came.status in _GONE):
                zh, en = ("自动删除", "autodelete") if method == "DELETE" else ("自动创建", "autocreate")
                raise Unusable(
                    f"{zh} {fixture}：应答 {came.status}", f"{en} of {fixture}: answered {came.status}"
                )

    def _lacking(self, required: Capability) -> Words | None:
        """A requirement that refers to what nobody has is noted: published scripts name examples."""
        try:
            minimum = self.fixtures.read(required.reference).resource
        except Unusable as fault:
            self.notes.append(
                Words(
                    f"要求的能力 {required.reference} 未预先核对（{fault.words.zh}），测试照常执行",
                    f"the capabilities {required.reference} are not checked beforehand ({fault.words.en})",
                )
            )
            return None
        return next(filter(None, (lacking(minimum, one) for one in self._statements(required))), None)

    def _statements(self, required: Capability) -> list[Resource]:
        numbers = (required.destination,) if required.destination else self.script.destinations or (None,)
        asked = (Operation(code="capabilities", destination=number) for number in numbers)
        return [self.exchanges.perform(one)[2].resource for one in asked]
