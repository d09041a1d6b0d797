"""States: the two ends of a line as a table, state × event → actions, next state (E1381 §6, LIS1-A §8).

Nothing is computed here. An event without a row changes nothing: a neutral line does not answer what is no
ENQ. In STORING and ENDING nothing is read from the line, what comes meanwhile waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto


class State(Enum):
    """Where one end of the line stands.

    Neutral: IDLE. CONTENDING: both sent ENQ, ours waits. REFUSED: our ENQ was answered NAK. YIELDING: the
    other end has asked for the line. UNSTORED: a message that EOT ended could not be committed yet.

    Receiver: WAITING for a frame or EOT. STORING: the frame that came completes a message, which is being
    committed; its answer comes after that. ENDING: the session is over, what it left is being committed.

    Sender: ENQUIRING. SENDING: a frame is out. INTERRUPTED: likewise, and the other end asked for the line.
    """

    __hash__ = object.__hash__  # Enum hashes the name, and the table is asked with every frame

    IDLE = auto()
    CONTENDING = auto()
    REFUSED = auto()
    YIELDING = auto()
    UNSTORED = auto()
    WAITING = auto()
    STORING = auto()
    ENDING = auto()
    ENQUIRING = auto()
    SENDING = auto()
    INTERRUPTED = auto()


class Event(Enum):
    """What happens: heard on the line, the machine's own counts taken into account, or from inside."""

    __hash__ = object.__hash__

    ENQ = auto()
    ENQ_BUSY = auto()  # ENQ, and we take nothing at present
    OPEN = auto()  # a frame or record without ENQ, from a sender that is known to know none
    FRAME = auto()  # good, new, and the message goes on
    LAST = auto()  # good, new, and a message is complete with it
    REPEAT = auto()  # the frame that was acknowledged last, again
    BAD = auto()  # a frame with a wrong checksum or number
    ACK = auto()
    ACK_LAST = auto()  # of the last frame
    NAK = auto()  # in SENDING and INTERRUPTED noise counts as NAK
    NAK_LIMIT = auto()  # one NAK too many
    EOT = auto()
    EOT_LAST = auto()  # instead of ACK for the last frame
    TIMEOUT = auto()  # that of the state has passed
    SEND = auto()  # there is a message to send
    STORED = auto()  # what was to be committed is
    STORED_URGENT = auto()  # likewise, and we want the line
    NOT_STORED = auto()


class Action(Enum):
    """What is done, in the order of the row."""

    SEND_ENQ = auto()
    SEND_ACK = auto()
    SEND_NAK = auto()
    SEND_EOT = auto()
    SEND_FRAME = auto()  # the same once more, or the first
    SEND_NEXT = auto()
    BEGIN = auto()  # a session: its first frame has the number 1
    KEEP = auto()  # the frame counts as received
    STORE = auto()  # commit the messages that are complete
    STORE_REST = auto()  # commit what the session leaves without its end
    AGAIN = auto()  # the event is worked once more, in the next state
    SENT = auto()  # the message was taken
    FAILED = auto()  # the message was given up


Row = tuple[tuple[Action, ...], State]

_S, _E, _A = State, Event, Action

