"""Rule and Pack: one row of a jurisdiction's YAML, read and checked, and the file that it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gateway.policy.case import Event, Value
from gateway.policy.condition import Test
from gateway.policy.decision import Code, Verdict


@dataclass(slots=True, frozen=True)
class Parameter:
    """A value of a pack that a hospital may set otherwise.

    Attributes:
        value: what holds where nobody says otherwise.
        text: what it means, in English.
        text_zh: the same in Chinese.
    """

    value: Value
    text: str
    text_zh: str


@dataclass(slots=True, frozen=True)
class Rule:
    """One rule of a pack.

    Attributes:
        id: unique over all packs, ``"nat-20-forbidden-drug"``.
        requirements: ids of the rows that it decides.
        article: document and article.
        quote: the sentence of the text that it rests on, as printed.
        basis: another text that the article refers to, ``""`` for none.
        observed: True where no text says so, but platforms do: such a rule only warns.
        start: first day on which it holds.
        end: last day, None for no end.
        on: events that it judges.
        when: its condition as YAML has it.
        verdict: what follows where the condition is met.
        code: what kind of refusal it is.
        text: English sentence, with the parameters of the pack filled in.
        text_zh: the same in Chinese.
        overrides: ids of rules of packs below that it replaces while it is in force.
        fires: cases in which it applies: patches of the fixture.
        passes: cases in which it does not.
        test: the condition, compiled.
    """

    id: str
    requirements: tuple[str, ...]
    article: str
    quote: str
    basis: str
    observed: bool
    start: date
    end: date | None
    on: tuple[Event, ...]
    when: Any
    verdict: Verdict
    code: Code
    text: str
    text_zh: str
    overrides: tuple[str, ...]
    fires: tuple[Mapping[str, Any], ...]
    passes: tuple[Mapping[str, Any], ...]
    test: Test = field(repr=False, compare=False)

    def begun(self, day: date) -> bool:
        """Tell whether it holds already on a day, or has held."""
        return self.start <= day

    def lapsed(self, day: date) -> bool:
        """Tell whether its text is past its validity on a day."""
        return self.end is not None and day > self.end


@dataclass(slots=True, frozen=True)
class Pack:
    """The rules of one jurisdiction.

    Attributes:
        name: of its file without the ending, ``"cn-chongqing"``.
        title: what it is in English.
        title_zh: the same in Chinese.
        start: first day of its validity.
        end: last day, None for no end.
        note: what is not in it, and why; English.
        note_zh: the same in Chinese.
        parameters: by name.
        rules: in the order of the file.
    """

    name: str
    title: str
    title_zh: str
    start: date
    end: date | None
    note: str
    note_zh: str
    parameters: Mapping[str, Parameter]
    rules: tuple[Rule, ...]
