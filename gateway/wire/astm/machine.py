"""Machine: one end of a line without I/O; counts what the table of ``states`` leaves to be counted.

Bytes go in (``feed``, ``advance``), bytes come out (``written``). What is to be committed stands in
``storing``; its ACK is written after ``stored``.
"""

from __future__ import annotations

from gateway.wire.astm.assembly import Assembly, Ended, Received
from gateway.wire.astm.frame import ACK, ENQ, EOT, NAK, frames
from gateway.wire.astm.outgoing import Outgoing
from gateway.wire.astm.profile import Counters, Limits, Profile
from gateway.wire.astm.reader import Reader, Token
from gateway.wire.astm.states import (
    HOLDING,
    INSTRUMENT_CONTENDING,
    TABLE,
    TIMEOUTS,
    Action,
    Event,
    State,
)

_SENDERS = frozenset({State.SENDING, State.INTERRUPTED})
_NEUTRAL = frozenset({State.IDLE, State.CONTENDING, State.REFUSED, State.YIELDING, State.ENQUIRING})
_STRAY = 10.0
"""Seconds that the beginning of a frame is kept on a neutral line."""
_REPLIES = {
    Action.SEND_ENQ: ENQ,
    Action.SEND_ACK: ACK,
    Action.SEND_NAK: NAK,
    Action.SEND_EOT: EOT,
}


