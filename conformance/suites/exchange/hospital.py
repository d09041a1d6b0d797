"""A hospital of one check: its HIS, LIS and RIS send real messages to the target's doors; FHIR is read back.

What is sent comes from the simulators, with numbers that no other check has. A message that only leads to
what is tested is :meth:`Hospital.given`; one that is tested is :meth:`Hospital.sent`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from conformance.harness.door import Acknowledged, MllpDoor
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.target import Door
from conformance.harness.verdict import Skipped
from conformance.harness.waiting import PAUSE
from conformance.harness.words import Words, same
from conformance.simulators.cases import INPATIENT, OUTPATIENT, Case
from conformance.simulators.chart import Chart, Entry
from conformance.simulators.dialects import Dialect, msh
from conformance.simulators.exact import Resource, dumps
from conformance.simulators.people import Person
from conformance.simulators.visits import Visit
from conformance.simulators.wards import DEPARTMENTS
from conformance.suites.exchange.sweeping import sweep

ACCEPTED = ("AA", "CA")
REFUSED = ("AE", "AR", "CE", "CR")
_HIS = ("his", "his_views", "his_xml", "his_documents", "his_files")
SYSTEMS = {
    "his": _HIS,
    "lis": ("lis", "lis_astm", "lis_counter", "lis_chemistry", "lis_law"),
    "pacs": ("ris", "pacs"),
}
"""System of the hospital → names under which a target may declare its door."""


class Hospital:
    """One hospital for one check.

    Args:
        systems: whose doors of HL7 v2 must be there: ``his``, ``lis``, ``pacs``.

    Attributes:
        chart: where the simulators put what they want to send; its day is yesterday, never the future.
    """

    def __init__(self, run: Run, *systems: str) -> None:
        self.run = run
        for one in systems:
            door(run, one)
        self.chart = Chart(run.random, run.session.today - timedelta(days=1), run.number)
        self._lines: dict[str, MllpDoor] = {}
        self._sent = 0
        self._people: set[str] = set()

    # Who comes.

    def stay(self, case: Case = INPATIENT[0], person: Person | None = None) -> Visit:
        """Return an inpatient's visit; nothing is sent."""
        department = DEPARTMENTS[case.department]
        place = (department.ward, *self.chart.beds.take(department))
        return self._visit("ZY", "I", case, person, place, self.chart.clock(8, 0, 30))

    def consultation(self, case: Case = OUTPATIENT[0], person: Person | None = None) -> Visit:
        """Return an outpatient's visit (department 20: the emergency room); nothing is sent."""
        kind, prefix = ("E", "JZ") if case.department == "20" else ("O", "MZ")
        place = (f"C{case.department.replace('.', '')}", "3诊室", "")
        return self._visit(prefix, kind, case, person, place, self.chart.clock(9, 0, 30))

    def person(self, **changes: str) -> Person:
        """Return a patient of this check, with some of it said otherwise."""
        return self.changed(self.run.person(), mrn=self.chart.number("1"), **changes)

    def changed(self, person: Person, **changes: str) -> Person:
        """Return the same person with some of it said otherwise."""
        return replace(person, **changes)  # type: ignore[arg-type]

    def noted(self, mrn: str) -> None:
        """Note another patient number of this check, so that what hangs on it is removed."""
        self._people.add(mrn)

    @staticmethod
    def field(line: str, name: str, number: int, value: str) -> str:
        """Return a segment with one field said otherwise, where it is the segment of that name."""
        if not line.startswith(f"{name}|"):
            return line
        fields = line.split("|")
        fields += [""] * (number + 1 - len(fields))
        fields[number] = value
        return "|".join(fields)

    def _visit(
        self,
        prefix: str,
        kind: str,
        case: Case,
        person: Person | None,
        place: tuple[str, str, str],
        at: datetime,
    ) -> Visit:
        department = DEPARTMENTS[case.department]
        ages = (max(case.ages[0], 8), max(case.ages[1], 12))
        who = person or self.run.person(ages=ages, sex=case.sex)
        if self.run.number not in who.mrn:
            who = replace(who, mrn=self.chart.number("1"))
        doctor = department.physicians[0]
        return Visit(self.chart.number(prefix), kind, who, case, department, doctor, at, place)

    # What is sent.

    def bytes_of(self, entry: Entry, control: str = "", text: Callable[[str], str] = str) -> bytes:
        """Return a message in its charset, with a control id of its own unless one is given."""
        self._sent += not control
        self._people.update(one for one in (entry.patient,) if one)
        sender = self._declared(entry.dialect)
        header = msh(sender, entry.kind, entry.at, control or f"{self.run.number}{self._sent}")
        return text("\r".join([header, *entry.segments, ""])).encode(entry.dialect.codec)

    def _declared(self, dialect: Dialect) -> Dialect:
        options = door(self.run, _SYSTEM[dialect.system]).options
        return replace(dialect, application=options["sender"]) if options.get("sender") else dialect

    def line(self, system: str) -> MllpDoor:
        """Return the line from a system of the hospital, opened when it is first needed."""
        if system not in self._lines:
            self._lines[system] = self.run.door(door(self.run, system).name)
        return self._lines[system]

    def line_options(self, system: str) -> Mapping[str, str]:
        """Return what else the target declares of a door."""
        return door(self.run, system).options

    def ask(self, entry: Entry, control: str = "", text: Callable[[str], str] = str) -> Acknowledged:
        """Send a message of the chart; returns whatever is answered."""
        return self.put(self.bytes_of(entry, control, text), _SYSTEM[entry.dialect.system])

    def put(self, message: bytes, system: str = "his") -> Acknowledged:
        """Send bytes; returns whatever is answered."""
        return self.line(system).send(message)

    def sent(self, entry: Entry, zh: str = "消息被接收", en: str = "the message is taken") -> Acknowledged:
        """Send what is tested. Raises :class:`Failed`: it is not taken."""
        answer = self.ask(entry)
        self.run.expect(answer.code in ACCEPTED, zh, en, shown(answer))
        return answer

    def given(self, *entries: Entry) -> None:
        """Send what only leads to what is tested. Raises :class:`Skipped`: it is not taken."""
        for one in entries:
            self.prerequisite(self.ask(one))

    def prerequisite(self, answer: Acknowledged) -> None:
        """Go on only where a message was taken. Raises :class:`Skipped`."""
        if answer.code not in ACCEPTED:
            found = shown(answer)
            raise Skipped(
                f"前提未满足：消息未被接收；实际：{found.zh}",
                f"prerequisite not met: a message is not taken; found: {found.en}",
            )

    # What FHIR shows.

    def found(self, query: str, ready: Callable[[list[Resource]], object] = bool) -> list[Resource]:
        """Return what a search finds, as soon as it is ready, or as it is when its time is over.

        A gateway may answer as soon as a message is safe, and work it later: ``settings.wait`` says how long.
        """
        return self._until(query, ready, float(self.run.target.setting("wait", self.run.target.patience)))

    def absent(self, query: str) -> list[Resource]:
        """Return what a search finds although nothing should be there.

        Of a gateway that works its messages later ``settings.settle`` says for how long to look.
        """
        return self._until(query, bool, float(self.run.target.setting("settle", 0.0)))

    def _until(self, query: str, ready: Callable[[list[Resource]], object], limit: float) -> list[Resource]:
        until = time.monotonic() + limit
        while True:
            listed = self._listed(query)
            if ready(listed) or time.monotonic() >= until:
                return listed
            time.sleep(PAUSE)

    def _listed(self, query: str) -> list[Resource]:
        kind = query.partition("?")[0]
        listed: list[Resource] = []
        answer = self.run.client().get(f"{query}&_count=100")
        for _ in range(20):
            if not answer.ok:
                return listed
            listed += [one for one in answer.entries if one.get("resourceType") == kind]
            following = answer.link("next")
            if not following:
                break
            answer = self.run.client().get(following)
        for one in listed:
            if self.run.number in dumps(one):
                self.run.wrote(f"{kind}/{one.get('id')}")
        return listed

    def one(self, query: str, zh: str, en: str, ready: Callable[[Resource], object] = bool) -> Resource:
        """Expect exactly one. Raises :class:`Failed`."""
        listed = self.found(query, lambda them: len(them) == 1 and ready(them[0]))
        self.run.expect(len(listed) == 1, f"{zh}，且只有一个", f"{en}, and only one", counted(listed))
        return listed[0]

    def there(self, query: str) -> Resource:
        """Return what must be there before something is tested. Raises :class:`Skipped`."""
        listed = self.found(query)
        if not listed:
            kind = query.partition("?")[0]
            raise Skipped(f"前提未满足：检索不到 {kind}", f"prerequisite not met: no {kind} is found")
        return listed[0]

    def patient(self, person: Person) -> Resource:
        """Return the patient as a prerequisite."""
        return self.there(f"Patient?identifier={person.mrn}")

    def survivor(self, person: Person) -> Resource:
        """Return the record that a merge has kept, which is expected to be there under a number that counts.

        After a merge the wrong way round one record has both numbers, too: there that of the person is old.
        """
        listed = self.found(f"Patient?identifier={person.mrn}")
        self.run.expect(bool(listed), "保留的档案仍可检索", "the record that stays is found")
        kept = next((one for one in listed if not list(each(one, "link[type=replaced-by].other"))), listed[0])
        old = [
            one
            for one in each(kept, "identifier")
            if one.get("value") == person.mrn and one.get("use") == "old"
        ]
        self.run.expect(
            not old, "保留档案的病历号仍有效", "the number of the record that stays is not marked as old"
        )
        return kept

    def read(self, reference: str) -> Resource:
        """Return what a reference names, ``{}`` where it cannot be read."""
        answer = self.run.client().get(reference) if reference else None
        return answer.body if answer is not None and answer.ok else {}

    def sweep(self) -> None:
        """Note what the messages made, so that it is removed at the end; no evidence of a check."""
        sweep(self.run, sorted(self._people))


