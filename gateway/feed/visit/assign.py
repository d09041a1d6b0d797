"""$assign-serial: a platform's serial comes back, and the document that waited goes on (CQ49附3.5)."""

from __future__ import annotations

from gateway.canonical.actor import Principal
from gateway.canonical.elements import name_of
from gateway.errors import Refusal, Rejected
from gateway.faults import in_chinese
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.course import course_of, governing, order_of, state_of
from gateway.feed.visit.entering import enter, last_number
from gateway.feed.visit.grounds import refuse
from gateway.feed.visit.hospital import Hospital, Hospitals
from gateway.feed.visit.states import State, check
from gateway.feed.visit.submit import identifier, identifier_in, write_submitted
from gateway.feed.visit.task import review_of
from gateway.feed.visit.unit import Unit, check_holder
from gateway.store import Desk, Serial


def assign(
    desk: Desk, hospitals: Hospitals, type_: str, id_: str, principal: Principal, serial: str, platform: str
) -> Answer:
    """Write down the serial that a platform gave a document that waits for it, or that held when it came.

    Args:
        principal: of the relay, or of a client that may (``Principal.platform``).
        platform: name of the platform.

    Raises:
        Rejected: ``not-found``, or the serial is none.
        Refusal: another document has it, this one has another, or does not wait.
    """
    if not principal.platform:
        raise refuse("another-author", "serial")
    hospital = governing(hospitals, desk)
    unit = order_of(desk, type_, id_)
    state = state_of(desk, unit)
    if state != "waiting" and unit.serial == serial and serial:
        last = last_number(desk, unit.name)
        return Answer(state, unit.name, identifier_in(unit), _task(desk, unit), last)
    check(course_of(unit), state, "$assign-serial", unit.name)
    claimed = _claimed(desk, hospital, unit, serial, platform)
    after = state if state == "effective" else _after(desk, unit)
    members = write_submitted(desk, unit, claimed, after)
    last = last_number(desk, unit.name)
    event = "effective" if after == "effective" != state else "numbered"
    entered = enter(desk, unit.kind, event, members, serial=serial, back=last)
    return Answer(after, unit.name, identifier(claimed), _task(desk, unit), entered.n)


def _claimed(desk: Desk, hospital: Hospital, unit: Unit, serial: str, platform: str) -> Serial:
    institution = hospital.institution(desk, unit.encounter)
    try:
        found = desk.claim(serial, unit.kind, institution, unit.number, platform or "platform")
    except Refusal:
        raise
    except Rejected as error:
        if error.code == "conflict":
            also_zh = in_chinese(error.reason)
            raise refuse("serial-taken", unit.name, also=error.reason, also_zh=also_zh) from error
        raise
    check_holder(desk, unit, serial)
    return found


def _after(desk: Desk, unit: Unit) -> State:
    """Return where a document goes on; lets its review begin."""
    if unit.kind != "prescription":
        return "effective"
    task = review_of(desk, unit.about)
    assert task is not None
    held = "statusReason" in task
    desk.write({**task, "status": "on-hold" if held else "requested"})
    return "held" if held else "submitted"


def _task(desk: Desk, unit: Unit) -> str:
    task = review_of(desk, unit.about) if unit.kind == "prescription" else None
    return name_of(task) if task else ""
