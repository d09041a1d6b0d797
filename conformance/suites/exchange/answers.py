"""What a door answers: what is taken, what is not understood, what is no message at all (HL7 v2.5.1 §2.9)."""

from __future__ import annotations

from collections.abc import Callable

from conformance.harness.check import Case
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators import admissions
from conformance.simulators.visits import Visit
from conformance.suites.exchange.hospital import ACCEPTED, Hospital, counted, flagged, shown
from conformance.suites.exchange.reading import names
from conformance.suites.exchange.trial import EXCHANGE, exchange, exchanges


def _message(hospital: Hospital, visit: Visit) -> bytes:
    return hospital.bytes_of(admissions.update(hospital.chart, visit, visit.begun, "update"))


def _header(raw: bytes, number: int, value: bytes) -> bytes:
    """Return a message with one field of its MSH said otherwise; MSH-1 is the separator itself."""
    head, cut, rest = raw.partition(b"\r")
    fields = head.split(b"|")
    fields[number - 1] = value
    return b"|".join(fields) + cut + rest


def _without(raw: bytes, name: bytes) -> bytes:
    return b"\r".join(line for line in raw.split(b"\r") if not line.startswith(name))


def _unnumbered(raw: bytes) -> bytes:
    """Return a message whose PID has none of the patient's numbers."""
    lines = raw.decode().split("\r")
    for number in (3, 18, 19):
        lines = [Hospital.field(one, "PID", number, "") for one in lines]
    return "\r".join(lines).encode()


def _utf_16(raw: bytes) -> bytes:
    """Return a message in UTF-16, without bytes that would end its frame."""
    return raw.decode().encode("utf-16").replace(b"\x1c", b"\x1d").replace(b"\x0b", b"\x0d")


@exchange(
    zh="应答指明所应答的消息（MSA-2）与接收方",
    en="an acknowledgement names its message (MSA-2) and goes back to its sender",
)
def acknowledged(run: Run, hospital: Hospital) -> None:
    """Send a registration under a number that is known."""
    visit = hospital.consultation()
    control = f"C{run.number}"
    answer = hospital.ask(admissions.register(hospital.chart, visit, visit.begun), control)
    run.expect(answer.code in ACCEPTED, "消息被接收", "the message is taken", shown(answer))
    run.expect(answer.control == control, "MSA-2 等于消息的控制号", "MSA-2 is the control id of the message")
    head = answer.raw.split(b"\r")[0].split(b"|")
    run.expect(head[0] == b"MSH" and len(head) > 11, "应答有完整的 MSH", "the answer has an MSH")
    run.expect(
        head[4] == b"MZHIS" or "sender" in hospital.line_options("his"),
        "应答发给原发送方（MSH-5）",
        "it is addressed to the sender (MSH-5)",
    )
    run.expect(
        head[8].startswith(b"ACK"), "类型为 ACK", "its type is ACK", same(head[8].decode("ascii", "replace"))
    )
    run.expect(bool(head[9]), "应答有自己的控制号", "it has a control id of its own")
    listed = hospital.found(f"Patient?identifier={visit.person.mrn}")
    run.expect(
        len(listed) == 1, "所应答的消息已处理", "the message that it answers was worked", counted(listed)
    )


_BROKEN: tuple[tuple[str, str, str, Callable[[bytes], bytes]], ...] = (
    ("no-type", "无消息类型（MSH-9）", "without a type (MSH-9)", lambda raw: _header(raw, 9, b"")),
    ("no-control", "无控制号（MSH-10）", "without a control id (MSH-10)", lambda raw: _header(raw, 10, b"")),
    ("no-version", "HL7 没有的版本（MSH-12）", "of a version that there is not (MSH-12)",
     lambda raw: _header(raw, 12, b"9.9")),
    ("unknown-type", "未知消息类型", "of an unknown type", lambda raw: _header(raw, 9, b"ZZZ^Z99")),
    ("truncated", "只有半个消息头", "cut within the header", lambda raw: raw[:38]),
    ("no-patient", "没有 PID 段", "without a PID", lambda raw: _without(raw, b"PID")),
    ("no-number", "没有任何患者标识", "without any number of a patient", _unnumbered),
    ("twice", "一帧里有两条消息", "twice within one frame", lambda raw: raw + raw),
    ("not-hl7", "不是 HL7", "that is no HL7", lambda raw: b"GET /adt HTTP/1.1\r\nHost: his\r\n\r\n"),
    ("empty-header", "只有分隔符", "of separators only", lambda raw: b"MSH|^~\\&|||||||||||\r"),
)  # fmt: skip