_SYSTEM = {"HIS": "his", "LIS": "lis", "RIS": "pacs"}


def door(run: Run, system: str) -> Door:
    """Return the HL7 v2 door of one of the hospital's systems. Raises :class:`Skipped`: there is none."""
    for name in SYSTEMS[system]:
        found = run.target.doors.get(name)
        if found is not None and found.protocol == "mllp":
            return found
    run.need("|".join(f"doors.{name}" for name in SYSTEMS[system]))
    line = f"doors.{SYSTEMS[system][0]}, protocol: mllp"
    raise Skipped(
        f"目标未声明 {system.upper()} 的 HL7 v2 接口（{line}）；其余接口按各自协议检测",
        f"no door of HL7 v2 of the {system.upper()} is declared ({line}); others have checks of their own",
    )


def declared(run: Run, system: str) -> None:
    """Expect a door for a system of the hospital, of whatever protocol: the law fixes none.

    Raises:
        Skipped: the target declares no doors at all, so nothing is known.
        Failed: it declares doors, but none for this system.
    """
    if not run.target.doors:
        raise Skipped(
            "目标未声明任何院内系统接口（doors）",
            "the target declares no doors to hospital systems at all (doors)",
        )
    there = [one for one in SYSTEMS[system] if one in run.target.doors]
    run.expect(bool(there), f"声明了 {system.upper()} 接口", f"a door for the {system.upper()} is declared")


def shown(answer: Acknowledged) -> Words:
    """Return an acknowledgement as a reason may show it: its code and the codes of its errors, no texts."""
    codes = [code for one in answer.errors for code in one.split("|")[3:4] if code]
    return same(" ".join([answer.code, *(code.partition("^")[0] for code in codes)]))


def counted(listed: Sequence[object]) -> Words:
    """Return how many were found."""
    return Words(f"{len(listed)} 个", f"{len(listed)} of them")


def flagged(answer: Acknowledged) -> bool:
    """Tell whether a message was refused, or its problem told: what is not is taken silently."""
    return answer.code in REFUSED or bool(answer.errors)
