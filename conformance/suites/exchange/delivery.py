"""What happens on the way: repeats, lines that are cut, bursts, several lines: nothing is lost or doubled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators import admissions, prescriptions
from conformance.simulators.exact import Resource
from conformance.simulators.visits import Visit
from conformance.suites.exchange.hospital import ACCEPTED, Hospital, counted, door, flagged, shown
from conformance.suites.exchange.reading import about, contents, current
from conformance.suites.exchange.trial import exchange

_BURST = 20


def _phones(listed: list[Resource]) -> list[str]:
    return [str(value)[-4:] for one in listed for value in each(current(one), "telecom.value")]


def _phone(hospital: Hospital, visit: Visit, number: int) -> bytes:
    """Return an update that says another telephone number."""
    visit.person = hospital.changed(visit.person, phone=f"1000000{number:04d}")
    at = hospital.chart.after(visit.begun, number + 1, number + 2)
    return hospital.bytes_of(admissions.update(hospital.chart, visit, at, "update"))


@exchange(
    zh="重发的消息得到同样的应答，不再改变数据",
    en="a repeated message is answered the same and changes nothing",
)
def repeated(run: Run, hospital: Hospital) -> None:
    """Send the same bytes twice."""
    visit = hospital.consultation()
    message = hospital.bytes_of(admissions.register(hospital.chart, visit, visit.begun))
    first = hospital.put(message)
    run.expect(first.code in ACCEPTED, "消息被接收", "the message is taken", shown(first))
    before = contents([hospital.patient(visit.person)])
    run.step("重发同一消息", "the same is sent again")
    again = hospital.put(message)
    run.expect(
        again.code == first.code and again.control == first.control,
        "应答相同",
        "the answer is the same",
        shown(again),
    )
    after = contents(hospital.found(f"Patient?identifier={visit.person.mrn}"))
    run.expect(
        after == before,
        "患者未变，也没有第二个",
        "the patient is as before, and the only one",
        counted(list(after)),
    )
    listed = hospital.found(f"Encounter?identifier={visit.number}")
    run.expect(len(listed) == 1, "就诊只有一次", "there is one visit", counted(listed))


@exchange(zh="重发的处方不重复开药", en="a repeated prescription orders nothing twice")
def prescription_repeated(run: Run, hospital: Hospital) -> None:
    """Send a prescription twice; the second time under a new time of the message."""
    visit = hospital.stay()
    script = prescriptions.prescribe(hospital.chart, visit, visit.begun, 5)
    control = f"R{run.number}"
    entry = prescriptions.order(hospital.chart, script, script.written)
    hospital.prerequisite(hospital.ask(entry, control))
    query = about("MedicationRequest", hospital.patient(visit.person))
    before = contents(hospital.found(query))
    entry.at = hospital.chart.after(visit.begun, 3, 5)
    answer = hospital.ask(entry, control)
    run.expect(
        answer.code in ACCEPTED and answer.control == control,
        "重发被接收",
        "the repeat is taken",
        shown(answer),
    )
    after = contents(hospital.found(query))
    run.expect(
        after == before, "用药申请不多不变", "the MedicationRequests are the same", counted(list(after))
    )


@exchange(
    zh="控制号被重用而内容不同时，作为新消息处理，或指出问题",
    en="a control id used again with other content is a new message, or the problem is told",
)
def reused_control(run: Run, hospital: Hospital) -> None:
    """A HIS restarted its counter; as MSH-10 is unique (HL7 v2.5.1 §2.15.9.10), a loud no is right too."""
    visit, other = hospital.consultation(), hospital.consultation()
    control = f"S{run.number}"
    hospital.prerequisite(hospital.ask(admissions.register(hospital.chart, visit, visit.begun), control))
    answer = hospital.ask(admissions.register(hospital.chart, other, other.begun), control)
    query = f"Patient?identifier={other.person.mrn}"
    listed = hospital.found(query, lambda them: bool(them) or flagged(answer))
    run.expect(
        len(listed) == 1 or flagged(answer),
        "第二位患者已入库，或应答指出问题",
        "the second patient is there, or the answer tells the problem",
        Words(f"{shown(answer).zh}，{counted(listed).zh}", f"{shown(answer).en}, {counted(listed).en}"),
    )


@exchange(
    zh="应答前断线再重发，不丢失也不重复",
    en="a line cut before the answer, then a repeat: nothing is lost or doubled",
)
def cut_before_answer(run: Run, hospital: Hospital) -> None:
    """Cut the line after the last byte, connect again, send again."""
    visit = hospital.stay()
    script = prescriptions.prescribe(hospital.chart, visit, visit.begun, 5)
    message = hospital.bytes_of(prescriptions.order(hospital.chart, script, script.written))
    run.step("发送后立即断线", "the line is cut at once")
    hospital.line("his").send(message, read=False)
    run.step("重新连接并重发", "connect and send again")
    answer = hospital.put(message)
    run.expect(answer.code in ACCEPTED, "重发被接收", "the repeat is taken", shown(answer))
    listed = hospital.found(about("MedicationRequest", hospital.patient(visit.person)))
    run.expect(
        len(listed) == len(script.drugs), "每个药品恰有一条", "there is one for each drug", counted(listed)
    )


@exchange(
    zh="只到一半的消息不留下任何数据，重发后完整",
    en="half a message leaves nothing; sent again it is whole",
    requirement="SC-58",
)
def cut_within(run: Run, hospital: Hospital) -> None:
    """Cut the line in the middle of a message, then connect and send the whole."""
    visit = hospital.consultation()
    query = f"Patient?identifier={visit.person.mrn}"
    message = hospital.bytes_of(admissions.register(hospital.chart, visit, visit.begun))
    run.step("发送一半后断线", "the line is cut in the middle")
    hospital.line("his").break_off(message[: len(message) // 2])
    other = hospital.consultation()
    hospital.given(admissions.register(hospital.chart, other, other.begun))
    listed = hospital.absent(query)
    run.expect(not listed, "半条消息未入库", "half a message is not stored", counted(listed))
    run.step("重新发送完整消息", "the whole is sent")
    answer = hospital.put(message)
    run.expect(
        answer.code in ACCEPTED and not answer.errors,
        "完整消息被接收",
        "the whole message is taken",
        shown(answer),
    )
    run.expect(len(hospital.found(query)) == 1, "患者已入库且只有一个", "the patient is there, once")


@exchange(
    zh="断网后按序补发，最后的状态正确",
    en="after an outage the queue is sent again in order; the last state holds",
    requirement="SC-58",
)
def outage(run: Run, hospital: Hospital) -> None:
    """Half of a queue is sent, the line breaks unanswered, the rest is sent again."""
    visit = hospital.consultation()
    hospital.given(admissions.register(hospital.chart, visit, visit.begun))
    queue = [_phone(hospital, visit, number) for number in range(1, 9)]
    for one in queue[:4]:
        hospital.prerequisite(hospital.put(one))
    hospital.line("his").send(queue[4], read=False)
    run.step("恢复后补发", "the rest is sent after the line is back")
    answers = [hospital.put(one) for one in queue[4:]]
    refused = [one for one in answers if one.code not in ACCEPTED]
    run.expect(not refused, "补发全部被接收", "all of it is taken", counted(refused))
    query = f"Patient?identifier={visit.person.mrn}"
    said = _phones(hospital.found(query, lambda them: _phones(them) == ["0008"]))
    run.expect(said == ["0008"], "以最后一条为准", "the last one holds", same(", ".join(said)))


@exchange(
    zh="同一患者的消息按发送顺序生效",
    en="the messages of a patient take effect in the order in which they are sent",
)
def in_order(run: Run, hospital: Hospital) -> None:
    """Twenty updates, one after the other."""
    visit = hospital.consultation()
    hospital.given(admissions.register(hospital.chart, visit, visit.begun))
    for number in range(1, _BURST + 1):
        answer = hospital.put(_phone(hospital, visit, number))
        if answer.code not in ACCEPTED:
            run.expect(False, "每条都被接收", "each of them is taken", shown(answer))
    query = f"Patient?identifier={visit.person.mrn}"
    wanted = [f"{_BURST:04d}"]
    said = _phones(hospital.found(query, lambda them: _phones(them) == wanted))
    run.expect(said == wanted, "以最后一条为准", "the last one holds", same(", ".join(said)))


@exchange(zh="多条线路同时发送，每位患者恰有一份", en="several lines at once: each patient is there once")
def side_by_side(run: Run, hospital: Hospital) -> None:
    """Four lines, each with three patients of its own; one patient comes on all of them."""
    shared = hospital.consultation()
    queues: list[list[bytes]] = []
    people = [shared.person.mrn]
    for _ in range(4):
        visits = [hospital.consultation() for _ in range(3)]
        people += [one.person.mrn for one in visits]
        sent = (*visits, shared)
        queues.append(
            [hospital.bytes_of(admissions.register(hospital.chart, one, one.begun)) for one in sent]
        )
    name = door(run, "his").name

    def send(queue: list[bytes]) -> list[str]:
        line = run.door(name)
        try:
            return [line.send(one).code for one in queue]
        finally:
            line.close()

    with ThreadPoolExecutor(4) as pool:
        told = [code for codes in pool.map(send, queues) for code in codes]
    wrong = [code for code in told if code not in ACCEPTED]
    run.expect(not wrong, "全部被接收", "all of them are taken", counted(wrong))
    found = [len(hospital.found(f"Patient?identifier={one}")) for one in people]
    run.expect(
        set(found) == {1},
        "每位患者恰有一份",
        "each patient is there once",
        counted([one for one in found if one == 1]),
    )
