"""Doors that are not HL7 v2, where the target declares one: an analyser over ASTM, a modality over DICOM.

The law names no protocol: where another door of the same system is declared, and tested, these do not apply.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from conformance.harness.run import Run
from conformance.harness.target import Door
from conformance.harness.verdict import NotApplicable, Unanswered
from conformance.simulators.exact import Resource
from conformance.suites.exchange.hospital import SYSTEMS

_MR = "urn:oid:2.16.156.10011.1.13"
"""Of record numbers, unless the target's ``settings.record_number`` names another system."""


def declared(run: Run, protocol: str, system: str, option: str = "") -> Door:
    """Return the door of a protocol: the first, or the one of which an option is declared (``device``).

    Raises:
        NotApplicable: there is none, but another one of the same system.
        Skipped: nothing is declared for the system.
    """
    listed = [one for one in run.target.doors.values() if one.protocol == protocol]
    fitting = [one for one in listed if option in one.options] if option else sorted(listed, key=apart)
    if fitting:
        return fitting[0]
    if listed:
        raise NotApplicable(
            f"目标未声明这样的 {protocol} 接口（{option}:）",
            f"no door of {protocol} is declared with {option}:",
        )
    if any(name in run.target.doors for name in SYSTEMS[system]):
        raise NotApplicable(
            f"目标的 {system.upper()} 以其他协议对接，法规未限定协议",
            f"the target's {system.upper()} speaks another protocol; the law names none",
        )
    run.need(f"doors.{protocol}")
    raise AssertionError  # need has raised


def apart(door: Door) -> bool:
    """Tell whether a door is one more of its protocol, of which checks of their own are."""
    return any(one in door.options for one in ("device", "work", "ca"))


def on_file(run: Run) -> Resource:
    """Put a patient on file as a prerequisite: neither analyser nor modality may make one up."""
    number = f"1{run.number}0001"
    system = str(run.target.setting("record_number", _MR))
    body = {"resourceType": "Patient", "id": f"{run.number}-d", "name": [{"text": "欧阳㛃"}],
            "identifier": [{"system": system, "value": number}]}  # fmt: skip
    run.given(run.client().put(body), "登记患者", "the patient is registered")
    run.wrote(body)
    return body


def yesterday(run: Run) -> datetime:
    """Return a moment of the day before."""
    return datetime.combine(run.session.today - timedelta(days=1), datetime.min.time()) + timedelta(hours=9)


def gone(door: Door, error: OSError) -> Unanswered:
    """Return what ends a check whose door does not answer."""
    what = "time-out" if isinstance(error, TimeoutError) else type(error).__name__
    return Unanswered(f"接口 {door.name} 未应答：{what}", f"door {door.name} did not answer: {what}")
