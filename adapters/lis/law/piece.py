"""Piece: one OML^O33 for an analyser, and what its ORL^O34 says of each order (IHE PaLM LAW, LAB-28).

=================  =====================================================================
``work``           tests that are to be made, ORC-1 NW
``nothing``        that nothing is to be done: MSH SPM SAC ORC, ORC-1 DC
``back``           tests that are not to be made any more, ORC-1 CA
=================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from gateway.errors import Rejected
from gateway.spec import Value
from gateway.wire import er7
from gateway.wire.er7.separators import DEFAULT, Separators
from gateway.wire.hl7v2 import Asked, written

Kind = Literal["work", "nothing", "back"]
Said = Sequence[tuple[str, Value]]

NULL = '""'
PASSING = frozenset(("206", "207"))
"""Conditions (table 0357) that pass: the record is locked, the application failed."""


@dataclass(slots=True, frozen=True)
class Piece:
    """One message for one analyser.

    Attributes:
        control: its MSH-10; the answer names it.
        name: MSH-3 of the analyser; ``sender``: id of its profile.
        host, port: where it takes work.
        charset: of ``raw``, ``""`` where MSH-18 says it.
        at_us: when it was promised, microseconds since 1970.
        sent: it may have arrived already, and nothing was heard of it.
    """

    control: str
    kind: Kind
    tenant: str
    name: str
    sender: str
    host: str
    port: int
    raw: bytes = field(repr=False)
    charset: str
    at_us: int
    sent: bool = False

    @property
    def address(self) -> tuple[str, int]:
        """Where the analyser takes it."""
        return self.host, self.port

    @property
    def message(self) -> er7.Message:
        """It, parsed."""
        return er7.parse(self.raw, charset=self.charset)

    @property
    def numbers(self) -> list[str]:
        """Numbers of its tests (AWOS IDs), as :func:`number_of` says them."""
        return [one.number for tube in _tubes(self.message) for one in tube.tests]

    @property
    def barcodes(self) -> list[str]:
        """What stands on its tubes."""
        return [tube.barcode for tube in _tubes(self.message)]


@dataclass(slots=True)
class _Test:
    number: str
    lines: list[str]


@dataclass(slots=True)
class _Tube:
    lines: list[str]
    barcode: str = ""
    tests: list[_Test] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Heard:
    """What an analyser says to a piece.

    Attributes:
        about: control id of the piece; ``code``: MSA-1.
        words: number of a test → ORC-1 (``OK``, ``UA``, ``CR``, ``UC``); none: MSA speaks of all of them.
        passing: it is to be brought again.
    """

    about: str
    code: str
    words: Mapping[str, str]
    passing: bool

    @property
    def well(self) -> bool:
        """Whether the message was taken."""
        return self.code in ("AA", "CA")

    def word(self, number: str) -> str:
        """Return what it says of a test, ``U`` where the message was refused as a whole."""
        return self.words.get(number, "" if self.well else "U")


def heard(raw: bytes) -> Heard:
    """Return what an analyser says; of what is none the control id is ``""``."""
    try:
        message = er7.parse(raw)
    except Rejected:
        return Heard("", "", {}, passing=False)
    words: dict[str, str] = {}
    code = (message.get("MSA-1") or "").strip().upper()
    for tube in _tubes(message):
        words |= {
            one.number: _at(one.lines[0].split(message.separators.field), 1).strip() for one in tube.tests
        }
    condition = (message.get("ERR-3.1") or "").strip()
    passing = code in ("AE", "AR", "CE", "CR") and condition in PASSING
    return Heard((message.get("MSA-2") or "").strip(), code, words, passing)


def number_of(said: str, separators: Separators = DEFAULT) -> str:
    """Return the number of a test (EI) with the separators of HL7."""
    parts = [er7.unescape(one, separators).strip() for one in said.split(separators.component)]
    return "^".join(parts).rstrip("^")


def order_of(number: str) -> str:
    """Return the number of the order of which a test is: the test of a panel is NUMBER^2."""
    return number.partition("^")[0]


def measured(message: er7.Message) -> list[str]:
    """Return the numbers of the tests that are completed (OUL^R22: OBR-2 of groups with ORC-5 CM)."""
    found, number = [], ""
    for one in message.segments:
        if one.name == "OBR":
            number = number_of(_at(one.fields, 2), message.separators)
        elif one.name == "ORC" and _at(one.fields, 5).strip() == "CM":
            found.append(number)
    return [one for one in found if one not in ("", NULL)]


def tubes_of(message: er7.Message) -> set[str]:
    """Return what stands on the tubes of results (OUL^R22: SPM-2, SAC-3)."""
    said = [_at(one.fields, 2 if one.name == "SPM" else 3) for one in message.segments
            if one.name in ("SPM", "SAC")]  # fmt: skip
    marks = message.separators
    names = [part.split(marks.subcomponent)[0] for one in said for part in one.split(marks.component)]
    return {number_of(one, marks) for one in names} - {"", NULL}


def work_for(asked: Asked, said: Said | None, control: str) -> bytes:
    """Return the OML^O33 for what is said of one tube; None: nothing is to be done."""
    message = asked.message
    if said is not None:
        return _message(message, control, asked.now, written(message, said))
    sample = next((_at(one.fields, 3) for one in message.segments if one.name == "QPD"), "") or NULL
    return _message(message, control, asked.now, _nothing(message, sample, asked.now))


def numbers_in(asked: Asked, said: Said) -> list[str]:
    """Return the numbers of the tests of one tube."""
    return [
        number_of(_at(one.split(asked.message.separators.field), 2), asked.message.separators)
        for one in written(asked.message, said) if one.startswith("ORC")
    ]  # fmt: skip


def without(piece: Piece, numbers: Collection[str], now: datetime) -> Piece:
    """Return work without some of its tests; without any it says that nothing is to be done."""
    message, mark = piece.message, piece.message.separators.field
    tubes = [replace_tests(one, [test for test in one.tests if test.number not in numbers])
             for one in _tubes(message)]  # fmt: skip
    left = [one for one in tubes if one.tests]
    if left:
        lines = [*_patient(message), *_lines(left)]
        return replace(piece, raw=_again(message, message.text.partition("\r")[0], lines))
    head = _opening(message, piece.control, now)
    lines = _nothing(message, tubes[0].barcode.replace(mark, "") if tubes else NULL, now)
    return replace(piece, kind="nothing", raw=_again(message, head, lines))


def back(piece: Piece, numbers: Collection[str], control: str, now: datetime) -> Piece:
    """Return what takes back some tests of a piece that was brought: the same, with ORC-1 CA."""
    message = piece.message
    mark = message.separators.field
    tubes = [replace_tests(one, [_cancelled(test, mark, now) for test in one.tests if test.number in numbers])
             for one in _tubes(message)]  # fmt: skip
    lines = [*_patient(message), *_lines([one for one in tubes if one.tests])]
    raw = _again(message, _opening(message, control, now), lines)
    at_us = round(now.timestamp() * 1_000_000)  # it is old when it was not taken for long, not its test
    return replace(piece, control=control, kind="back", raw=raw, at_us=at_us, sent=False)


def replace_tests(tube: _Tube, tests: list[_Test]) -> _Tube:
    """Return a tube with other tests."""
    return _Tube(tube.lines, tube.barcode, tests)


def _tubes(message: er7.Message) -> list[_Tube]:
    """Return SPM, SAC and the tests (ORC, TQ1, OBR) of each."""
    tubes: list[_Tube] = []
    for one in message.segments:
        if one.name == "SPM" or (not tubes and one.name in ("SAC", "ORC")):
            tubes.append(_Tube([]))
        if not tubes:
            continue
        tube = tubes[-1]
        if one.name == "ORC":
            tube.tests.append(_Test(number_of(_at(one.fields, 2), message.separators), [one.text]))
        elif tube.tests:
            test = tube.tests[-1]
            if one.name == "OBR" and not test.number:
                test.number = number_of(_at(one.fields, 2), message.separators)
            test.lines.append(one.text)
        else:
            if one.name == "SAC":
                tube.barcode = number_of(_at(one.fields, 3), message.separators).partition("^")[0]
            tube.lines.append(one.text)
    return tubes


def _patient(message: er7.Message) -> list[str]:
    return [one.text for one in message.segments if one.name in ("PID", "PV1")]


def _lines(tubes: Sequence[_Tube]) -> list[str]:
    return [
        line for tube in tubes for line in (*tube.lines, *(one for test in tube.tests for one in test.lines))
    ]


def _cancelled(test: _Test, mark: str, now: datetime) -> _Test:
    fields = [*test.lines[0].split(mark), *[""] * 9][:10]
    fields[1], fields[9] = "CA", f"{now:%Y%m%d%H%M%S%z}"
    return _Test(test.number, [mark.join(fields).rstrip(mark), *test.lines[1:]])


def _nothing(message: er7.Message, sample: str, now: datetime) -> list[str]:
    mark, part = message.separators.field, message.separators.component
    role = part.join(("U", "", "HL70369"))
    return [
        mark.join(("SPM", "1", sample, "", NULL, "", "", "", "", "", "", role)),
        mark.join(("SAC", "", "", sample)),
        mark.join(("ORC", "DC", "", "", "", "", "", "", "", f"{now:%Y%m%d%H%M%S%z}")),
    ]


_HEAD = {15: "NE", 16: "AL", 21: "LAB-28^IHE"}


def _message(asker: er7.Message, control: str, now: datetime, lines: Sequence[str]) -> bytes:
    head = er7.opening(asker, ("OML", "O33", "OML_O33"), control, now, _HEAD)
    return er7.encoded_like(asker, [head, *lines])


def _opening(message: er7.Message, control: str, now: datetime) -> str:
    """Return MSH of a further message to whom one of ours was written."""
    mark = message.separators.field
    fields = message.segments[0].text.split(mark)
    fields[6], fields[9] = f"{now:%Y%m%d%H%M%S%z}", control
    return mark.join(fields)


def _again(message: er7.Message, head: str, lines: Sequence[str]) -> bytes:
    return er7.encoded_like(message, [head, *lines])


def _at(fields: Sequence[str], number: int) -> str:
    return fields[number] if number < len(fields) else ""
