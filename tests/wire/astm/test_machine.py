"""One end of a line without a line: every state, what it says, what it keeps, and what it never doubles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.wire.astm import Limits, Machine, Profile, Received
from gateway.wire.astm.frame import ACK, ENQ, EOT, NAK, checksum, frame, frames
from gateway.wire.astm.states import State

RECORDS = (b"H|\\^&\r", b"P|1||990101\r", b"R|1|^^^GLU|5.60|mmol/L\r", b"L|1|N\r")
MESSAGE = b"".join(RECORDS)
FRAMES = frames(MESSAGE)
WHOLE = Received(MESSAGE, "L")


class End:
    """A machine whose answers are taken, and which says at once whether something is committed."""

    def __init__(self, store: bool | None = True, **profile: Any) -> None:
        limits = profile.pop("limits", Limits())
        self.machine = Machine(Profile(**profile), limits)
        self.store = store
        self.committed: list[Received] = []

    def hear(self, data: bytes) -> bytes:
        """Return what is said to some bytes."""
        self.machine.feed(data)
        return self.work()

    def work(self) -> bytes:
        self.machine.advance()
        while self.machine.holding and self.store is not None:
            if self.store:
                self.committed += self.machine.storing
                self.machine.stored()
            else:
                self.machine.not_stored()
            self.machine.advance()
        said = bytes(self.machine.written)
        self.machine.written.clear()
        return said

    def time_out(self) -> bytes:
        self.machine.timeout()
        return self.work()

    def send(self, message: bytes = MESSAGE, number: int = 1) -> bytes:
        self.machine.send(number, message)
        return self.work()

    @property
    def state(self) -> State:
        return self.machine.state


def bad(text: bytes) -> bytes:
    return text.replace(b"5.60", b"5.61")


# Each state and how a machine comes there.


def idle(**profile: Any) -> End:
    return End(**profile)


def waiting(**profile: Any) -> End:
    end = End(**profile)
    assert end.hear(ENQ) == ACK
    return end


def receiving(**profile: Any) -> End:
    end = waiting(**profile)
    assert end.hear(FRAMES[0] + FRAMES[1]) == ACK + ACK
    return end


def storing(**profile: Any) -> End:
    end = End(store=None, **profile)
    assert end.hear(ENQ + b"".join(FRAMES)) == ACK * 4
    return end


def ending(**profile: Any) -> End:
    end = End(store=None, **profile)
    assert end.hear(ENQ + b"".join(FRAMES[:3]) + EOT) == ACK * 4
    return end


def unstored(**profile: Any) -> End:
    end = End(store=False, **profile)
    end.hear(ENQ + b"".join(FRAMES[:3]) + EOT)
    return end


def enquiring(**profile: Any) -> End:
    end = End(**profile)
    assert end.send() == ENQ
    return end


def contending(**profile: Any) -> End:
    end = enquiring(**profile)
    assert end.hear(ENQ) == b""
    return end


def refused(**profile: Any) -> End:
    end = enquiring(**profile)
    assert end.hear(NAK) == b""
    return end


def sending(**profile: Any) -> End:
    end = enquiring(**profile)
    assert end.hear(ACK) == FRAMES[0]
    return end


def interrupted(**profile: Any) -> End:
    end = sending(**profile)
    assert end.hear(EOT) == FRAMES[1]
    return end


def yielding(**profile: Any) -> End:
    end = sending(**profile)
    assert end.hear(ACK + ACK + ACK + EOT) == b"".join(FRAMES[1:]) + EOT
    return end


WAYS: dict[State, Callable[..., End]] = {
    State.IDLE: idle,
    State.WAITING: waiting,
    State.STORING: storing,
    State.ENDING: ending,
    State.UNSTORED: unstored,
    State.ENQUIRING: enquiring,
    State.CONTENDING: contending,
    State.REFUSED: refused,
    State.SENDING: sending,
    State.INTERRUPTED: interrupted,
    State.YIELDING: yielding,
}


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached(state: State):
    assert WAYS[state]().state is state


CASES: list[tuple[State, bytes, bytes, State]] = [
    (State.IDLE, ENQ, ACK, State.WAITING),
    (State.IDLE, EOT, b"", State.IDLE),
    (State.IDLE, ACK, b"", State.IDLE),
    (State.IDLE, NAK, b"", State.IDLE),
    (State.IDLE, FRAMES[0], b"", State.IDLE),
    (State.IDLE, bad(FRAMES[2]), b"", State.IDLE),
    (State.IDLE, b"noise", b"", State.IDLE),
    (State.WAITING, FRAMES[0], ACK, State.WAITING),
    (State.WAITING, FRAMES[1], NAK, State.WAITING),
    (State.WAITING, bad(FRAMES[2]), NAK, State.WAITING),
    (State.WAITING, frame(1, MESSAGE), ACK, State.WAITING),
    (State.WAITING, EOT, b"", State.IDLE),
    (State.WAITING, ENQ, ACK, State.WAITING),
    (State.WAITING, ACK + NAK + b"noise", b"", State.WAITING),
    (State.STORING, ENQ + EOT + FRAMES[3], b"", State.STORING),
    (State.ENDING, ENQ + EOT + FRAMES[3], b"", State.ENDING),
    (State.UNSTORED, ENQ, NAK, State.UNSTORED),
    (State.UNSTORED, FRAMES[3], b"", State.UNSTORED),
    (State.ENQUIRING, ACK, FRAMES[0], State.SENDING),
    (State.ENQUIRING, NAK, b"", State.REFUSED),
    (State.ENQUIRING, ENQ, b"", State.CONTENDING),
    (State.ENQUIRING, EOT + b"noise" + FRAMES[0], b"", State.ENQUIRING),
    (State.CONTENDING, ENQ, ACK, State.WAITING),
    (State.CONTENDING, ACK + NAK + EOT, b"", State.CONTENDING),
    (State.REFUSED, ENQ, ACK, State.WAITING),
    (State.REFUSED, ACK + NAK + EOT, b"", State.REFUSED),
    (State.SENDING, ACK, FRAMES[1], State.SENDING),
    (State.SENDING, NAK, FRAMES[0], State.SENDING),
    (State.SENDING, b"?", FRAMES[0], State.SENDING),
    (State.SENDING, EOT, FRAMES[1], State.INTERRUPTED),
    (State.SENDING, ACK * 4, b"".join(FRAMES[1:]) + EOT, State.IDLE),
    (State.INTERRUPTED, NAK, FRAMES[1], State.INTERRUPTED),
    (State.INTERRUPTED, ACK, FRAMES[2], State.INTERRUPTED),
    (State.INTERRUPTED, ACK * 3, FRAMES[2] + FRAMES[3] + EOT, State.YIELDING),
    (State.YIELDING, ENQ, ACK, State.WAITING),
    (State.YIELDING, ACK + NAK + EOT, b"", State.YIELDING),
]


@pytest.mark.parametrize(("state", "heard", "said", "following"), CASES)
def test_what_is_heard_in_each_state(state: State, heard: bytes, said: bytes, following: State):
    whole, split = WAYS[state](), WAYS[state]()
    assert (whole.hear(heard), whole.state) == (said, following)
    parts = b"".join(split.hear(bytes([one])) for one in heard)
    if b"?" not in heard:
        assert (parts, split.state) == (said, following)


TIMED: list[tuple[State, bytes, State]] = [
    (State.WAITING, b"", State.IDLE),
    (State.STORING, NAK, State.WAITING),
    (State.ENDING, b"", State.UNSTORED),
    (State.ENQUIRING, EOT, State.IDLE),
    (State.CONTENDING, ENQ, State.ENQUIRING),
    (State.REFUSED, ENQ, State.ENQUIRING),
    (State.SENDING, EOT, State.IDLE),
    (State.INTERRUPTED, EOT, State.YIELDING),
    (State.YIELDING, b"", State.IDLE),
]


@pytest.mark.parametrize(("state", "said", "following"), TIMED)
def test_what_a_time_out_does_in_each_state(state: State, said: bytes, following: State):
    end = WAYS[state]()
    assert (end.time_out(), end.state) == (said, following)


def test_the_times_are_those_of_the_role():
    assert idle().machine.seconds is None
    assert waiting().machine.seconds == 30
    assert contending().machine.seconds == 20
    assert contending(role="instrument").machine.seconds == 1
    assert contending(timeouts={State.CONTENDING: 3.0}).machine.seconds == 3


def test_a_message_is_acknowledged_after_it_is_committed():
    end = storing()
    assert end.machine.storing == [WHOLE]
    end.store = True
    assert end.work() == ACK
    assert end.hear(EOT) == b""
    assert (end.committed, end.state) == ([WHOLE], State.IDLE)
    assert end.machine.counters.messages == 1


def test_what_could_not_be_committed_is_asked_for_again():
    end = waiting(store=False)
    assert end.hear(b"".join(FRAMES)) == ACK * 3 + NAK
    end.store = True
    assert end.hear(FRAMES[3] + EOT) == ACK
    assert end.committed == [WHOLE]


def test_a_commit_that_was_late_acknowledges_the_repetition():
    end = storing()
    assert end.time_out() == NAK
    end.committed += end.machine.storing
    end.machine.stored()
    end.store = True
    assert end.hear(FRAMES[3] + EOT) == ACK
    assert end.committed == [WHOLE]
    assert end.machine.counters.repeated == 1


def test_a_repeated_frame_is_acknowledged_and_not_doubled():
    end = waiting()
    for one in FRAMES:
        assert end.hear(one) == ACK
        assert end.hear(one + one) == ACK + ACK
    assert end.hear(EOT) == b""
    assert end.committed == [WHOLE]


def test_another_text_under_the_same_number_is_not_swallowed():
    end = waiting()
    assert end.hear(FRAMES[0]) == ACK
    assert end.hear(frame(1, b"R|1|another\r")) == NAK
    assert end.hear(b"".join(FRAMES[1:])) == ACK * 3
    assert end.committed == [WHOLE]


def test_a_first_frame_0_is_no_repetition():
    end = waiting()
    assert end.hear(b"".join(frame(number, text) for number, text in enumerate(RECORDS))) == ACK * 4
    assert end.committed == [WHOLE]


def test_numbers_that_are_not_counted():
    end = waiting(numbers="any")
    assert end.hear(b"".join(frame(1, text) for text in RECORDS)) == ACK * 4
    assert end.committed == [WHOLE]


def test_numbers_run_over():
    records = [b"H|\\^&\r", *(b"R|%d\r" % number for number in range(20)), b"L|1\r"]
    end = waiting()
    assert end.hear(b"".join(frames(b"".join(records)))) == ACK * 22
    assert end.committed == [Received(b"".join(records), "L")]


def test_records_without_cr_and_records_over_frames():
    end = waiting()
    assert end.hear(b"".join(frame(number, text[:-1]) for number, text in enumerate(RECORDS, 1))) == ACK * 4
    end.hear(EOT + ENQ)
    end.hear(b"".join(frames(MESSAGE, 3)) + EOT + ENQ + b"".join(frames(MESSAGE, 5, packed=True)))
    assert end.committed == [WHOLE] * 3


def test_several_messages_in_one_frame_and_in_one_session():
    end = waiting()
    assert end.hear(frame(1, MESSAGE * 3)) == ACK
    assert end.hear(frame(2, MESSAGE + RECORDS[0]) + frame(3, b"".join(RECORDS[1:]))) == ACK * 2
    assert end.committed == [WHOLE] * 5


def test_a_message_without_l_ends_with_h_or_eot():
    text = b"".join(RECORDS[:3])
    end = waiting()
    end.hear(b"".join(frames(text * 2)) + EOT)
    assert end.committed == [Received(text, "H"), Received(text, "EOT")]
    assert end.state is State.IDLE


def test_a_session_without_l_that_cannot_be_committed_keeps_the_sender_waiting():
    end = unstored()
    assert end.hear(ENQ) == NAK
    end.store = True
    assert end.time_out() == b""
    assert end.committed == [Received(b"".join(RECORDS[:3]), "EOT")]
    assert end.hear(ENQ) == ACK


@pytest.mark.parametrize(
    "leave",
    [
        lambda end: end.time_out(),
        lambda end: end.hear(bad(FRAMES[2]) + EOT),
        lambda end: end.hear(frame(3, b"R|1", more=True) + EOT),
        lambda end: end.hear(ENQ),
    ],
)
def test_what_a_sender_breaks_off_is_told_as_such(leave: Callable[[End], bytes]):
    end = receiving()
    leave(end)
    assert [one.ended for one in end.committed] == ["cut"]
    assert end.committed[0].text.startswith(b"".join(RECORDS[:2]))
    end.hear((b"" if end.state is State.WAITING else ENQ) + b"".join(FRAMES))
    assert end.committed[1:] == [WHOLE]


def test_a_sender_that_writes_l_has_not_ended_without_it():
    end = waiting()
    end.hear(b"".join(FRAMES) + EOT + ENQ + b"".join(FRAMES[:2]) + EOT)
    assert [one.ended for one in end.committed] == ["L", "cut"]


def test_our_message_is_sent_once_it_may():
    end = contending()
    assert end.hear(ENQ) == ACK
    assert end.hear(b"".join(FRAMES)) == ACK * 4
    assert end.hear(EOT) == ENQ
    assert end.hear(ACK * 5) == b"".join(FRAMES) + EOT
    assert end.machine.results == [(1, True)]


def test_two_ends_that_want_the_line_at_once():
    computer, instrument = enquiring(), enquiring(role="instrument")
    assert computer.hear(ENQ) == instrument.hear(ENQ) == b""
    assert computer.machine.seconds > instrument.machine.seconds  # the instrument asks first
    said, talk = instrument.time_out(), 0
    while said and talk < 100:
        said = instrument.hear(computer.hear(said))
        talk += 1
    assert computer.committed == instrument.committed == [WHOLE]
    assert computer.machine.results == instrument.machine.results == [(1, True)]


def test_a_frame_is_sent_six_times_and_no_more():
    end = sending()
    assert [end.hear(NAK) for _ in range(6)] == [FRAMES[0]] * 5 + [EOT]
    assert (end.machine.results, end.state) == ([(1, False)], State.IDLE)
    end = sending()
    for number in range(3):
        assert [end.hear(NAK) for _ in range(5)] == [FRAMES[number]] * 5
        assert end.hear(ACK) == FRAMES[number + 1]


def test_a_busy_receiver_is_asked_six_times():
    end = refused()
    for _ in range(5):
        assert end.time_out() == ENQ
        assert end.hear(NAK) == b""
    assert (end.machine.results, end.state) == ([(1, False)], State.IDLE)


def test_we_are_busy():
    end = idle()
    end.machine.busy = True
    assert end.hear(ENQ + ENQ) == NAK + NAK
    end.machine.busy = False
    assert end.hear(ENQ) == ACK


def test_the_line_is_asked_for_after_a_message():
    end = waiting(interrupt=True)
    end.machine.send(1, MESSAGE)
    assert end.hear(b"".join(FRAMES)) == ACK * 3 + EOT
    assert end.hear(EOT) == ENQ
    assert end.committed == [WHOLE]


def test_what_waits_can_be_withdrawn_and_what_is_out_cannot():
    end = sending()
    end.machine.send(2, MESSAGE)
    end.machine.withdraw(2)
    end.machine.withdraw(1)
    assert end.machine.waiting == [1]
    end = refused()
    end.machine.withdraw(1)
    assert (end.machine.waiting, end.state) == ([], State.IDLE)
    assert idle().send(b"") == b""


def test_frames_without_enq_are_taken_where_that_is_told():
    end = idle(enquiry=False)
    assert end.hear(b"".join(FRAMES)) == ACK * 4
    assert end.committed == [WHOLE]


@pytest.mark.parametrize("ends", [b"\r", b"\n", b"\r\n"])
def test_bare_records_get_no_answer(ends: bytes):
    for size in (1, 7, 1000):
        end = idle()
        text = (MESSAGE * 2).replace(b"\r", ends)
        assert b"".join(end.hear(text[at : at + size]) for at in range(0, len(text), size)) == b""
        assert [one.text.replace(b"\n", b"\r") for one in end.committed] == [MESSAGE] * 2


def test_bare_records_whose_last_has_no_end():
    end = idle()
    end.hear(MESSAGE[:-1])
    assert (end.machine.end(), end.state) == ([WHOLE], State.STORING)
    end = idle()
    end.hear(MESSAGE[:-1])
    assert end.time_out() == b""
    assert end.committed == [WHOLE]
    end = idle()
    end.hear(b"".join(RECORDS[:3]))
    assert end.machine.end() == [Received(b"".join(RECORDS[:3]), "EOT")]


def test_bare_records_in_a_session_are_acknowledged_once():
    end = waiting()
    assert end.hear(MESSAGE) == ACK
    assert end.hear(EOT) == b""
    assert end.committed == [WHOLE]


def test_bare_records_that_cannot_be_committed_close_the_line():
    end = idle(store=False)
    end.hear(MESSAGE)
    assert end.machine.closed == "not-stored"


def test_bare_records_wait_for_their_commit_as_long_as_it_takes():
    end = idle(store=None)
    assert end.hear(MESSAGE * 2) == b""
    assert (end.state, end.machine.seconds) == (State.STORING, None)
    end.store = True
    assert end.work() == b""
    assert end.committed == [WHOLE] * 2


def test_an_enq_storm_closes_the_line():
    end = idle(limits=Limits(max_enquiries=10))
    assert end.hear(ENQ * 1000) == ACK * 10
    assert end.machine.closed == "enquiries"
    end = idle(limits=Limits(max_enquiries=10))
    for _ in range(30):
        end.hear(ENQ + b"".join(FRAMES) + EOT)
    assert (end.machine.closed, len(end.committed)) == ("", 30)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (b"\xff" * 2000, "noise"),
        (ENQ + b"\x021" + b"x" * 2000, "oversize"),
        (ENQ + b"".join(frames(b"H|\\^&\r" + b"C|1|more\r" * 200)), "oversize"),
        (b"H|\\^&" + b"x" * 2000, "oversize"),
        (b"H|\\^&\r" + b"R|1\r" * 500, "oversize"),
    ],
)
def test_what_is_too_much_closes_the_line(written: bytes, why: str):
    end = idle(limits=Limits(max_frame=1000, max_message=1000, max_noise=1000))
    for at in range(0, len(written), 100):
        end.hear(written[at : at + 100])
    assert end.machine.closed == why
    assert not any(one.whole for one in end.committed)


# Cut anywhere: what was acknowledged is committed, and nothing twice in what one sender is sure of.


class Sender:
    """An instrument that believes nothing but ACK: it sends a message again until its last frame has one."""

    def __init__(self, message: bytes) -> None:
        self.steps = [ENQ, *frames(message)]

    def run(self, end: End, lost: Callable[[int], bool]) -> bool:
        """Send once; ``lost`` says of every answer whether it is lost. Say whether all was acknowledged."""
        count = 0
        for step in self.steps:
            for _ in range(6):
                said = end.hear(step)
                count += 1
                if said == ACK and not lost(count):
                    break
                if lost(count):
                    continue  # a time-out, then the frame once more
            else:
                end.hear(EOT)
                return False
        end.hear(EOT)
        return True


@pytest.mark.parametrize("at", range(1, 6))
@pytest.mark.parametrize("times", range(1, 6))
def test_a_lost_answer_costs_a_repetition_and_doubles_nothing(at: int, times: int):
    end = idle()
    assert Sender(MESSAGE).run(end, lambda count: at <= count < at + times)
    assert end.committed == [WHOLE]


LINE = ENQ + b"".join(FRAMES) + EOT


@pytest.mark.parametrize("cut", range(len(LINE) + 1))
def test_cut_at_every_byte_of_a_session(cut: int):
    end = idle()
    said = end.hear(LINE[:cut])
    left = end.machine.end()
    acknowledged = said.count(ACK) == 5
    assert acknowledged == (end.committed == [WHOLE])
    assert not any(one.whole for one in left)
    if said.count(ACK) > 1 and not acknowledged:  # frames that were acknowledged are handed over
        kept = b"".join(RECORDS[: said.count(ACK) - 1])
        assert [one.text for one in left] == [kept]
    again = idle()  # the sender comes again, on another line
    again.hear(LINE)
    assert again.committed == [WHOLE]


@pytest.mark.parametrize("state", State)
def test_cut_in_every_state_loses_nothing_that_was_acknowledged(state: State):
    end = WAYS[state]()
    left = end.machine.end()
    if state in (State.STORING, State.ENDING, State.UNSTORED):
        assert left == end.machine.storing != []
    else:
        assert left == []
    assert receiving().machine.end() == [Received(b"".join(RECORDS[:2]), "cut")]


@given(st.lists(st.sampled_from([ENQ, EOT, ACK, NAK, *FRAMES, bad(FRAMES[2]), b"?", b"\x021", MESSAGE])))
@settings(deadline=None)
def test_whatever_order_things_come_in(pieces: list[bytes]):
    """A whole message is one that was sent, in one piece, in one session; the line never dies of it."""
    end = idle()
    for piece in pieces:
        end.hear(piece)
    assert all(one == WHOLE for one in end.committed if one.ended == "L" and one.text.startswith(b"H"))
    end.time_out()
    end.time_out()
    before = len(end.committed)
    assert end.hear(LINE).endswith(ACK)
    assert end.committed[before:][-1] == WHOLE


@given(st.lists(st.binary(max_size=12)))
@settings(deadline=None)
def test_noise_is_survived(pieces: Iterable[bytes]):
    end = idle()
    for piece in pieces:
        end.hear(piece)
    assert all(one.text for one in end.committed)


def test_profiles_can_be_changed_in_one_place():
    assert replace(Profile(), checksum="ignored").checksum == "ignored"
    end = waiting(checksum="ignored")
    assert end.hear(FRAMES[0].replace(checksum(b"1" + RECORDS[0] + b"\x03"), b"ZZ")) == ACK


class Bad:
    """A wire that loses and damages what the test says."""

    def __init__(self, fates: list[int]) -> None:
        self.fates = iter(fates)

    def __call__(self, data: bytes) -> bytes:
        fate = next(self.fates, 0)
        if not data or fate == 0:
            return data
        if fate == 1 or len(data) == 1:  # no checksum protects a signal: a NAK damaged to EOT is believed
            return b""
        if fate == 2:
            return data[: len(data) // 2]
        at = fate % len(data)
        return data[:at] + bytes([data[at] ^ 0x11]) + data[at + 1 :]


@given(st.lists(st.integers(0, 120).map(lambda fate: fate if fate < 12 else 0), max_size=60), st.booleans())
@settings(deadline=None, max_examples=200)
def test_over_a_bad_wire_what_the_sender_believes_is_so(fates: list[int], instrument: bool):
    wire = Bad(fates)
    sender, receiver = End(role="instrument" if instrument else "computer"), End()
    said = sender.send()
    while not sender.machine.results:
        heard = wire(receiver.hear(wire(said)))
        said = sender.hear(heard)
        if not said and not sender.machine.results:
            for _ in range(3):  # the receiver's time is over last
                said = said or sender.time_out()
            if not said:
                said = receiver.time_out() and b""
        if sender.state is State.IDLE:
            break
    whole = [one for one in receiver.committed if one.whole]
    assert len(whole) <= 1
    if (1, True) in sender.machine.results:
        assert whole == [WHOLE]
    assert all(one == WHOLE for one in whole)