class Machine:
    """One end of a line.

    Attributes:
        state: see :class:`gateway.wire.astm.states.State`.
        written: bytes for the line; who writes them empties it.
        storing: what is to be committed in STORING and ENDING.
        results: numbers of the messages that were sent (True) or given up (False); who reads empties it.
        steps: counts up with every event: the time-out of the state begins anew.
        closed: why the line must be closed, ``""``: it need not.
        busy: answer ENQ with NAK.
        lost: a frame was bad, and has not come again; who has taken the message sets it back.
    """

    def __init__(
        self, profile: Profile | None = None, limits: Limits | None = None, counters: Counters | None = None
    ) -> None:
        self.profile, self.limits = profile or Profile(), limits or Limits()
        self.counters = counters or Counters()
        self.state = State.IDLE
        self.written = bytearray()
        self.storing: list[Received] = []
        self.results: list[tuple[int, bool]] = []
        self.steps = 0
        self.closed = ""
        self.busy = False
        checked = self.profile.checksum
        self._reader = Reader(
            check=checked == "checked",
            trailer=checked != "absent",
            bare=self.profile.bare,
            limit=self.limits.max_frame,
        )
        self._assembly = Assembly()
        self._outgoing = Outgoing()
        self._again: Token | None = None
        self._accepted: tuple[int, bytes] | None = None  # number and text of the frame accepted last
        self.lost = False
        self._heard = Token("noise")
        self._late: Token | None = None  # a frame that was answered NAK while it was being committed
        self._bare = False  # the session is one of records without frames: nobody waits for an answer
        self._nak = False  # our last answer was NAK
        self._noise = self._enquired = 0  # bytes, and ENQ, since the last good frame

    @property
    def seconds(self) -> float | None:
        """Seconds after which ``timeout`` is due in this state, None: never."""
        if self.state is State.IDLE and self.inside:
            return _STRAY
        if self._bare and self.holding:
            return None  # nobody waits for an answer
        own = self.profile.timeouts.get(self.state)
        if own is None and self.state is State.CONTENDING and self.profile.role == "instrument":
            return INSTRUMENT_CONTENDING
        return TIMEOUTS.get(self.state) if own is None else own

    @property
    def inside(self) -> bool:
        """Whether a frame has begun whose end has not come."""
        return self._reader.inside

    @property
    def held(self) -> int:
        """Bytes of a message that is not complete."""
        return len(self._assembly) + len(self._reader)

    @property
    def holding(self) -> bool:
        """Whether nothing is taken from the line, because something is being committed."""
        return self.state in HOLDING

    @property
    def waiting(self) -> list[int]:
        """Numbers of the messages that wait to be sent, the one under way first."""
        return self._outgoing.numbers

    def feed(self, data: bytes) -> None:
        """Take bytes from the line."""
        self.counters.bytes += len(data)
        self._reader.feed(data)

    def advance(self) -> None:
        """Work what has come, until more is needed or something must be committed first."""
        while not self.closed and not self.holding:
            token, self._again = self._again or self._reader.next(), None
            if token is None:
                break
            self._hear(token)
        if self.state is State.IDLE and self._outgoing and not self.closed:
            self._outgoing.begin()
            self._do(Event.SEND)

    def timeout(self) -> None:
        """The time-out of the state has passed."""
        if self.state is State.WAITING:
            if self._flush():
                return
        elif self.state is State.STORING:
            self._late = self._heard
        elif not self.holding:
            self._reader.rest()  # the beginning of a frame, out of turn, must not swallow the next ENQ
        self._do(Event.TIMEOUT)

    def calm(self) -> None:
        """Some time has passed: ENQ that came before it make no storm with those that follow."""
        self._enquired = 0

    def stored(self) -> None:
        """What was to be committed is; its frame may be acknowledged.

        Where it took too long, and was answered NAK, its repetition will be.
        """
        if self.state is State.WAITING:
            if self._late is not None:
                self._heard = self._late
                self._keep()
            return
        urgent = self.profile.interrupt and self._outgoing and self.state is State.STORING
        self._do(Event.STORED_URGENT if urgent else Event.STORED)

    def not_stored(self) -> None:
        """It could not be committed: the sender keeps it."""
        if self._bare:
            self.closed = "not-stored"  # nobody would hear a NAK
        self._do(Event.NOT_STORED)

    def send(self, number: int, message: bytes) -> None:
        """Put a message into the queue; ``results`` says under its number what became of it."""
        written = frames(message, self.profile.size, packed=self.profile.packed)
        if written:
            self._outgoing.put(number, written)
        else:
            self.results.append((number, True))

    def withdraw(self, number: int) -> None:
        """Take a message out of the queue, unless it is on the line."""
        if self.state not in (State.ENQUIRING, *_SENDERS) or self._outgoing.numbers[:1] != [number]:
            self._outgoing.remove(number)
        if not self._outgoing and self.state in (State.CONTENDING, State.REFUSED):
            self.state = State.IDLE

    def end(self) -> list[Received]:
        """The line is gone: return what it left without its end; what is being committed is none of it."""
        if self.holding or self.state is State.UNSTORED:
            return self.storing
        return self.storing if self._flush() else self._assembly.rest(self._ending(Event.TIMEOUT))

    def _flush(self) -> bool:
        """Take a bare record that has not been ended; say whether a message is complete with it."""
        left = self._reader.rest()
        if left is not None:
            self._hear(left)
        return self.holding

    def _hear(self, token: Token) -> None:
        self._heard = token
        match token.kind:
            case "noise":
                self.counters.noise += token.size
                self._noise += token.size
                if self._noise > self.limits.max_noise:
                    self.closed = "noise"
                elif self.state in _SENDERS:
                    self._do(Event.NAK)  # whatever is neither ACK nor EOT counts as NAK (E1381 §6.3.4)
            case "too-long":
                self._too_long()
            case "frame" | "line":
                self._frame(token)
            case "bad":
                self._bad()
            case "ENQ":
                self._enquiry()
            case _:
                self._do(Event[token.kind])

    def _frame(self, token: Token) -> None:
        bare = token.kind == "line"
        if self.state in _NEUTRAL and (bare or not self.profile.enquiry):
            self._do(Event.OPEN)
            self._bare = bare
        if self.state is not State.WAITING:
            return
        self._noise = self._enquired = 0
        if len(self._assembly) + len(token.text) > self.limits.max_message:
            self._too_long()
        elif not bare and self._accepted == (token.number, token.text):
            self.counters.repeated += 1
            self._do(Event.REPEAT)
        elif bare or self._in_turn(token.number):
            self.counters.frames += 1
            self._late = None
            self.lost = self.lost and not self._follows(token.number)
            self.storing = self._assembly.add(token.text, more=token.more)
            self._do(Event.LAST if self.storing else Event.FRAME)
        else:
            self._bad()

    def _in_turn(self, number: int) -> bool:
        return self.profile.numbers == "any" or self._follows(number)

    def _follows(self, number: int) -> bool:
        if self._accepted is None:
            return number in (0, 1)  # some count from 0
        return number == (self._accepted[0] + 1) % 8

    def _bad(self) -> None:
        self.counters.bad += 1
        self.lost = True
        self._do(Event.BAD)

    def _too_long(self) -> None:
        self.counters.oversize += 1
        self.closed = "oversize"

    def _enquiry(self) -> None:
        self._enquired += 1
        if self._enquired > self.limits.max_enquiries:
            self.closed = "enquiries"
        elif self.state is State.ENQUIRING:
            self.counters.contentions += 1
            self._do(Event.ENQ)
        else:
            self._do(Event.ENQ_BUSY if self.busy else Event.ENQ)

    def _do(self, event: Event) -> None:
        """Take one step of the table; what it leaves to be counted decides between two events."""
        event = self._counted(event)
        if (self.state, event) not in TABLE:
            return
        actions, following = TABLE[self.state, event]
        self.steps += 1
        self.state = following
        for action in actions:
            self._act(action, event)
        if following is State.ENDING and not self.storing:
            self._do(Event.STORED)

    def _counted(self, event: Event) -> Event:
        if self.state in _SENDERS and event in (Event.ACK, Event.EOT):
            lasts = {Event.ACK: Event.ACK_LAST, Event.EOT: Event.EOT_LAST}
            return lasts[event] if self._outgoing.last else event
        limited = self.state in _SENDERS or self.state is State.ENQUIRING
        if event is Event.NAK and limited and self._outgoing.tries >= self.limits.tries:
            return Event.NAK_LIMIT
        return event

    def _act(self, action: Action, event: Event) -> None:
        match action:
            case Action.SEND_ENQ:
                self._outgoing.enquired()
                self.written += ENQ
            case Action.SEND_ACK | Action.SEND_NAK | Action.SEND_EOT:
                self._reply(action, event)
            case Action.SEND_FRAME | Action.SEND_NEXT:
                self.written += self._outgoing.frame(following=action is Action.SEND_NEXT)
            case Action.BEGIN:
                self._accepted, self._bare, self._nak, self.lost = None, False, False, False
            case Action.KEEP:
                self._keep()
            case Action.STORE_REST:
                self._late = None
                self.storing = self._assembly.rest(self._ending(event))
            case Action.AGAIN:
                self._again = self._heard
                self._enquired -= 1
            case Action.SENT | Action.FAILED:
                self._settle(action is Action.SENT)
            case Action.STORE:
                return  # ``storing`` stands already

    def _reply(self, action: Action, event: Event) -> None:
        self._nak = action is Action.SEND_NAK
        silent = self._heard.kind == "line" and (self._bare or event is Event.FRAME)
        if not silent:
            self.written += _REPLIES[action]

    def _keep(self) -> None:
        if self._heard.kind == "frame":
            self._accepted = (self._heard.number, self._heard.text)
        self._assembly.keep(self.storing)
        self.counters.messages += sum(one.whole for one in self.storing)
        self.counters.incomplete += sum(not one.whole for one in self.storing)
        self.storing, self._late = [], None

    def _ending(self, event: Event) -> Ended:
        """Say how a session ended that left records without L."""
        quiet = event is Event.EOT or self._bare
        cut = self.closed or self._nak or self._assembly.broken or self._assembly.terminated
        return "EOT" if quiet and not cut else "cut"

    def _settle(self, taken: bool) -> None:
        number = self._outgoing.pop()
        self.counters.sent += taken
        self.counters.unsent += not taken
        self.results.append((number, taken))
