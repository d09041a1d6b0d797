"""An analyser of one check: the HIS orders a tube, the analyser asks for it and tells results, FHIR is read.

A target declares where analysers connect (``protocol: astm``, ``counter``, ``chemistry``, ``law``); what each
of them says comes from the simulated laboratory. What is tested is the same, whatever the analyser speaks.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from conformance.harness.check import Body, Case, checks
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.talk import Talk, kept
from conformance.harness.target import Door
from conformance.harness.verdict import Ended, Unanswered
from conformance.harness.words import Words, same
from conformance.simulators import analysers
from conformance.simulators.analysers import order
from conformance.simulators.analysers.bench import TAKEN, AstmBench, Bench, Hl7Bench, made
from conformance.simulators.analysers.reach import Spoken, Where
from conformance.simulators.analysers.tube import Measured, Told, Tube
from conformance.simulators.exact import Resource
from conformance.simulators.panels import Item
from conformance.simulators.people import Person
from conformance.simulators.visits import Visit
from conformance.suites.exchange.astm import written
from conformance.suites.exchange.hospital import Hospital, counted
from conformance.suites.exchange.other_doors import declared, gone
from conformance.suites.exchange.reading import about, digits
from conformance.suites.exchange.reported import VOID
from conformance.suites.exchange.trial import EXCHANGE

ANALYSERS = (
    ("astm", "仪器（ASTM）", "an analyser (ASTM)"),
    ("counter", "仪器（HL7，ORM 查询）", "an analyser (HL7, asking by ORM)"),
    ("chemistry", "仪器（HL7，逐项发送）", "an analyser (HL7, one test a message)"),
    ("law", "仪器（IHE LAW）", "an analyser (IHE LAW)"),
)
"""Protocol of the door, and what speaks there."""


@dataclass(slots=True)
class Ordered:
    """A tube that the HIS has ordered, and the visit that it is of."""

    visit: Visit
    tube: Tube


class Laboratory(Hospital):
    """A hospital with one analyser, for one check.

    Args:
        protocol: of the analyser's door; ``option``: what must be declared of it, where there are several.
    """

    def __init__(self, run: Run, protocol: str, option: str = "") -> None:
        self.door = declared(run, protocol, "lis", option)
        super().__init__(run, "his")
        kind = _KINDS.get(protocol, protocol)
        self.analyser = made(kind, self.door.options.get("sender", ""), run.number)

    @property
    def tests(self) -> tuple[Item, ...]:
        """The two tests that checks are about."""
        return self.analyser.menu[:2]

    # What is ordered.

    def drawn(self, tests: Sequence[Item] = (), barcode: str = "", person: Person | None = None) -> Ordered:
        """Return a tube of a patient that nobody was told of."""
        visit = self.consultation(person=person)
        self.noted(visit.person.mrn)
        return Ordered(visit, order.drawn(self.chart, visit, tuple(tests) or self.tests, barcode))

    def order(
        self,
        one: Ordered,
        tests: Sequence[Item] = (),
        control: str = "NW",
        minutes: int = 3,
        specimen: str = "",
    ) -> None:
        """Let the HIS order a tube or some of its tests, or cancel them, as a prerequisite."""
        tube = one.tube
        chosen = {item: tube.orders[item] for item in tests} if tests else tube.orders
        part = Tube(tube.barcode, tube.person, chosen, tube.ordered, tube.taken)
        kind = specimen or _SPECIMEN[self.analyser.kind]
        self.given(order.order(self.chart, one.visit, part, control, kind, minutes))
        if control == "NW":
            for number in chosen.values():
                self.there(f"ServiceRequest?identifier={number}")

    def ordered(self, tests: Sequence[Item] = (), barcode: str = "", specimen: str = "") -> Ordered:
        """Return a tube that the HIS has ordered; ``specimen``: of v2-0487, else the analyser's usual."""
        found = self.drawn(tests, barcode)
        self.order(found, specimen=specimen)
        return found

    # What the analyser says.

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """Give the analyser at its line; what is said is kept as evidence.

        Raises:
            Unanswered: the line is not there, or breaks.
        """
        charset = self.door.options.get("charset", "utf-8")
        keep = kept(self.run, self.door, "astm" if self.door.protocol == "astm" else "mllp")
        try:
            with keep(self.door.protocol.upper()) as talk:
                line = (where(self.door), self.run.target.patience, charset)
                if self.door.protocol == "astm":
                    yield AstmBench(self.analyser, *line, written(talk, charset))
                else:
                    bench = Hl7Bench(self.analyser, *line, _noted(talk, charset))
                    bench.work = _work(self.door)
                    yield bench
        except OSError as error:
            raise gone(self.door, error) from None

    @contextmanager
    def astm(self) -> Iterator[AstmBench]:
        """Give the analyser at its line of ASTM. Raises as :meth:`bench`."""
        with self.bench() as bench:
            assert isinstance(bench, AstmBench)
            yield bench

    def asks(self, tube: Tube, barcode: str = "", minutes: int = 6, *, willing: bool = True) -> Told:
        """Let the analyser ask for a tube, so long after it was drawn.

        Args:
            barcode: what it has read instead of the tube's.
            willing: it takes the work that it is brought then (LAW), else it refuses.

        Raises:
            Unanswered: it hears nothing.
        """
        with self.bench() as bench:
            if isinstance(bench, Hl7Bench):
                bench.willing = willing
            return bench.ask(barcode or tube.barcode, tube.taken + timedelta(minutes=minutes))

    def results(
        self,
        tube: Tube,
        values: Sequence[str] = ("5.60", "4.20"),
        at: datetime | None = None,
        *,
        corrected: bool = False,
        person: Person | None = None,
        role: analysers.Role = "patient",
    ) -> list[str]:
        """Return the messages with the results of a tube, in the order of its tests.

        Args:
            person: whom the analyser says; by default nobody.
        """
        listed = self.measured(tube, values, at, corrected=corrected)
        return self.analyser.results(tube.barcode, listed, person, role)

    def measured(
        self,
        tube: Tube,
        values: Sequence[str] = ("5.60", "4.20"),
        at: datetime | None = None,
        flag: str = "N",
        *,
        corrected: bool = False,
    ) -> list[Measured]:
        """Return results of a tube, in the order of its tests."""
        moment = at or tube.taken + timedelta(minutes=30)
        return [
            Measured(item, value, moment, flag, corrected, tube.orders.get(item, ""))
            for item, value in zip(tube.orders, values, strict=False)
        ]

    def tells(self, messages: Sequence[str]) -> list[str]:
        """Send results; return the answers."""
        with self.bench() as bench:
            return bench.tell(messages)

    def told(
        self, messages: Sequence[str], zh: str = "结果被接收", en: str = "the results are taken"
    ) -> None:
        """Send results that are tested. Raises :class:`Failed`: one is not taken."""
        answers = self.tells(messages)
        wrong = [one for one in answers if one not in TAKEN]
        self.run.expect(not wrong, zh, en, same(" ".join(wrong or answers)))

    # What FHIR shows.

    def values(self, one: Ordered, wanted: Sequence[str]) -> list[Resource]:
        """Return the patient's results, as soon as they are these, or as they are when time is over."""
        query = about("Observation", self.patient(one.visit.person))
        found = self.found(query, lambda them: _values(them) == sorted(wanted))
        return [each_ for each_ in found if each_.get("status") not in VOID]

    def expect(
        self, one: Ordered, *wanted: str, zh: str = "结果与发送的一致，且各只有一个",
        en: str = "the results are as they were sent, each once",
    ) -> list[Resource]:  # fmt: skip
        """Expect a patient's results to be these and no others. Raises :class:`Failed`."""
        listed = self.values(one, wanted)
        told = _values(listed)
        self.run.expect(told == sorted(wanted), zh, en, same(", ".join(told) or "–"))
        return listed

    def nothing(self, one: Ordered, zh: str, en: str) -> None:
        """Expect that a patient has no results. Raises :class:`Failed`."""
        listed = self.absent(about("Observation", self.patient(one.visit.person)))
        self.run.expect(not _values(listed), zh, en, counted(listed))

    def orders_of(self, listed: Sequence[Resource]) -> set[str]:
        """Return the orders that results, or the reports that name them, are based on."""
        names = {f"Observation/{one.get('id')}" for one in listed}
        found = {str(value) for one in listed for value in each(one, "basedOn.reference")}
        if listed:
            subject = str(pick(listed[0], "subject.reference"))
            for report in self.found(f"DiagnosticReport?subject={subject}"):
                if names & {str(one).partition("/_history")[0] for one in each(report, "result.reference")}:
                    found |= {str(one) for one in each(report, "basedOn.reference")}
        return {one.partition("/_history")[0] for one in found}


