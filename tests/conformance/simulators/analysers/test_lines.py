"""Lines of analysers to hosts of a few lines: frames, contention, questions, and how they misbehave."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.simulators.analysers import Chemistry, Haematology, Immunoassay, Measured, __main__, e1381
from conformance.simulators.analysers.bench import AstmBench, Hl7Bench
from conformance.simulators.analysers.course import MISCHIEF
from conformance.simulators.analysers.e1381 import ACK, ENQ, EOT, NAK, AstmLine, NotTaken, frame, frames
from conformance.simulators.analysers.mischief import (
    FLOODS,
    SPOILT,
    at_once,
    broken_off,
    contended,
    sent_spoilt,
    sent_twice,
    spoken_plainly,
)
from conformance.simulators.analysers.reach import Where
from conformance.simulators.mllp import END, START
from conformance.simulators.mllp import frame as block

AT = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001 -- wall clock, as analysers have it
Serve = Callable[[socket.socket], None]


@contextmanager
def host(serve: Serve) -> Iterator[int]:
    """Serve every connection in a thread of its own; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads: list[threading.Thread] = []

        def one(line: socket.socket) -> None:
            with line, suppress(OSError, ValueError, IndexError):  # noise is no message
                line.settimeout(20)
                serve(line)

        last = socket.socket()
        last.bind(("127.0.0.1", 0))
        end = last.getsockname()

        def work() -> None:
            while True:
                line, peer = listener.accept()
                if peer == end:  # whoever came before was let in
                    line.close()
                    return
                threads.append(threading.Thread(target=one, args=(line,)))
                threads[-1].start()

        accepting = threading.Thread(target=work)
        accepting.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            last.connect(listener.getsockname())
            last.close()
            accepting.join(10)
            for thread in threads:
                thread.join(10)


class AstmHost:
    """A host that checks every frame, keeps messages, and answers a question with an order."""

    def __init__(self, limit: int = 4096) -> None:
        self.messages: list[str] = []
        self.limit = limit

    def __call__(self, line: socket.socket) -> None:
        found, wanted = "", 1
        while sign := line.recv(1):
            if sign == ENQ:
                found, wanted = "", 1
                line.sendall(ACK)
            elif sign == EOT:
                self._over(line, found)
            elif sign == e1381.STX:
                text = self._frame(line, wanted)
                line.sendall(NAK if text is None else ACK)
                found += text or ""
                wanted = (wanted + (text is not None)) % 8

    def _frame(self, line: socket.socket, wanted: int) -> str | None:
        inside = b""
        while not inside.endswith(b"\r\n"):
            piece = line.recv(1)
            if not piece or len(inside) > self.limit:
                raise ConnectionError
            inside += piece
        right = f"{sum(inside[:-4]) % 256:02X}".encode() == inside[-4:-2] and inside[:1] == b"%d" % wanted
        return inside[1:-5].decode() if right else None

    def _over(self, line: socket.socket, found: str) -> None:
        if found:
            self.messages.append(found)
        if "\rQ|" in found:
            line.sendall(ENQ)
            assert line.recv(1) == ACK
            records = ("H|\\^&|||qiao", "P|1|1001|||林知夏||19910412|F", "O|1|T1||^^^WBC|R", "L|1|F")
            for one in frames(records):
                line.sendall(one)
                assert line.recv(1) == ACK
            line.sendall(EOT)


def measured(analyser: Haematology | Chemistry | Immunoassay) -> list[str]:
    return analyser.results("T1", [Measured(analyser.menu[0], "5.60", AT, "N")])


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00\x02\x03\x04\x05\x17")),
    st.integers(0, 99),
)
def test_a_frame_says_its_number_and_its_sum(text: str, number: int) -> None:
    made = frame(number, text.encode())
    assert made[1:2] == b"%d" % (number % 8)
    assert int(made[-4:-2], 16) == sum(made[1:-4]) % 256
    assert made[2:-5].decode() == text


def test_an_analyser_asks_and_tells() -> None:
    served = AstmHost()
    with host(served) as port:
        bench = AstmBench(Haematology(), Where(port=port), 10.0)
        assert list(bench.ask("T1", AT).tests) == ["WBC"]
        assert bench.tell(measured(Haematology())) == ["ACK"]
    assert ["Q|1|^T1" in one or "R|1|^^^WBC|5.60" in one for one in served.messages] == [True, True]


