"""The table of the line, row by row, written a second time; nothing else changes anything."""

from __future__ import annotations

import pytest

from gateway.wire.astm.states import HOLDING, TABLE, TIMEOUTS, Action, Event, State

ROWS = """
IDLE         ENQ            BEGIN SEND_ACK      WAITING
IDLE         ENQ_BUSY       SEND_NAK            IDLE
IDLE         OPEN           BEGIN               WAITING
IDLE         SEND           SEND_ENQ            ENQUIRING
CONTENDING   ENQ            BEGIN SEND_ACK      WAITING
CONTENDING   ENQ_BUSY       SEND_NAK            CONTENDING
CONTENDING   OPEN           BEGIN               WAITING
CONTENDING   TIMEOUT        SEND_ENQ            ENQUIRING
REFUSED      ENQ            BEGIN SEND_ACK      WAITING
REFUSED      ENQ_BUSY       SEND_NAK            REFUSED
REFUSED      OPEN           BEGIN               WAITING
REFUSED      TIMEOUT        SEND_ENQ            ENQUIRING
YIELDING     ENQ            BEGIN SEND_ACK      WAITING
YIELDING     ENQ_BUSY       SEND_NAK            YIELDING
YIELDING     OPEN           BEGIN               WAITING
YIELDING     TIMEOUT        -                   IDLE
UNSTORED     ENQ            SEND_NAK            UNSTORED
UNSTORED     ENQ_BUSY       SEND_NAK            UNSTORED
UNSTORED     STORED         KEEP                IDLE
UNSTORED     NOT_STORED     -                   UNSTORED
UNSTORED     TIMEOUT        STORE               ENDING
WAITING      FRAME          KEEP SEND_ACK       WAITING
WAITING      LAST           STORE               STORING
WAITING      REPEAT         SEND_ACK            WAITING
WAITING      BAD            SEND_NAK            WAITING
WAITING      EOT            STORE_REST          ENDING
WAITING      TIMEOUT        STORE_REST          ENDING
WAITING      ENQ            STORE_REST AGAIN    ENDING
WAITING      ENQ_BUSY       STORE_REST AGAIN    ENDING
STORING      STORED         KEEP SEND_ACK       WAITING
STORING      STORED_URGENT  KEEP SEND_EOT       WAITING
STORING      NOT_STORED     SEND_NAK            WAITING
STORING      TIMEOUT        SEND_NAK            WAITING
ENDING       STORED         KEEP                IDLE
ENDING       NOT_STORED     -                   UNSTORED
ENDING       TIMEOUT        -                   UNSTORED
ENQUIRING    ACK            SEND_FRAME          SENDING
ENQUIRING    ENQ            -                   CONTENDING
ENQUIRING    ENQ_BUSY       -                   CONTENDING
ENQUIRING    OPEN           BEGIN               WAITING
ENQUIRING    NAK            -                   REFUSED
ENQUIRING    NAK_LIMIT      FAILED              IDLE
ENQUIRING    TIMEOUT        SEND_EOT FAILED     IDLE
SENDING      ACK            SEND_NEXT           SENDING
SENDING      ACK_LAST       SEND_EOT SENT       IDLE
SENDING      NAK            SEND_FRAME          SENDING
SENDING      NAK_LIMIT      SEND_EOT FAILED     IDLE
SENDING      EOT            SEND_NEXT           INTERRUPTED
SENDING      EOT_LAST       SEND_EOT SENT       YIELDING
SENDING      TIMEOUT        SEND_EOT FAILED     IDLE
INTERRUPTED  ACK            SEND_NEXT           INTERRUPTED
INTERRUPTED  ACK_LAST       SEND_EOT SENT       YIELDING
INTERRUPTED  NAK            SEND_FRAME          INTERRUPTED
INTERRUPTED  NAK_LIMIT      SEND_EOT FAILED     YIELDING
INTERRUPTED  EOT            SEND_NEXT           INTERRUPTED
INTERRUPTED  EOT_LAST       SEND_EOT SENT       YIELDING
INTERRUPTED  TIMEOUT        SEND_EOT FAILED     YIELDING
"""


def test_the_table_is_this_one():
    told = {}
    for line in ROWS.split("\n")[1:-1]:
        state, event, *actions, following = line.split()
        told[State[state], Event[event]] = (
            tuple(Action[one] for one in actions if one != "-"),
            State[following],
        )
    assert dict(TABLE) == told


def test_time_outs_are_those_of_the_standard():
    assert {state.name: seconds for state, seconds in TIMEOUTS.items()} == {
        "ENQUIRING": 15, "SENDING": 15, "INTERRUPTED": 15, "YIELDING": 15, "WAITING": 30, "REFUSED": 10,
        "CONTENDING": 20, "STORING": 10, "ENDING": 10, "UNSTORED": 10,
    }  # fmt: skip
    for state in TIMEOUTS:
        assert (state, Event.TIMEOUT) in TABLE


@pytest.mark.parametrize("state", State)
def test_no_state_is_a_dead_end(state: State):
    """By time-outs alone, and the answer of whoever commits, the line becomes neutral again."""
    for end in (Event.STORED, Event.NOT_STORED):
        seen = {state}
        reached = state
        while reached is not State.IDLE:
            event = end if reached in HOLDING else Event.TIMEOUT
            reached = TABLE[reached, event][1]
            if reached in seen:
                break
            seen.add(reached)
        assert State.IDLE in seen or end is Event.NOT_STORED or State.ENQUIRING in seen


@pytest.mark.parametrize("state", State)
def test_only_a_frame_or_enq_is_acknowledged_and_only_what_is_kept(state: State):
    for event in Event:
        actions, following = TABLE.get((state, event), ((), state))
        if Action.SEND_ACK in actions:
            assert actions in (
                (Action.BEGIN, Action.SEND_ACK),
                (Action.KEEP, Action.SEND_ACK),
                (Action.SEND_ACK,),
            )
            assert (Action.KEEP in actions) == (event in (Event.FRAME, Event.STORED))
            assert following is State.WAITING
