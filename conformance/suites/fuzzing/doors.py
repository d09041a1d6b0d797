"""Messages that went wrong: a door answers each, stays usable, and keeps nothing of what it refused."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from conformance.harness.check import Case
from conformance.harness.run import Run
from conformance.harness.verdict import Unanswered
from conformance.harness.words import Words, same
from conformance.simulators import admissions, imaging, laboratory
from conformance.simulators.chart import Entry
from conformance.simulators.exams import EXAMS
from conformance.simulators.panels import PANELS
from conformance.suites.exchange.hospital import ACCEPTED, REFUSED, Hospital, counted, shown
from conformance.suites.exchange.trial import EXCHANGE, exchanges
from conformance.suites.fuzzing.drawing import drawn, needed
from conformance.suites.fuzzing.resources import gave_up, spoken

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_DOORS = ("his", "lis", "pacs")
_JUNK = (
    b"\xff\xfe", b"\x00", b"\\X00\\", b"\\Zunknown\\", b"\\", b"^^^^&&&&~~~~", b'""', b"A" * 20_000,
    b"~" * 2000,
    b"&" * 500, "𠮷㛃".encode(), b"20260231", b"-1", b"\t", b"\r\r\r", b"MSH|^~\\&|", b"PID|",
    b"99999999999999999999",
)  # fmt: skip


def mutated(whole: bytes) -> SearchStrategy[bytes]:
    """Return a strategy of messages in which something went wrong; no byte ends a frame."""
    from hypothesis import strategies as st

    lines = whole.rstrip(b"\r").split(b"\r")
    line = st.integers(0, len(lines) - 1)

    def field(at: int, number: int, junk: bytes) -> bytes:
        fields = lines[at].split(b"|")
        fields[number % len(fields)] = junk
        return b"\r".join([*lines[:at], b"|".join(fields), *lines[at + 1 :], b""])

    def segment(at: int, to: int, again: int) -> bytes:
        rest = [*lines[:at], *lines[at + 1 :]]
        return b"\r".join([*rest[:to], *([lines[at]] * again), *rest[to:], b""])

    junk = st.sampled_from(_JUNK) | st.binary(max_size=12)
    strategy: SearchStrategy[bytes] = (
        st.builds(field, line, st.integers(0, 40), junk)
        | st.builds(segment, line, line, st.sampled_from((0, 1, 2, 300)))
        | st.builds(lambda cut: whole[:cut], st.integers(0, len(whole) - 1))
        | st.builds(lambda cut, put: whole[:cut] + put + whole[cut:], st.integers(0, len(whole) - 1), junk)
    )
    return strategy.map(lambda raw: raw.replace(b"\x1c", b"?").replace(b"\x0b", b"?"))


def _entry(hospital: Hospital, system: str) -> Entry:
    visit = hospital.consultation()
    if system == "lis":
        report = laboratory.collect(hospital.chart, visit, PANELS["CRP"], visit.begun, 0.1)
        return laboratory.publish(hospital.chart, report, report.collected + timedelta(minutes=60), "F")
    if system == "pacs":
        study = imaging.perform(hospital.chart, visit, EXAMS["DRCH"], visit.begun)
        return imaging.publish(hospital.chart, study, study.performed + timedelta(minutes=40), "F")
    return admissions.register(hospital.chart, visit, visit.begun)


def _spoilt(run: Run, hospital: Hospital, system: str) -> list[bytes]:
    """Return spoilt messages: each of a patient and under a control id of its own, all else from the seed."""
    template = _entry(hospital, system)
    mark, own = "M4RK", template.patient
    whole = hospital.bytes_of(template).replace(own.encode(), mark.encode())
    found = []
    for number, one in enumerate(drawn(run, f"door.{system}", mutated(_anonymous(whole)))):
        mrn = f"{run.number}F{number}"
        hospital.noted(mrn)
        found.append(one.replace(mark.encode(), mrn.encode()).replace(b"C0NTR0L", mrn.encode()))
    return found


def _anonymous(whole: bytes) -> bytes:
    head, cut, rest = whole.partition(b"\r")
    fields = head.split(b"|")
    fields[9] = b"C0NTR0L"
    return b"|".join(fields) + cut + rest


@exchanges([
    Case(name, EXCHANGE,
         Words(f"{name.upper()} 接口：每条变异消息都有应答，线路可继续使用",
               f"door {name.upper()}: each mutated message is answered, and the line goes on"), (name,))
    for name in _DOORS
])  # fmt: skip
def answered(run: Run, hospital: Hospital, system: str) -> None:
    """Send them all on one line, then a right one."""
    needed()
    hospital.line(system)
    found: Counter[str] = Counter()
    for one in _spoilt(run, hospital, system):
        try:
            answer = hospital.put(one, system)
        except Unanswered as gone:
            found[gone.reason.en] += 1
            if gave_up(found):
                break
            continue
        if answer.code not in (*ACCEPTED, *REFUSED):
            found["no MSA"] += 1
    run.expect(not found, "每条都有应答", "each of them is answered", spoken(found))
    _goes_on(run, hospital, system)


def _goes_on(run: Run, hospital: Hospital, system: str) -> None:
    """Expect that a right message is taken, and there."""
    run.step("随后发送正确的消息", "then a right one is sent")
    entry = _entry(hospital, system)
    answer = hospital.ask(entry)
    taken = answer.code in ACCEPTED and not answer.errors
    run.expect(taken, "正确的消息被接收", "the right one is taken", shown(answer))
    listed = hospital.found(f"Patient?identifier={entry.patient}")
    run.expect(len(listed) == 1, "并已入库", "and it is there", counted(listed))


@exchanges([
    Case(name, EXCHANGE,
         Words(f"{name.upper()} 接口：被拒绝的变异消息不留下数据",
               f"door {name.upper()}: a mutated message that is refused leaves nothing"), (name,))
    for name in _DOORS
])  # fmt: skip
def refused(run: Run, hospital: Hospital, system: str) -> None:
    """After a refusal, neither patient nor anything else of the message is there."""
    needed()
    hospital.line(system)
    numbers, taken, gone = [], 0, 0
    for number, one in enumerate(_spoilt(run, hospital, system)):
        try:
            answer = hospital.put(one, system)
        except Unanswered:
            gone += 1
            if gone > 2:
                break
            continue
        taken += answer.code in ACCEPTED
        if answer.code in REFUSED:
            numbers.append(f"{run.number}F{number}")
    run.expect(taken > 0, "有消息被接收", "some of them are taken", same(str(bool(taken))))
    half = [one for one in numbers if hospital.absent(f"Patient?identifier={one}")]
    run.expect(
        not half, "被拒绝的没有留下患者", "no patient is there of those that were refused", counted(half)
    )
    _goes_on(run, hospital, system)
