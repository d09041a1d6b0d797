"""Bad input over real sockets: each kind gets its answer or a close, an inbox entry or a counter, and a log
line without patient data; the other senders notice nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.store import InboxRow, Store, open_store
from gateway.wire import er7

pytestmark = pytest.mark.serial

NAME = "赵钱孙"
RESIDENT_ID = "990101199003071237"
_number = count(1)


def adt(*, control_id: str = "", charset: str = "UNICODE UTF-8", pid: str = "", extra: str = "",
        born: str = "19900307", id_card: str = "") -> bytes:  # fmt: skip
    number = next(_number)
    header = f"MSH|^~\\&|BAD|H9|QIAO|Q|20260301080000||ADT^A01^ADT_A01|{control_id or f'B{number}'}|P|2.5.1"
    text = (
        f"{header}||||||{charset}\rEVN|A01|20260301080000\r"
        f"PID|1||{pid or f'BAD{number}'}^^^H9^MR{id_card}||{NAME}||{born}|M\r"
        f"PV1|1|I|W1^101^1^H9||||||||||||||||V{number}\r{extra}"
    )
    return text.encode("gb18030" if charset.startswith("GB") else "utf-8")


class Sender:
    """A blunt MLLP client: it sends whatever bytes it is given."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=30)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> bytes:
        """Return the content of one frame, ``b""`` where the gateway has closed."""
        data = b""
        while not data.endswith(b"\x1c\r"):
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                return b""
            if not more:
                return b""
            data += more
        return data[1:-2]

    def exchange(self, content: bytes) -> er7.Message:
        self.send(b"\x0b%b\x1c\r" % content)
        return er7.parse(self.receive(), charset="8859/1")

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad-input")


@pytest.fixture(scope="module")
def gateway(folder: Path, serve: Callable[..., Any]) -> Iterator[Any]:
    running = serve(folder / "qiao.db", whole=True, QIAO_ADAPTERS__HIS_HL7V2__FRAME_TIMEOUT="1")
    yield running
    log = running.stop()
    for secret in (NAME, RESIDENT_ID, "BAD1", "19900307"):
        assert secret not in log


@pytest.fixture
def sender(gateway: Any) -> Iterator[Sender]:
    with closing(Sender(gateway.address())) as one:
        yield one
    with closing(Sender(gateway.address())) as other:  # nobody else has noticed anything
        assert other.exchange(adt()).get("MSA-1") == "AA"