def test_who_meets_enq_with_enq_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e1381, "CONTENTION", 0.0)
    answers = iter((ENQ, NAK, ACK))

    def serve(line: socket.socket) -> None:
        while line.recv(1) == ENQ:
            line.sendall(next(answers))

    with host(serve) as port, AstmLine(Where(port=port), 10.0) as line:
        line.enquire()
        assert next(answers, None) is None


def test_a_host_that_refuses_or_says_nothing_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e1381, "CONTENTION", 0.0)

    def serve(line: socket.socket) -> None:
        while line.recv(1):
            line.sendall(NAK)

    with host(serve) as port, pytest.raises(NotTaken):
        AstmBench(Haematology(), Where(port=port), 10.0).tell(measured(Haematology()))
    with host(lambda line: line.close()) as port, pytest.raises(OSError, match=r".+"):
        AstmBench(Haematology(), Where(port=port), 10.0).ask("T1", AT)


@pytest.mark.parametrize("how", SPOILT)
def test_each_frame_goes_wrong_once_and_is_taken_then(how: str) -> None:
    served = AstmHost()
    (message,) = measured(Haematology())
    with host(served) as port:
        answers = sent_spoilt(AstmBench(Haematology(), Where(port=port), 10.0), message, how)
    assert answers == [NAK] * message.count("\r")
    assert served.messages == [message]


def test_who_takes_a_wrong_frame_is_found_out() -> None:
    def serve(line: socket.socket) -> None:
        while line.recv(65536):
            line.sendall(ACK)

    (message,) = measured(Haematology())
    with host(serve) as port:
        bench = AstmBench(Haematology(), Where(port=port), 10.0)
        assert ACK in sent_spoilt(bench, message, "bad-checksum")


@pytest.mark.parametrize("how", FLOODS)
def test_a_flood_ends_where_the_host_closes_and_where_it_does_not(how: str) -> None:
    heard = 0

    def patient(line: socket.socket) -> None:
        nonlocal heard
        while piece := line.recv(1 << 20):
            heard += len(piece)

    with host(patient) as port:
        FLOODS[how](AstmBench(Haematology(), Where(port=port), 10.0), 7)
    assert heard > 1000
    with host(lambda line: line.close()) as port:
        FLOODS[how](Hl7Bench(Chemistry(), Where(port=port), 10.0), 7)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x02\x03\x17")), min_size=1, max_size=4
    ),
    st.integers(1, 40),
)
def test_records_in_pieces_are_whole_again(records: list[str], size: int) -> None:
    made = frames(records, size=size)
    assert all(len(one) <= size + 7 for one in made)
    assert [one[1:2] for one in made] == [b"%d" % (number % 8) for number in range(1, len(made) + 1)]
    text = b"".join(one[2:-5] for one in made)
    assert text.decode().split("\r")[:-1] == records
    ends = [one[-5:-4] for one in made]
    assert ends.count(e1381.ETX) == len(records)
    assert ends[-1] == e1381.ETX


def test_frames_that_come_again_are_answered_each_time() -> None:
    answered: list[bytes] = []

    def serve(line: socket.socket) -> None:
        line.recv(1)
        line.sendall(ACK)
        while (piece := line.recv(4096)) not in (EOT, b""):
            answered.append(piece)
            line.sendall(ACK)

    (message,) = measured(Haematology())
    with host(serve) as port:
        answers = sent_twice(AstmBench(Haematology(), Where(port=port), 10.0), message)
    assert answers == [ACK] * message.count("\r")
    assert answered[::2] == answered[1::2]


def test_an_analyser_insists_on_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e1381, "CONTENTION", 0.0)
    served = AstmHost()
    given_way: list[bytes] = []

    def serve(line: socket.socket) -> None:
        """Yield once: what comes after the question is a session of the analyser."""
        served._over = lambda line, found: (  # type: ignore[method-assign]
            served.messages.append(found),
            given_way or line.sendall(ENQ) or given_way.append(line.recv(1)),
        )
        served(line)

    with host(serve) as port:
        bench = AstmBench(Haematology(), Where(port=port), 10.0)
        answer = contended(bench, bench.analyser.query("T1", AT), measured(Haematology()))
    assert (answer, given_way) == (ACK, [ENQ])
    assert ["Q|" in one for one in served.messages] == [True, False]


def test_a_message_that_breaks_off_is_none() -> None:
    served = AstmHost()
    (message,) = measured(Haematology())
    with host(served) as port:
        broken_off(AstmBench(Haematology(), Where(port=port), 10.0), message)
    assert served.messages == []