@exchanges([
    Case(name, EXCHANGE, Words(f"不默默接收：{zh}", f"not taken silently: a message {en}"), (change,))
    for name, zh, en, change in _BROKEN
])  # fmt: skip
def told(run: Run, hospital: Hospital, change: Callable[[bytes], bytes]) -> None:
    """Send it: refused, or its problem told; the next message is taken on the same line."""
    visit = hospital.consultation()
    answer = hospital.put(change(_message(hospital, visit)))
    run.expect(answer.code != "?", "得到应答", "it is answered", shown(answer))
    run.expect(
        flagged(answer),
        "被拒绝，或应答中指出问题（ERR）",
        "it is refused, or the answer tells the problem (ERR)",
        shown(answer),
    )
    run.step("随后发送正确的消息", "then a right one is sent")
    hospital.sent(
        admissions.register(hospital.chart, visit, visit.begun),
        "随后的消息被接收",
        "the next message is taken",
    )
    listed = hospital.found(f"Patient?identifier={visit.person.mrn}")
    run.expect(len(listed) == 1, "随后的消息已入库", "and it is there", counted(listed))


@exchange(zh="未知类型的消息不产生数据", en="a message of an unknown type makes nothing")
def unknown_makes_nothing(run: Run, hospital: Hospital) -> None:
    """The same patient: first in a type that there is not, then in one that there is."""
    visit = hospital.consultation()
    query = f"Patient?identifier={visit.person.mrn}"
    hospital.put(_header(_message(hospital, visit), 9, b"ZZZ^Z99"))
    listed = hospital.absent(query)
    run.expect(not listed, "未产生患者", "no patient comes of it", counted(listed))
    hospital.sent(admissions.register(hospital.chart, visit, visit.begun))
    run.expect(len(hospital.found(query)) == 1, "已知类型则产生", "of a known type one does")


@exchange(
    zh="测试、培训消息（MSH-11 为 T）不进入业务数据",
    en="a message for training (MSH-11 T) does not become a patient's data",
)
def training(run: Run, hospital: Hospital) -> None:
    """The same message for training, then for production."""
    visit = hospital.consultation()
    query = f"Patient?identifier={visit.person.mrn}"
    answer = hospital.put(_header(_message(hospital, visit), 11, b"T"))
    listed = hospital.absent(query)
    run.expect(not listed, "培训消息未产生患者", "no patient comes of it", shown(answer))
    hospital.sent(admissions.register(hospital.chart, visit, visit.begun))
    run.expect(len(hospital.found(query)) == 1, "正式消息则产生", "of one for production one does")


@exchanges([
    Case(name, EXCHANGE, Words(f"不产生乱码：{zh}", f"nothing is garbled: {en}"), (change,))
    for name, zh, en, change in (
        ("misdeclared", "声明 UTF-8 而实为 GB18030", "declared as UTF-8, written in GB18030",
         lambda raw: raw.decode().encode("gb18030")),
        ("undeclared", "未声明字符集而为 GB18030", "no charset declared, written in GB18030",
         lambda raw: _header(raw.decode().encode("gb18030"), 18, b"")),
        ("utf-16", "UTF-16", "in UTF-16", _utf_16),
        ("bom", "带 BOM 的 UTF-8", "UTF-8 with a byte order mark", lambda raw: b"\xef\xbb\xbf" + raw),
    )
])  # fmt: skip
def charset(run: Run, hospital: Hospital, change: Callable[[bytes], bytes]) -> None:
    """Either the name is right, or the message was not taken silently."""
    visit = hospital.consultation(person=hospital.person(family="李", given="秀英"))
    answer = hospital.put(change(_message(hospital, visit)))
    listed = hospital.found(
        f"Patient?identifier={visit.person.mrn}", lambda them: bool(them) or flagged(answer)
    )
    garbled = [one for one in listed if visit.person.name not in names(one)]
    run.expect(not garbled, "没有姓名成为乱码的患者", "no patient has a garbled name", counted(garbled))
    run.expect(
        bool(listed) or flagged(answer),
        "读懂，或指出问题",
        "it is understood, or the problem told",
        shown(answer),
    )
    hospital.sent(
        admissions.register(hospital.chart, visit, visit.begun),
        "正确编码的消息被接收",
        "in its charset it is taken",
    )
    listed = hospital.found(f"Patient?identifier={visit.person.mrn}")
    right = [visit.person.name in names(one) for one in listed]
    run.expect(right == [True], "姓名正确", "and the name is right", counted(listed))


@exchanges([
    Case(name, EXCHANGE, Words(f"读懂换行写法：{zh}", f"line ends are understood: {en}"), (end,))
    for name, zh, en, end in (("lf", "LF", "LF", b"\n"), ("crlf", "CR LF", "CR LF", b"\r\n"))
])  # fmt: skip
def line_ends(run: Run, hospital: Hospital, end: bytes) -> None:
    """Real systems write them all."""
    visit = hospital.consultation()
    answer = hospital.put(_message(hospital, visit).replace(b"\r", end))
    run.expect(
        answer.code in ACCEPTED and not answer.errors, "消息被接收", "the message is taken", shown(answer)
    )
    listed = hospital.found(f"Patient?identifier={visit.person.mrn}")
    run.expect(
        [visit.person.name in names(one) for one in listed] == [True],
        "患者已入库",
        "the patient is there",
        counted(listed),
    )
