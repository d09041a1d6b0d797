"""A day of the laboratory: tubes are ordered, asked for, measured, put right; controls; mischief."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from conformance.simulators.analysers.bench import TAKEN, AstmBench, Bench, bench, made
from conformance.simulators.analysers.er7_line import Er7Line
from conformance.simulators.analysers.mischief import FLOODS, SPOILT, at_once, broken_off, sent_spoilt
from conformance.simulators.analysers.order import drawn, order
from conformance.simulators.analysers.reach import Opening
from conformance.simulators.analysers.tube import Measured, Tube
from conformance.simulators.cases import OUTPATIENT
from conformance.simulators.chart import Chart, Entry
from conformance.simulators.dialects import WARD, msh
from conformance.simulators.mllp import acknowledgement
from conformance.simulators.panels import Item
from conformance.simulators.people import draw
from conformance.simulators.results import of_item
from conformance.simulators.visits import Visit
from conformance.simulators.wards import DEPARTMENTS

Step = Callable[[], None]

KINDS = ("haematology", "counter", "chemistry", "immunoassay")
MISCHIEF = (*SPOILT, *FLOODS, "cut-off", "memory", "clock", "unknown-sample", "two-senders")
"""How the laboratory misbehaves, each by its name."""
_SPECIMEN = {"haematology": "BLD", "counter": "BLD", "chemistry": "SER", "immunoassay": "PLAS"}
_OFF = {"memory": timedelta(days=-365), "clock": timedelta(days=2)}
"""How far its times are off."""
_TESTS = 3
"""Of a tube."""
_DAY, _LAST = timedelta(minutes=300), timedelta(minutes=110)
"""In which patients come; from the last of them to the end of the day: drawn, measured, put right."""
_CRITICAL = {"HGB": "41", "K": "7.10", "CTNI": "3.870"}
"""What may cost a life: code → value."""
_EVERY = 3
"""One patient in so many has a critical value."""
_CASE = OUTPATIENT[0]


@dataclass(slots=True)
class Figures:
    """What happened so far.

    Attributes:
        orders: messages of the HIS; ``asked``: questions, of which ``told`` were answered with work.
        results: messages with results that were taken, ``controls`` among them.
        critical: critical values among the results.
        refused: messages that were not taken; ``unanswered``: steps on which nobody answered.
        mischief: how it misbehaved → how often.
    """

    orders: int = 0
    asked: int = 0
    told: int = 0
    results: int = 0
    corrected: int = 0
    critical: int = 0
    controls: int = 0
    refused: int = 0
    unanswered: int = 0
    mischief: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the figures as JSON values."""
        return asdict(self)