class Er7Host:
    """A host that says AA to everything; to a query of LAW it brings work on the same connection."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def __call__(self, line: socket.socket) -> None:
        heard = b""
        while piece := line.recv(65536):
            heard += piece
            if len(heard) > 1 << 20:
                return
            while END in heard:
                raw, _, heard = heard.partition(END)
                self._answer(line, raw.strip(START + b"\r\n").decode())

    def _answer(self, line: socket.socket, said: str) -> None:
        self.messages.append(said)
        head = said.split("|")
        answer = f"MSH|^~\\&|QIAO|||||||ACK|1\rMSA|AA|{head[9]}\r"
        if "QBP^Q11" in said:
            line.sendall(block(f"{answer}QAK|T1|OK\r".encode()))
            work = "MSH|^~\\&|QIAO||||||OML^O33^OML_O33|W1\rSAC|||T1\rORC|NW|JY1\rOBR||JY1||CTNI\r"
            line.sendall(block(work.encode()))
        elif "ORL^O34" not in said:
            line.sendall(block(answer.encode()))


def test_work_that_is_brought_is_taken_on_the_same_connection() -> None:
    served = Er7Host()
    with host(served) as port:
        told = Hl7Bench(Immunoassay(), Where(port=port), 10.0).ask("T1", AT)
    assert told.tests == {"CTNI": "JY1"}
    assert "MSA|AA|W1" in served.messages[-1]
    assert "ORC|OK|JY1" in served.messages[-1]


def test_an_analyser_may_refuse_its_work() -> None:
    served = Er7Host()
    with host(served) as port:
        bench = Hl7Bench(Immunoassay(), Where(port=port), 10.0)
        bench.willing = False
        assert bench.ask("T1", AT).tests == {"CTNI": "JY1"}
    assert "ORC|UA|JY1" in served.messages[-1]


def test_who_takes_plain_text_where_tls_is_spoken_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.simulators.analysers.mischief._BORED", 0.2)
    secret = ssl.create_default_context()
    hosts: list[tuple[type[AstmBench | Hl7Bench], Haematology | Immunoassay, AstmHost | Er7Host]] = [
        (AstmBench, Haematology(), AstmHost()),
        (Hl7Bench, Immunoassay(), Er7Host()),
    ]
    for kind, analyser, served in hosts:
        (message,) = measured(analyser)
        with host(served) as port:
            heard = spoken_plainly(kind(analyser, Where(port=port, tls=secret), 10.0), message)
        assert heard.startswith(ACK) or b"MSA|AA" in heard
        assert len(served.messages) == 1


def test_who_speaks_tls_alone_takes_no_plain_text() -> None:
    def alert(line: socket.socket) -> None:
        line.recv(1)
        line.sendall(b"\x15\x03\x03\x00\x02\x02\x46")  # protocol_version; begins like NAK

    with host(alert) as port:
        bench = AstmBench(Haematology(), Where(port=port, tls=ssl.create_default_context()), 10.0)
        assert ACK not in spoken_plainly(bench, measured(Haematology())[0])


def test_two_senders_at_once_are_both_answered() -> None:
    served = Er7Host()
    with host(served) as port:
        bench = Hl7Bench(Chemistry(), Where(port=port), 10.0)
        assert at_once([bench, bench], [measured(Chemistry())] * 2) == [["AA"], ["AA"]]


def test_a_day_of_the_laboratory(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e1381, "CONTENTION", 0.0)
    astm, er7 = AstmHost(), Er7Host()
    with ExitStack() as stack:
        ports = [stack.enter_context(host(one)) for one in (astm, er7)]
        given = [f"--haematology=127.0.0.1:{ports[0]}", f"--immunoassay=127.0.0.1:{ports[1]}"]
        given += [f"--his=127.0.0.1:{ports[1]}", "--once", "--patients=2"]
        assert __main__.main(given) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (figures["asked"], figures["told"], figures["controls"], figures["corrected"]) == (4, 4, 2, 2)
    assert set(figures["mischief"]) == set(MISCHIEF)
    assert (figures["refused"], figures["unanswered"]) == (0, 0)


def test_it_says_where_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    given = [f"--chemistry=127.0.0.1:{port}", "--once", "--patients=2", "--misbehave=never"]
    assert __main__.main(given) == 1
    assert json.loads(capsys.readouterr().out)["unanswered"] == 4


def test_a_laboratory_without_doors_is_told_what_it_lacks() -> None:
    with pytest.raises(SystemExit):
        __main__.main(["--once"])
