"""Results of several samples or patients in one message are taken apart; nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical import Envelope
from gateway.errors import Retry
from gateway.wire import er7, hl7v2
from gateway.wire.mllp.client import MllpClient

HEAD = r"MSH|^~\&|A|B|||20260305090000||{type}|1|P|2.5.1"
PID = "PID|1||1002345^^^DQRM^MR"


def message(type_: str, *lines: str, end: str = "\r") -> bytes:
    return (end.join((HEAD.format(type=type_), *lines)) + end).encode()


def names(raw: bytes) -> list[str]:
    return [line[:3] for line in raw.decode().splitlines()]


def tube(number: int) -> tuple[str, ...]:
    return f"SPM|{number}|T{number}", "SAC|||x", "OBR|1|||GLU^GLU^L", "OBX|1|NM|GLU^GLU^L||5.6", "NTE|1||n"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_each_tube_gets_the_header_and_the_patient(end: str) -> None:
    parts = er7.apart(message("OUL^R22^OUL_R22", PID, "PV1|1|O", *tube(1), *tube(2), end=end))
    assert [names(one) for one in parts] == [["MSH", "PID", "PV1", "SPM", "SAC", "OBR", "OBX", "NTE"]] * 2
    assert [b"T1" in one for one in parts] == [True, False]
    assert all(one.endswith(end.encode()) for one in parts)


def test_a_tube_without_a_patient_of_its_own_has_that_of_the_one_before() -> None:
    other = "PID|2||1000977^^^DQRM^MR"
    raw = message("OUL^R22", PID, *tube(1), other, *tube(2), *tube(3))
    assert [one.count(b"1000977") for one in er7.apart(raw)] == [0, 1, 1]


def test_each_patient_of_a_report_message_is_one() -> None:
    raw = message(
        "ORU^R01", PID, "OBR|1|A", "OBX|1|NM|x||1", "PID|2||77", "PV1|1|I", "OBR|1|B", "OBX|1|NM|x||2"
    )
    first, second = er7.apart(raw)
    assert names(first) == ["MSH", "PID", "OBR", "OBX"]
    assert names(second) == ["MSH", "PID", "PV1", "OBR", "OBX"]


@pytest.mark.parametrize("pid", [(), ("PID|1||^^^^MR",), ('PID|1|""|""||李四',)])
def test_orders_of_nobody_with_a_number_are_apart_by_their_samples(pid: tuple[str, ...]) -> None:
    raw = message(
        "ORU^R01", *pid, "OBR|1||S1|CBC", "OBX|1|NM|x||1", "ORC|RE", "OBR|2||S2|CBC", "OBX|1|NM|x||2"
    )
    first, second = er7.apart(raw)
    assert names(first) == ["MSH", *(["PID"] if pid else []), "OBR", "OBX"]
    assert names(second) == ["MSH", *(["PID"] if pid else []), "ORC", "OBR", "OBX"]


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (
            "ORU^R01",
            ("ORC|RE", "OBR|1|A", "OBX|1", "SPM|1|T1", "OBR|2|B", "OBX|1", "SPM|1|T2", "OBR|3|C", "SPM|1|T1"),
        ),
        ("ORU^R32^ORU_R30", ("ORC|RE", "OBR|1|A", "OBX|1", "SPM|1|T1", "ORC|RE", "OBR|2|B", "SPM|1|T2^")),
        ("OUL^R24", ("OBR|1|A", "SPM|1|T1", "SAC|||C1", "OBX|1", "OBR|2|B", "SPM|1|T2", "OBX|1")),
        (
            "OUL^R24",
            ("OBR|1|A", "PRT|1", "ORC|SC", "OBX|1", "SPM|1|T1", "OBR|2|B", "ORC|SC", "SPM|1|T2", "OBX|1"),
        ),
        ("OUL^R24", ("OBR|1|A", "SPM|1|T1", "OBX|1", "ORC|SC", "OBR|2|B", "SPM|1|T2", "OBX|1")),
        ("ORU^R01", ("ORC|RE", "SPM|1|T1", "OBR|1|A", "OBX|1", "ORC|RE", "SPM|1|T2", "OBR|2|B", "OBX|1")),
        ("OUL^R21", ("SAC|||T1", "ORC|SC", "OBR|1|A", "OBX|1", "SAC||||T2", "OBR|2|B", "OBX|1")),
        ("OUL^R21", ("SAC|||T1", "ORC|SC", "NTE|1", "OBR|1|A", "SAC||||T2", "ORC|SC", "OBR|2|B", "OBX|1")),
    ],
)
def test_the_samples_of_one_patient_with_a_number_are_apart(kind: str, lines: tuple[str, ...]) -> None:
    """One that nobody has ordered must not hold up the others."""
    first, second = er7.apart(message(kind, "PID|1||77", "PV1|1|I", *lines))
    for part, own, other in ((first, "|T1", "|T2"), (second, "|T2", "|T1")):
        assert names(part)[:3] == ["MSH", "PID", "PV1"]
        assert own in part.decode()
        assert other not in part.decode()
    assert len(names(first)) + len(names(second)) == len(lines) + 2 * 3


def test_samples_of_nobody_each_behind_a_pid_of_its_own_are_apart() -> None:
    one = ("PID|{0}||||", "OBR|1||S{0}|CBC", "OBX|1|NM|x||{0}")
    first, second = er7.apart(message("ORU^R01", *(line.format(at) for at in (1, 2) for line in one)))
    assert names(first) == names(second) == ["MSH", "PID", "OBR", "OBX"]
    assert (b"S1" in first, b"S2" in first, b"S2" in second) == (True, False, True)


def test_the_reagent_of_a_result_stays_with_it() -> None:
    """OUL^R21 has SID behind SAC and behind OBX."""
    of = ("SAC|||{}", "SID|rack {}", "ORC|SC", "OBR|1|A", "OBX|1", "SID|lot {}")
    lines = [one.format(tube) for tube in ("T1", "T2") for one in of]
    first, second = er7.apart(message("OUL^R21", PID, *lines))
    assert (first.count(b"T1"), first.count(b"T2")) == (3, 0)
    assert (second.count(b"T1"), second.count(b"T2")) == (0, 3)


def test_the_samples_of_several_patients_are_apart() -> None:
    each = ("OBR|1|A", "OBX|1", "SPM|1|{}1", "OBR|2|B", "OBX|1", "SPM|1|{}2")
    raw = message(
        "ORU^R01",
        "PID|1||77",
        *(one.format("S") for one in each),
        "PID|2||78",
        *(one.format("T") for one in each),
    )
    assert [part.decode().partition("SPM|1|")[2][:2] for part in er7.apart(raw)] == ["S1", "S2", "T1", "T2"]


@pytest.mark.parametrize(
    "raw",
    [
        message("ORU^R01", "PID|1||77", "OBR|1||S1|CBC", "OBX|1", "OBR|2||S2|CBC", "OBX|1"),
        message("ORU^R01", "PID|1", "OBR|1||S1|CBC", "OBX|1", "OBR|2||S1|CRP", "OBX|1"),
        message("ORU^R01", "PID|1", "OBR|1|||CBC", "OBX|1", "OBR|2|||CRP", "OBX|1"),
        message("ORU^R01", "OBX|1", "OBR|1||S1|CBC", "OBX|1", "OBR|2||S2|CRP", "OBX|1"),
        message("OUL^R22", PID, *tube(1)),
        message("OUL^R22", PID, "ORC|SC", "OBR|1", "OBX|1|NM|x||1", "SPM|1|T1", "SPM|2|T2"),
        message("OUL^R22", *tube(1), "SPM|2|T2"),
        message("OUL^R22", PID, "OBR|1|A", "OBX|1", "PID|2||77", *tube(1), *tube(2)),
        message("OUL^R22", PID, "PID|2||77", *tube(1), *tube(2)),
        message("OUL^R22", PID, *tube(1), *tube(2), "PID|2||77"),
        message("OUL^R22", PID, "OBX|1|NM|x||1", *tube(1), *tube(2)),
        message("OUL^R22", *tube(1), *tube(2), "DSC|more"),
        message("OUL^R24", "OBR|1", "SPM|1|T1", "OBX|1", "OBR|2", "OBX|1"),
        message("OUL^R24", PID, "OBR|1", "SPM|1|T1", "SPM|2|T2", "OBX|1", "OBR|2", "SPM|1|T3", "OBX|1"),
        message("OUL^R21", PID, "SAC|||C1", "OBR|1", "OBX|1", "SAC|||C1", "OBR|2", "OBX|1"),
        message("OUL^R21", PID, "OBR|1", "SAC|||C1", "OBX|1", "OBR|2", "SAC|||C2", "OBX|1"),
        message("OUL^R24", PID, "OBR|1", "ORC|SC", "OBX|1", "OBR|2", "SPM|1|T2", "OBX|1"),
        message("ORU^R01", PID, "ORC|RE", "SPM|1|T1", "OBR|1", "SPM|1|T2", "OBR|2", "OBX|1"),
        message("ORU^R01", PID, "SPM|1|T1", "OBR|1", "OBX|1", "SPM|1|T2", "OBR|2", "OBX|1"),
        message("ORU^R01", "PID|1||77", "OBR|1|A", "OBX|1", "SPM|1|T1", "OBR|2|B", "OBX|1", "SPM|1|T1"),
        message("ORU^R01", "PID|1||77", "OBR|1|A", "OBX|1", "SPM|1|T1", "PID|1||77", "OBR|2|B", "SPM|1|T2"),
        message("ORU^R01", PID, "OBR|1|A", "OBX|1", PID, "OBR|2|B", "OBX|1"),
        message("ORU^R01", PID, "OBR|1|A", "OBX|1", "PID|2||77", "OBR|1" + "|" * 25 + "A&x^1", "OBX|1"),
        message("OML^O33", PID, "SPM|1|T1", "ORC|NW", "OBR|1", "SPM|2|T2", "ORC|NW", "OBR|2"),
        message("OUL^R22", *tube(1), *tube(2)).decode().encode("utf-16-le"),
        b"MSH|^~\\&\r",
        b"no message at all SPM SPM",
        b"",
    ],
)
def test_what_belongs_together_or_is_not_known_stays_whole(raw: bytes) -> None:
    assert er7.apart(raw) == [raw]


def test_the_roles_of_samples() -> None:
    raw = message("OUL^R22", "SPM|1|a|||||||||Q^^HL70369", "SPM|2|b|||||||||P", "SPM|3|c")
    assert er7.roles(raw) == {"Q", "P", ""}


@given(st.lists(st.integers(1, 4), min_size=2, max_size=6), st.booleans())
def test_every_segment_is_in_exactly_one_part(results: list[int], with_patient: bool) -> None:
    lines = [PID] if with_patient else []
    marks = []
    for at, many in enumerate(results):
        lines.append(f"SPM|{at}|T{at}")
        for result in range(many):
            mark = f"|r{at}.{result}|"
            marks.append(mark)
            lines += ["OBR|1|||X^X^L", f"OBX|1|NM{mark}"]
    parts = er7.apart(message("OUL^R22^OUL_R22", *lines))
    assert len(parts) == len(results)
    joined = b"".join(parts).decode()
    assert [joined.count(mark) for mark in marks] == [1] * len(marks)
    assert all(one.startswith(b"MSH|") and one.count(b"MSH|") == 1 for one in parts)


LOOKS_LIKE_DELIMITERS = "".join(
    bytes((lead, trail)).decode("gb18030") for lead in range(0x81, 0xFE) for trail in rb"\\^|~"
)
"""Characters whose second byte in GBK and GB18030 is one of the separators."""

NAMES = st.text(st.sampled_from(LOOKS_LIKE_DELIMITERS), min_size=1, max_size=4)


def in_chinese(structure: str, sender: str, name: str, tube_name: str, charset: str) -> str:
    head = f"MSH|^~\\&|{sender}|{sender}|||20260305090000||{structure}|1|P|2.5.1||||||{charset}"
    if structure.startswith("OUL"):
        rest = ["PID|1||1002345^^^DQRM^MR||" + name]
        for at in (1, 2, 3):
            rest += [f"SPM|{at}|{tube_name}{at}||SER^{tube_name}", f"OBR|1|||GLU^{name}", "OBX|1|NM|x||5"]
    elif name < tube_name:
        rest = [f"PID|1||||{name}"]
        for at in (1, 2):
            rest += [f"OBR|{at}|{tube_name}{at}|{tube_name}|CBC", "OBX|1|NM|x||5"]
    else:
        rest = []
        for at in (1, 2):
            rest += [f"PID|{at}|{tube_name}|{tube_name}||{name}{at}", f"OBR|{at}|||{name}", "OBX|1|NM|x||5"]
    return "".join(f"{line}\r" for line in (head, *rest))


@given(st.sampled_from(["OUL^R22", "ORU^R01"]), NAMES, NAMES, NAMES, st.sampled_from(["GB18030", "GBK", ""]))
def test_a_byte_of_a_chinese_character_is_no_delimiter(
    structure: str, sender: str, name: str, tube_name: str, charset: str
) -> None:
    text = in_chinese(structure, sender, name, tube_name, charset)
    parts = er7.apart(text.encode("gb18030"))
    assert len(parts) == (3 if structure.startswith("OUL") else 2)
    plain = in_chinese(structure, sender, name, tube_name, "UNICODE UTF-8")
    assert [one.decode("gb18030").replace(f"||{charset}\r", "||UNICODE UTF-8\r", 1) for one in parts] == [
        one.decode() for one in er7.apart(plain.encode())
    ]


@given(st.sampled_from(["OUL^R22", "ORU^R01"]), NAMES, NAMES, NAMES)
def test_where_the_charset_is_named_wrongly_a_message_is_cut_rightly_or_stays_whole(
    structure: str, sender: str, name: str, tube_name: str
) -> None:
    text = in_chinese(structure, sender, name, tube_name, "8859/1")
    raw = text.encode("gb18030")
    plain = in_chinese(structure, sender, name, tube_name, "UNICODE UTF-8")
    rightly = [one.decode().replace("UNICODE UTF-8", "8859/1", 1) for one in er7.apart(plain.encode())]
    assert [one.decode("gb18030") for one in er7.apart(raw)] in ([text], rightly)


def test_a_field_behind_such_a_byte_is_where_it_was() -> None:
    """Read as bytes, OBR-25 of the first would be OBR-26: a result that follows from another one."""
    text = "MSH|^~\\&|A|B|||20260305090000||ORU^R01|1|P|2.3.1||||||GBK\rPID|1\r" + "".join(
        f"OBR|{at}||S{at}|CBC^亅" + "|" * 21 + "F\rOBX|1|NM|x||1\r" for at in (1, 2)
    )
    assert [one.count(b"OBR") for one in er7.apart(text.encode("gbk"))] == [1, 1]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\x0b", b"\r\n"])
def test_what_stands_before_a_message_stands_before_its_parts(mark: bytes) -> None:
    run = message("OUL^R22", *tube(1), *tube(2))
    assert er7.apart(mark + run) == [mark + one for one in er7.apart(run)]


def test_more_parts_than_anybody_sends_or_a_head_in_each_of_them_stay_whole() -> None:
    patients = [line for at in range(10_001) for line in (f"PID|1||{at}", "OBR|1")]
    assert len(er7.apart(message("ORU^R01", *patients[:-2]))) == 10_000
    for many in (
        message("ORU^R01", *patients),
        message("OUL^R22", PID, "NTE|1||" + "x" * 200_000, *tube(1) * 90),
    ):
        assert er7.apart(many) == [many]


class Behind:
    """What is behind a door: it gives these answers."""

    def __init__(self, *answers: bytes | Retry) -> None:
        self.answers, self.taken = list(answers), list[Envelope]()

    async def __call__(self, envelope: Envelope) -> bytes:
        (answer,) = await self.many([envelope])
        if isinstance(answer, Retry):
            raise answer
        return answer

    async def many(self, envelopes: Sequence[Envelope]) -> list[bytes | Retry]:
        self.taken += envelopes
        return [self.answers.pop(0) for _ in envelopes]


def said(code: str, more: str = "") -> bytes:
    return f"MSH|^~\\&|QIAO\rMSA|{code}|1{more}\r".encode()


def sent(behind: Behind, raw: bytes) -> str:
    async def run() -> Any:
        settings = {name: default for name, _, default, _ in hl7v2.options(0)}
        door = hl7v2.MllpDoor("lis/hl7v2", settings, apart=True)
        await door.start(behind)
        host, _, port = str(door.status()["address"]).rpartition(":")
        async with MllpClient(host, int(port)) as client:
            answer = await client.send(raw)
        await door.stop()
        return answer

    answer = asyncio.run(run())
    return next(line for line in answer.decode().split("\r") if line.startswith("MSA"))


RUN = message("OUL^R22", *tube(1), *tube(2), *tube(3))


@pytest.mark.parametrize(
    ("answers", "heard"),
    [
        ((said("AA"), said("AA"), said("AA")), "MSA|AA|1"),
        ((said("AA"), said("AA", "|held\rERR|||0^x|W"), said("AA")), "MSA|AA|1|held"),
        ((said("AA"), said("AE", "|rule"), said("AA", "|held\rERR|||0^x|W")), "MSA|AE|1|rule"),
        ((said("AE", "|rule"), said("AR", "|no"), said("AA")), "MSA|AR|1|no"),
        ((said("CA"), said("CR", "|no"), said("CA")), "MSA|CR|1|no"),
    ],
)
def test_the_sender_hears_one_answer_the_worst(answers: tuple[bytes, ...], heard: str) -> None:
    behind = Behind(*answers)
    assert sent(behind, RUN) == heard
    assert [one.meta["part"] + "/" + one.meta["parts"] for one in behind.taken] == ["1/3", "2/3", "3/3"]
    assert [one.raw for one in behind.taken] == er7.apart(RUN)


def test_through_the_door_each_tube_of_a_chinese_analyser_is_by_itself() -> None:
    behind = Behind(said("AA"), said("AA"), said("AA"))
    raw = in_chinese("OUL^R22", "億區", "億區", "墊乛", "GB18030").encode("gb18030")
    assert sent(behind, raw) == "MSA|AA|1"
    assert [one.meta["part"] for one in behind.taken] == ["1", "2", "3"]
    tubes = [er7.parse(one.raw).get("SPM-2") for one in behind.taken]
    assert tubes == ["墊乛1", "墊乛2", "墊乛3"]
    assert b"".join(one.raw for one in behind.taken).count(b"OBX|") == raw.count(b"OBX|")


def test_what_could_not_all_be_committed_is_to_be_sent_again() -> None:
    assert sent(Behind(said("AA"), Retry("full"), said("AA")), RUN).startswith("MSA|AR|1|")


@pytest.mark.parametrize("blank", [b" ", b"\t", b"    "])
def test_a_patient_whose_segment_is_indented_is_another_patient(blank: bytes) -> None:
    """Else his results would be those of the patient before."""
    raw = b"\r".join((
        rb"MSH|^~\&|LIS|H|Q|H|20260309130505||ORU^R01|1|P|2.5.1",
        b"PID|1||M1^^^H^MR", b"OBR|1|P1^HIS|F1^LIS|K^K", b"OBX|1|NM|K^K||4.1|mmol/L|||||F",
        blank + b"PID|2||M2^^^H^MR", blank + b"OBR|2|P2^HIS|F2^LIS|K^K", b"OBX|1|NM|K^K||9.9|mmol/L|||||F",
        b"",
    ))  # fmt: skip
    message = er7.parse(raw)
    assert (
        [one.name for one in message.segments]
        == [one.fields[0] for one in message.segments]
        == ["MSH", "PID", "OBR", "OBX", "PID", "OBR", "OBX"]
    )
    assert [*message.each("PID-3.1")] == ["M1", "M2"]
    assert message.serialise() == raw
    for part in er7.apart(raw):
        read = er7.parse(part)
        numbers, values = [*read.each("PID-3.1")], [*read.each("OBX-5")]
        assert (numbers, values) in ((["M1"], ["4.1"]), (["M2"], ["9.9"]), (["M1", "M2"], ["4.1", "9.9"]))


@pytest.mark.parametrize(
    "second", ["pid|2||77", "\x00PID|2||77", "1PID|2||77", "PID;2;;77", "OBX|2|NM|x||9PID|2||77"]
)
def test_a_patient_who_is_written_in_another_way_is_not_cut_off_from_his_results(second: str) -> None:
    one, other = ("OBR|1|A", "OBX|1|NM|x||1", "SPM|1|T1"), ("OBR|1|B", "OBX|1|NM|x||2", "SPM|1|T2")
    raw = message("ORU^R01", PID, *one, second, *other)
    assert er7.apart(raw) == [raw]