@pytest.fixture(scope="module")
def store(gateway: Any, folder: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{folder / 'qiao.db'}")) as opened:
        yield opened


def newest(store: Store) -> InboxRow:
    return store.inbox_list(limit=1)[0]


@pytest.mark.parametrize(
    "content",
    [b"GET / HTTP/1.1\r\n", b"PID|1||X\r", b"\xff\x00\xfe" * 50, b"", b"   "],
    ids=["http", "no-header", "binary", "nothing", "blanks"],
)
def test_what_is_not_hl7_is_rejected_and_not_kept(sender: Sender, store: Store, content: bytes) -> None:
    before = store.inbox_list(limit=1)
    answer = sender.exchange(content)
    assert (answer.get("MSA-1"), answer.get("ERR-3.1")) == ("AR", "100")
    assert store.inbox_list(limit=1) == before


def test_a_frame_that_never_ends_is_never_kept(sender: Sender, gateway: Any, store: Store) -> None:
    sender.send(b"\x0b" + adt(control_id="HALF")[:80])
    sender.close()
    with closing(Sender(gateway.address())) as again:  # a sender that lost its trailer goes on with the next
        again.send(b"\x0b" + adt(control_id="CUT")[:90] + b"\x0b" + adt(control_id="WHOLE") + b"\x1c\r")
        assert er7.parse(again.receive()).get("MSA-2") == "WHOLE"
    assert newest(store).control_id == "WHOLE"
    assert not {"HALF", "CUT"} & {row.control_id for row in store.inbox_list(limit=500)}


def test_a_frame_without_its_last_cr_is_taken(sender: Sender) -> None:
    sender.send(b"\x0b" + adt(control_id="NOCR") + b"\x1c")
    assert er7.parse(sender.receive()).get("MSA-2") == "NOCR"


def test_50_mb_are_refused_in_bounded_memory(sender: Sender, gateway: Any) -> None:
    def most() -> int:
        status = Path(f"/proc/{gateway.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    before = most()
    answer = b""
    try:
        sender.send(b"\x0b" + adt())
        for _ in range(800):
            sender.send(b"OBX|1|TX|" + b"x" * 65526 + b"\r")
        sender.send(b"\x1c\r")
        answer = sender.receive()
    except OSError:
        pass  # closed while we were still sending: as good a close as any
    assert not answer or er7.parse(answer).get("MSA-1") == "AR"
    assert most() - before < 80 * 1024


def test_the_charset_that_is_declared_need_not_be_true(sender: Sender, store: Store) -> None:
    lied = adt(charset="GB18030").replace(b"GB18030", b"UNICODE UTF-8")
    assert sender.exchange(lied).get("MSA-1") == "AA"
    assert newest(store).state == "stored"
    assert sender.exchange(adt(charset="KLINGON")).get("MSA-1") == "AA"
    assert newest(store).state == "stored"


def test_bytes_in_no_charset_are_kept_and_quarantined(sender: Sender, store: Store) -> None:
    raw = adt(control_id="MOJI").replace(NAME.encode(), "赵".encode() + b"\xff\xff" + "孙".encode())
    answer = sender.exchange(raw)
    assert (answer.get("MSA-1"), answer.get("MSA-2"), answer.get("ERR-4")) == ("AA", "MOJI", "W")
    assert newest(store).reason == "undecodable"
    entry = store.inbox_show(newest(store).id)
    assert entry is not None
    assert entry.envelope.raw == raw


@pytest.mark.parametrize(
    ("take", "reason", "condition"),
    [("ADT^A01^ADT_A01", "no-message-type", "101"), ("B-GONE", "no-control-id", "101")],
)
def test_a_header_without_what_it_must_have(
    sender: Sender, store: Store, take: str, reason: str, condition: str
) -> None:
    answer = sender.exchange(adt(control_id="B-GONE").replace(take.encode(), b""))
    assert (answer.get("MSA-1"), answer.get("ERR-3.1")) == ("AR", condition)
    assert (newest(store).state, newest(store).reason) == ("rejected", reason)


def test_a_header_without_separators_is_kept_and_rejected(sender: Sender, store: Store) -> None:
    answer = sender.exchange(b"MSH")
    assert (answer.get("MSA-1"), answer.get("ERR-3.1")) == ("AR", "100")
    assert (newest(store).state, newest(store).reason) == ("rejected", "bad-separators")


@pytest.mark.parametrize(
    ("said", "code", "severity", "state", "reason"),
    [
        (b"|T|", "AA", "W", "quarantined", "not-production"),
        (b"|Q|", "AA", "W", "quarantined", "not-production"),
        (b"|X|", "AR", "E", "rejected", "unsupported-processing-id"),
    ],
)
def test_a_test_patient_never_reaches_the_record(
    sender: Sender, store: Store, said: bytes, code: str, severity: str, state: str, reason: str
) -> None:
    answer = sender.exchange(adt().replace(b"|P|", said))
    assert (answer.get("MSA-1"), answer.get("ERR-4")) == (code, severity)
    assert (newest(store).state, newest(store).reason) == (state, reason)


def test_an_unknown_type_is_kept_and_quarantined(sender: Sender, store: Store, gateway: Any) -> None:
    answer = sender.exchange(adt().replace(b"ADT^A01^ADT_A01", b"ZZZ^Z99"))
    assert (answer.get("MSA-1"), answer.get("ERR-4")) == ("AA", "W")
    assert newest(store).id in (answer.get("ERR-8") or "")
    assert (newest(store).state, newest(store).reason) == ("quarantined", "unknown-type")
    line = f"inbox={newest(store).id} adapter=his/hl7v2 sender=his type=ZZZ^Z99 quarantined: unknown-type"
    assert line in gateway.log.read_text()


def test_unknown_segments_are_counted_and_nothing_is_lost(sender: Sender, store: Store) -> None:
    assert sender.exchange(adt(extra="ZPI|1|外院|x\rXXX|2\rPID|2\r")).get("MSA-1") == "AA"
    entry = store.inbox_show(newest(store).id)
    assert entry is not None
    assert entry.row.state == "stored"
    assert {path.partition("-")[0].partition("[")[0] for path in entry.unmapped} >= {"ZPI", "XXX"}


def test_an_impossible_date_is_dropped_with_a_report(sender: Sender, store: Store) -> None:
    assert sender.exchange(adt(born="19931345")).get("MSA-1") == "AA"
    entry = store.inbox_show(newest(store).id)
    assert entry is not None
    assert entry.row.state == "stored"
    assert any("PID" in issue.where and "7" in issue.where for issue in entry.issues)
    patient = next(ref for ref in entry.refs if ref.startswith("Patient/")).split("/")[1]
    version = store.read("default", "Patient", patient)
    assert version is not None
    assert b"1993" not in version.body


def test_an_id_with_a_wrong_check_digit_is_reported(sender: Sender, store: Store) -> None:
    wrong = RESIDENT_ID[:-1] + ("0" if RESIDENT_ID[-1] != "0" else "1")
    assert sender.exchange(adt(id_card=f"~{wrong}^^^^NNCHN")).get("MSA-1") == "AA"
    entry = store.inbox_show(newest(store).id)
    assert entry is not None
    assert entry.row.state == "stored"
    assert any(issue.where.startswith("PID") and issue.code == "value" for issue in entry.issues)
    patient = next(ref for ref in entry.refs if ref.startswith("Patient/")).split("/")[1]
    version = store.read("default", "Patient", patient)
    assert version is not None
    assert wrong.encode() not in version.body


def test_a_control_id_that_comes_again(sender: Sender, store: Store) -> None:
    first = adt(control_id="TWICE", pid="BADX")
    resent = first.replace(b"20260301080000||", b"20260301090000||")
    assert sender.exchange(first).raw == sender.exchange(resent).raw
    assert sender.exchange(adt(control_id="TWICE", pid="BADY")).get("MSA-1") == "AA"
    assert [row.control_id for row in store.inbox_list(limit=500)].count("TWICE") == 2


def test_a_slow_sender_is_closed(sender: Sender) -> None:
    sender.send(b"\x0bM")
    assert sender.receive() == b""


def test_500_connections(gateway: Any, sender: Sender) -> None:
    senders = [Sender(gateway.address()) for _ in range(500)]
    try:
        for one in senders:
            one.send(b"\x0b" + adt() + b"\x1c\r")
        assert {er7.parse(one.receive()).get("MSA-1") for one in senders} == {"AA"}
    finally:
        for one in senders:
            one.close()
