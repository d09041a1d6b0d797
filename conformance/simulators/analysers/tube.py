"""What analysers have in common: a tube, what was told of it, what was measured, what each can say."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import ClassVar, Literal

from conformance.simulators.panels import PANELS, Item
from conformance.simulators.people import Person

Role = Literal["patient", "control", "calibration"]
"""Of what is in a tube."""


@dataclass(slots=True)
class Tube:
    """A sample: its bar code, whose it is, what was ordered of it.

    Attributes:
        orders: test → number of its order at the HIS.
        taken: when it was drawn, wall clock in China, naive; as ``ordered``.
    """

    barcode: str
    person: Person
    orders: dict[Item, str]
    ordered: datetime
    taken: datetime


@dataclass(slots=True, frozen=True)
class Measured:
    """One result: digits or words as the analyser prints them.

    Attributes:
        corrected: it puts right what was told before.
        number: of the order, where the analyser was told one.
    """

    item: Item
    value: str
    at: datetime
    flag: str = ""
    corrected: bool = False
    number: str = ""


@dataclass(slots=True)
class Told:
    """What an analyser was told of a bar code.

    Attributes:
        barcode: as it came back.
        tests: code → number of the order, ``""`` where none was told.
        patient: number of the patient; ``name`` and ``sex`` as they were told.
    """

    barcode: str = ""
    tests: dict[str, str] = field(default_factory=dict)
    patient: str = ""
    name: str = ""
    sex: str = ""


class Analyser(ABC):
    """What one analyser says and understands; the line is opened by whoever has it.

    Attributes:
        kind: ``haematology``, ``chemistry``, ``immunoassay``.
        menu: what it measures.
    """

    kind: ClassVar[str]
    menu: ClassVar[tuple[Item, ...]]

    @abstractmethod
    def query(self, barcode: str, at: datetime) -> str:
        """Return the message that asks what is to be done with a tube; segments or records end with CR."""

    @abstractmethod
    def told(self, answer: str) -> Told:
        """Return what a message that came back tells."""

    @abstractmethod
    def results(
        self, barcode: str, measured: Sequence[Measured], person: Person | None = None, role: Role = "patient"
    ) -> list[str]:
        """Return the messages with results of a tube.

        Args:
            person: whom the analyser believes it to be of; None: it says nobody.
        """


class Numbered(Analyser):
    """An analyser of HL7 v2: it numbers its messages.

    Args:
        name: what it calls itself; ``""``: ``usual``.
        stem: begins the numbers of its messages.

    Attributes:
        usual: what an analyser of this kind calls itself.
    """

    usual: ClassVar[str]

    def __init__(self, name: str = "", stem: str = "") -> None:
        self.name, self._stem, self._numbers = name or self.usual, stem, count(1)

    def _control(self) -> str:
        """Return the number of the next message (MSH-10)."""
        return f"{self._stem}{next(self._numbers)}"


def items(panel: str, *codes: str) -> tuple[Item, ...]:
    """Return some items of a panel, in this order."""
    found = {one.code: one for one in PANELS[panel].items}
    return tuple(found[code] for code in codes)


def fields(line: str) -> list[str]:
    """Return the fields of a segment or record, some empty ones behind the last."""
    return line.split("|") + [""] * 40


def part(value: str, number: int, mark: str = "^") -> str:
    """Return a component, counted from 1; ``""`` where there is none."""
    parts = value.split(mark)
    return parts[number - 1].strip() if number <= len(parts) else ""


def value_type(value: str) -> str:
    """Return OBX-2 of a value: ``NM`` of a number, ``ST`` of anything else."""
    return "NM" if re.fullmatch(r"-?\d+(\.\d+)?", value) else "ST"


def unit(item: Item) -> str:
    """Return a unit as UCUM writes powers: ``10*9/L``, which no separator of the line can split."""
    return item.unit.replace("^", "*")


def message(*lines: str) -> str:
    """Return segments or records as one message: each ends with CR."""
    return "".join(f"{one}\r" for one in lines)