TABLE: Mapping[tuple[State, Event], Row] = {
    # Neutral
    (_S.IDLE, _E.ENQ): ((_A.BEGIN, _A.SEND_ACK), _S.WAITING),
    (_S.IDLE, _E.ENQ_BUSY): ((_A.SEND_NAK,), _S.IDLE),
    (_S.IDLE, _E.OPEN): ((_A.BEGIN,), _S.WAITING),
    (_S.IDLE, _E.SEND): ((_A.SEND_ENQ,), _S.ENQUIRING),
    (_S.CONTENDING, _E.ENQ): ((_A.BEGIN, _A.SEND_ACK), _S.WAITING),
    (_S.CONTENDING, _E.ENQ_BUSY): ((_A.SEND_NAK,), _S.CONTENDING),
    (_S.CONTENDING, _E.OPEN): ((_A.BEGIN,), _S.WAITING),
    (_S.CONTENDING, _E.TIMEOUT): ((_A.SEND_ENQ,), _S.ENQUIRING),
    (_S.REFUSED, _E.ENQ): ((_A.BEGIN, _A.SEND_ACK), _S.WAITING),
    (_S.REFUSED, _E.ENQ_BUSY): ((_A.SEND_NAK,), _S.REFUSED),
    (_S.REFUSED, _E.OPEN): ((_A.BEGIN,), _S.WAITING),
    (_S.REFUSED, _E.TIMEOUT): ((_A.SEND_ENQ,), _S.ENQUIRING),
    (_S.YIELDING, _E.ENQ): ((_A.BEGIN, _A.SEND_ACK), _S.WAITING),
    (_S.YIELDING, _E.ENQ_BUSY): ((_A.SEND_NAK,), _S.YIELDING),
    (_S.YIELDING, _E.OPEN): ((_A.BEGIN,), _S.WAITING),
    (_S.YIELDING, _E.TIMEOUT): ((), _S.IDLE),
    (_S.UNSTORED, _E.ENQ): ((_A.SEND_NAK,), _S.UNSTORED),
    (_S.UNSTORED, _E.ENQ_BUSY): ((_A.SEND_NAK,), _S.UNSTORED),
    (_S.UNSTORED, _E.STORED): ((_A.KEEP,), _S.IDLE),
    (_S.UNSTORED, _E.NOT_STORED): ((), _S.UNSTORED),
    (_S.UNSTORED, _E.TIMEOUT): ((_A.STORE,), _S.ENDING),
    # Receiver
    (_S.WAITING, _E.FRAME): ((_A.KEEP, _A.SEND_ACK), _S.WAITING),
    (_S.WAITING, _E.LAST): ((_A.STORE,), _S.STORING),
    (_S.WAITING, _E.REPEAT): ((_A.SEND_ACK,), _S.WAITING),
    (_S.WAITING, _E.BAD): ((_A.SEND_NAK,), _S.WAITING),
    (_S.WAITING, _E.EOT): ((_A.STORE_REST,), _S.ENDING),
    (_S.WAITING, _E.TIMEOUT): ((_A.STORE_REST,), _S.ENDING),
    (_S.WAITING, _E.ENQ): ((_A.STORE_REST, _A.AGAIN), _S.ENDING),
    (_S.WAITING, _E.ENQ_BUSY): ((_A.STORE_REST, _A.AGAIN), _S.ENDING),
    (_S.STORING, _E.STORED): ((_A.KEEP, _A.SEND_ACK), _S.WAITING),
    (_S.STORING, _E.STORED_URGENT): ((_A.KEEP, _A.SEND_EOT), _S.WAITING),
    (_S.STORING, _E.NOT_STORED): ((_A.SEND_NAK,), _S.WAITING),
    (_S.STORING, _E.TIMEOUT): ((_A.SEND_NAK,), _S.WAITING),
    (_S.ENDING, _E.STORED): ((_A.KEEP,), _S.IDLE),
    (_S.ENDING, _E.NOT_STORED): ((), _S.UNSTORED),
    (_S.ENDING, _E.TIMEOUT): ((), _S.UNSTORED),
    # Sender
    (_S.ENQUIRING, _E.ACK): ((_A.SEND_FRAME,), _S.SENDING),
    (_S.ENQUIRING, _E.ENQ): ((), _S.CONTENDING),
    (_S.ENQUIRING, _E.ENQ_BUSY): ((), _S.CONTENDING),
    (_S.ENQUIRING, _E.OPEN): ((_A.BEGIN,), _S.WAITING),
    (_S.ENQUIRING, _E.NAK): ((), _S.REFUSED),
    (_S.ENQUIRING, _E.NAK_LIMIT): ((_A.FAILED,), _S.IDLE),
    (_S.ENQUIRING, _E.TIMEOUT): ((_A.SEND_EOT, _A.FAILED), _S.IDLE),
    (_S.SENDING, _E.ACK): ((_A.SEND_NEXT,), _S.SENDING),
    (_S.SENDING, _E.ACK_LAST): ((_A.SEND_EOT, _A.SENT), _S.IDLE),
    (_S.SENDING, _E.NAK): ((_A.SEND_FRAME,), _S.SENDING),
    (_S.SENDING, _E.NAK_LIMIT): ((_A.SEND_EOT, _A.FAILED), _S.IDLE),
    (_S.SENDING, _E.EOT): ((_A.SEND_NEXT,), _S.INTERRUPTED),
    (_S.SENDING, _E.EOT_LAST): ((_A.SEND_EOT, _A.SENT), _S.YIELDING),
    (_S.SENDING, _E.TIMEOUT): ((_A.SEND_EOT, _A.FAILED), _S.IDLE),
    (_S.INTERRUPTED, _E.ACK): ((_A.SEND_NEXT,), _S.INTERRUPTED),
    (_S.INTERRUPTED, _E.ACK_LAST): ((_A.SEND_EOT, _A.SENT), _S.YIELDING),
    (_S.INTERRUPTED, _E.NAK): ((_A.SEND_FRAME,), _S.INTERRUPTED),
    (_S.INTERRUPTED, _E.NAK_LIMIT): ((_A.SEND_EOT, _A.FAILED), _S.YIELDING),
    (_S.INTERRUPTED, _E.EOT): ((_A.SEND_NEXT,), _S.INTERRUPTED),
    (_S.INTERRUPTED, _E.EOT_LAST): ((_A.SEND_EOT, _A.SENT), _S.YIELDING),
    (_S.INTERRUPTED, _E.TIMEOUT): ((_A.SEND_EOT, _A.FAILED), _S.YIELDING),
}

TIMEOUTS: Mapping[State, float] = {
    State.ENQUIRING: 15.0,
    State.SENDING: 15.0,
    State.INTERRUPTED: 15.0,
    State.YIELDING: 15.0,
    State.WAITING: 30.0,
    State.REFUSED: 10.0,
    State.CONTENDING: 20.0,  # of a computer
    # Ours: an answer has to leave before the 15 seconds of the sender are over.
    State.STORING: 10.0,
    State.ENDING: 10.0,
    State.UNSTORED: 10.0,
}
"""Seconds after which a state meets ``Event.TIMEOUT``; IDLE has none (E1381 §6.2, §6.5.2)."""

INSTRUMENT_CONTENDING = 1.0
"""Seconds after which an instrument asks again for the line (E1381 §6.2.1)."""

HOLDING = frozenset({State.STORING, State.ENDING})
"""Nothing is read from the line meanwhile."""