class Laboratory:
    """The laboratory, and the HIS that orders.

    Args:
        his: opens the line on which the HIS sends orders (HL7 v2 over MLLP); None: nobody orders.
        doors: kind of analyser → what opens its line.
    """

    def __init__(self, his: Opening | None, doors: Mapping[str, Opening], patience: float = 20.0) -> None:
        self._his, self._doors, self._patience = his, doors, patience
        self.figures = Figures()
        self._sent = 0
        self._begins = datetime.min  # noqa: DTZ901 -- wall clock

    def day(
        self, seed: int, ends: datetime, patients: int, mischief: tuple[str, ...] = MISCHIEF
    ) -> Iterator[Step]:
        """Yield all that happens on one day, step by step, to be done by whoever asks.

        Args:
            ends: when the last is measured, wall clock in China, naive; it lasts seven hours.
        """
        on = ends.date()
        rng = Random(f"qiao:laboratory:{seed}:{on:%Y%m%d}:{patients}")  # noqa: S311 - the same again
        chart = Chart(rng, on, f"L{on:%y%m%d}{seed % 100:02d}")
        self._begins = ends - _LAST - _DAY
        benches = {
            kind: bench(made(kind, stem=chart.stem), self._doors[kind], self._patience)
            for kind in KINDS
            if kind in self._doors
        }
        for one in benches.values():
            yield partial(self._control, chart, one)
        for number in range(patients):
            for kind, one in benches.items():
                yield from self._patient(chart, one, kind, number)
        for kind, one in benches.items():
            for name in mischief:
                if name not in SPOILT or isinstance(one, AstmBench):
                    yield partial(self._mischief, chart, one, kind, name)

    # What goes well.

    def _patient(self, chart: Chart, bench: Bench, kind: str, number: int) -> Iterator[Step]:
        visit, tube = self._tube(chart, bench)
        yield partial(self._order, order(chart, visit, tube, "NW", _SPECIMEN[kind]))
        yield partial(self._measure, chart, bench, tube, critical=number % _EVERY == 1)
        if number % 4 == 0:
            yield partial(self._correct, chart, bench, tube)

    def _tube(self, chart: Chart, bench: Bench) -> tuple[Visit, Tube]:
        department = DEPARTMENTS[_CASE.department]
        person = draw(chart.rng, chart.number("1"), chart.on, _CASE.ages, _CASE.sex)
        place = (f"C{_CASE.department.replace('.', '')}", "3诊室", "")
        doctor = chart.rng.choice(department.physicians)
        begun = self._begins + timedelta(seconds=chart.rng.randrange(int(_DAY.total_seconds())))
        visit = Visit(chart.number("MZ"), "O", person, _CASE, department, doctor, begun, place)
        return visit, drawn(chart, visit, bench.analyser.menu[:_TESTS])

    def _order(self, entry: Entry) -> None:
        if self._his is None:
            return
        self._sent += 1
        head = msh(WARD, entry.kind, entry.at, f"{entry.patient}-{self._sent}")
        with Er7Line(self._his, self._patience) as line:
            answer = line.ask("\r".join([head, *entry.segments, ""]))
        self.figures.orders += 1
        self.figures.refused += acknowledgement(answer.encode())[0] not in TAKEN

    def _measure(self, chart: Chart, bench: Bench, tube: Tube, *, critical: bool = False) -> None:
        """Ask, measure what was told; where nobody has ordered anything, what is on the tube's label."""
        told = bench.ask(tube.barcode, tube.taken + timedelta(minutes=15))
        self.figures.asked += 1
        self.figures.told += bool(told.tests)
        at = tube.taken + timedelta(minutes=25)
        listed = [_measured(chart.rng, item, at, told.tests.get(item.code, "")) for item in tube.orders]
        if critical:
            listed = [_threatening(one) for one in listed]
            self.figures.critical += sum(one.flag in ("HH", "LL") for one in listed)
        self._tell(bench, bench.analyser.results(tube.barcode, listed))

    def _correct(self, chart: Chart, bench: Bench, tube: Tube) -> None:
        item = next(iter(tube.orders))
        at = tube.taken + timedelta(minutes=70)
        again = replace(_measured(chart.rng, item, at, tube.orders[item]), corrected=True)
        self._tell(bench, bench.analyser.results(tube.barcode, [again]))
        self.figures.corrected += 1

    def _control(self, chart: Chart, bench: Bench) -> None:
        """Run a control in the morning."""
        at = self._begins - timedelta(minutes=chart.rng.randrange(20, 60))
        listed = [_measured(chart.rng, item, at) for item in bench.analyser.menu[:_TESTS]]
        barcode = f"QC-{bench.analyser.kind[:4].upper()}-1"
        messages = bench.analyser.results(barcode, listed, role="control")
        self._tell(bench, messages)
        self.figures.controls += len(messages)

    def _tell(self, bench: Bench, messages: list[str]) -> None:
        answers = bench.tell(messages)
        taken = sum(one in TAKEN for one in answers)
        self.figures.results += taken
        self.figures.refused += len(messages) - taken

    # What does not.

    def _mischief(self, chart: Chart, bench: Bench, kind: str, name: str) -> None:
        """Misbehave once; what is right about it is told afterwards, so that it can be looked at."""
        self.figures.mischief[name] = self.figures.mischief.get(name, 0) + 1
        visit, tube = self._tube(chart, bench)
        entry = order(chart, visit, tube, "NW", _SPECIMEN[kind])
        if name != "unknown-sample":
            self._order(entry)
        listed = self._listed(chart, tube)
        messages = bench.analyser.results(tube.barcode, listed)
        if name in SPOILT and isinstance(bench, AstmBench):
            sent_spoilt(bench, messages[0], name)
            self.figures.results += 1
            return
        if name == "two-senders":
            self._together(chart, bench, kind, messages)
            return
        self._before(bench, tube, listed, name)
        self._tell(bench, messages)
        if name == "unknown-sample" and kind != KINDS[0]:  # of one analyser the order never comes
            self._order(entry)

    def _before(self, bench: Bench, tube: Tube, listed: Sequence[Measured], name: str) -> None:
        """Do what is wrong before what is right."""
        if name in FLOODS:
            FLOODS[name](bench, self._sent)
        elif name == "cut-off":
            broken_off(bench, bench.analyser.results(tube.barcode, listed)[0])
        elif name in _OFF:
            wrong = [replace(one, at=one.at + _OFF[name]) for one in listed]
            self._tell(bench, bench.analyser.results(tube.barcode, wrong))

    def _together(self, chart: Chart, bench: Bench, kind: str, messages: list[str]) -> None:
        visit, tube = self._tube(chart, bench)
        self._order(order(chart, visit, tube, "NW", _SPECIMEN[kind]))
        others = bench.analyser.results(tube.barcode, self._listed(chart, tube))
        heard = at_once([bench, bench], [messages, others])
        taken = sum(one in TAKEN for one in (*heard[0], *heard[1]))
        self.figures.results += taken
        self.figures.refused += len(messages) + len(others) - taken

    def _listed(self, chart: Chart, tube: Tube) -> list[Measured]:
        at = tube.taken + timedelta(minutes=25)
        return [_measured(chart.rng, item, at, number) for item, number in tube.orders.items()]


def played(laboratory: Laboratory, step: Step) -> None:
    """Do a step; where nobody answers, that is counted."""
    try:
        step()
    except OSError:
        laboratory.figures.unanswered += 1


def _measured(rng: Random, item: Item, at: datetime, number: str = "") -> Measured:
    found = of_item(rng, item, 0.1)
    return Measured(item, found.value, at, found.flag, number=number)


def _threatening(one: Measured) -> Measured:
    """Return a result that may cost a life, of the tests that have such a value."""
    value = _CRITICAL.get(one.item.code, "")
    low = bool(value) and one.item.low is not None and float(value) < one.item.low
    return replace(one, value=value, flag="LL" if low else "HH") if value else one


__all__ = ["KINDS", "MISCHIEF", "Figures", "Laboratory", "played"]