_SPECIMEN = {"haematology": "BLD", "counter": "BLD", "chemistry": "SER", "immunoassay": "PLAS"}


def _noted(talk: Talk, charset: str) -> Spoken:
    """Return what writes messages into a talk as they are."""

    def spoken(ours: bool, piece: bytes) -> None:
        text = piece.decode(charset, "replace")
        talk.asked += text if ours else ""
        talk.heard += "" if ours else text

    return spoken


def _values(listed: Sequence[Resource]) -> list[str]:
    valued = [one for one in listed if one.get("status") not in VOID]
    return sorted(digits(pick(one, "valueQuantity.value")) for one in valued)


def where(door: Door) -> Where:
    """Return how a door is reached. Raises ``OSError``: a certificate cannot be read."""
    options, tls = door.options, None
    if options.get("ca"):
        tls = ssl.create_default_context(cafile=options["ca"])
        if options.get("cert"):
            tls.load_cert_chain(options["cert"], options.get("key"))
    return Where(door.host, door.port, tls, options.get("device", ""), int(options.get("speed", 9600)))


def _work(door: Door) -> tuple[str, int] | None:
    host, _, port = door.options.get("work", "").rpartition(":")
    return (host, int(port)) if host else None


_KINDS = {"astm": "haematology", "law": "immunoassay"}
"""Protocol → kind of analyser, where they are called differently."""


def analysed(zh: str, en: str, *protocols: str, **options: Any) -> Callable[[Body], Body]:
    """Declare ``function(run, laboratory)`` once for each analyser, or for some of them.

    Args:
        zh: title, in which ``{}`` is the analyser; likewise ``en``.
    """
    cases = [
        Case(name, EXCHANGE, Words(zh.format(said), en.format(told)), (name,), **options)
        for name, said, told in ANALYSERS
        if not protocols or name in protocols
    ]
    return lambda body: checks(cases)(with_laboratory(body))


def with_laboratory(body: Body, option: str = "") -> Body:
    """Return what is given a run and the protocol of an analyser; what it made is removed."""

    @wraps(body)
    def tried(run: Run, protocol: str, *given: Any) -> None:
        there = Laboratory(run, protocol, option)
        try:
            body(run, there, *given)
        finally:
            with suppress(Ended):
                there.sweep()

    return tried


__all__ = ["Laboratory", "Ordered", "Unanswered", "analysed", "with_laboratory"]
