"""Owns what goes wrong: messages broken, misdeclared or sent twice, and transports that break off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from conformance.simulators import admissions
from conformance.simulators.chart import Chart, Damage, Entry
from conformance.simulators.dialects import LABORATORY
from conformance.simulators.er7 import NULL, components, segment
from conformance.simulators.event import Transport
from conformance.simulators.visits import Visit

BROKEN: dict[str, Damage] = {
    "not-hl7": lambda _: b"GET /adt HTTP/1.1\r\nHost: his\r\n\r\n",
    "xml": lambda _: '<?xml version="1.0"?><MSH><MSH.9>ADT^A08</MSH.9></MSH>'.encode("utf-16"),
    "binary": lambda _: bytes(range(256)),
    "truncated-header": lambda message: message[:38],
    "no-control-id": lambda message: _msh(message, 9, b""),
    "no-message-type": lambda message: _msh(message, 8, b""),
    "wrong-charset": lambda message: message.decode().encode("gb18030"),
    "no-charset": lambda message: _msh(message.decode().encode("gb18030"), 17, b""),
    "utf-16": lambda message: message.decode().encode("utf-16"),
    "bom": lambda message: b"\xef\xbb\xbf" + message,
    "line-feeds": lambda message: message.replace(b"\r", b"\n"),
    "crlf": lambda message: message.replace(b"\r", b"\r\n"),
}
"""Fault → what happened to the finished bytes of a sound UTF-8 message."""

_UNFRAMEABLE = frozenset({"binary", "utf-16", "xml"})
"""Their bytes may hold the start or end block: what comes back does not answer message by message."""

LOST: tuple[Transport, ...] = ("half-frame", "no-trailer", "bare-bytes", "empty-frame")
"""Transports after which the sender has to try again."""


def strew(chart: Chart, clinic: list[Visit]) -> None:
    """Add one of everything to the day, each on the record of some outpatient (UTF-8)."""
    for fault, damage in BROKEN.items():
        entry = _update(chart, clinic, fault)
        entry.damage = damage
        entry.transport = "own-frame" if fault in _UNFRAMEABLE else "frame"
    for fault, change in _CHANGES.items():
        entry = _update(chart, clinic, fault)
        entry.segments = change(entry.segments)
    _update(chart, clinic, "unknown-type").kind = "ZZZ^Z99"
    for transport in LOST:
        _broken_off(chart, clinic, transport)
    for whole in ("split", "no-final-cr"):
        _update(chart, clinic, "", f"update ({whole})").transport = whole
    deleted = _update(chart, clinic, "", "update (phone deleted)")
    deleted.segments = _field("PID", 13, NULL)(deleted.segments)
    _vendor_segments(chart, clinic)
    _reused_control(chart, clinic)
    _cut_result(chart)


def repeat(chart: Chart, share: float) -> None:
    """Send some messages of the day again because their ACK got lost, half of them with a new MSH-7."""
    sound = [entry for entry in chart.entries if not entry.fault and entry.transport == "frame"]
    for order, entry in enumerate(chart.rng.sample(sound, max(2, int(len(sound) * share)))):
        chart.again(entry, entry.at + timedelta(seconds=31), fresh_time=order % 2 == 1)


def _update(chart: Chart, visits: list[Visit], fault: str, note: str = "") -> Entry:
    visit = chart.rng.choice(visits)
    entry = admissions.update(chart, visit, _moment(chart, visit), note or f"update ({fault})")
    entry.fault = fault
    return entry


def _moment(chart: Chart, visit: Visit) -> datetime:
    return chart.after(visit.begun, 3, 200)


def _msh(message: bytes, place: int, value: bytes) -> bytes:
    """Replace the header's field MSH-``place + 1``."""
    header, cut, rest = message.partition(b"\r")
    fields = header.split(b"|")
    fields[place] = value
    return b"|".join(fields) + cut + rest


def _field(name: str, number: int, value: str) -> Callable[[list[str]], list[str]]:
    def change(segments: list[str]) -> list[str]:
        return [_replaced(line, number, value) if line.startswith(name) else line for line in segments]

    return change


def _replaced(line: str, number: int, value: str) -> str:
    fields = line.split("|")
    fields += [""] * (number + 1 - len(fields))
    fields[number] = value
    return "|".join(fields)


def _wrong_check(segments: list[str]) -> list[str]:
    """Turn the last character of the resident ID in PID-19 into another."""
    own = next(line for line in segments if line.startswith("PID")).split("|")[19]
    return _field("PID", 19, own[:17] + ("1" if own[17] != "1" else "2"))(segments)


_CHANGES: dict[str, Callable[[list[str]], list[str]]] = {
    "no-pid": lambda segments: [line for line in segments if not line.startswith("PID")],
    "impossible-date": _field("PID", 7, "20260231"),
    "wrong-check-digit": _wrong_check,
    "no-patient-id": _field("PID", 3, ""),
}


def _broken_off(chart: Chart, visits: list[Visit], transport: Transport) -> None:
    """The line breaks in the middle; the sender connects again and sends the whole message."""
    whole = _update(chart, visits, "", f"update (after {transport})")
    damage: Damage = {
        "half-frame": lambda message: message[: len(message) // 2],
        "empty-frame": lambda _: b"",
    }.get(transport, lambda message: message)
    first = Entry(
        whole.at - timedelta(seconds=20), whole.dialect, whole.kind, whole.segments, f"update ({transport})",
        whole.patient, transport, damage, transport, repeats=whole,
    )  # fmt: skip
    chart.add(first)


def _vendor_segments(chart: Chart, visits: list[Visit]) -> None:
    """Sound, but with segments of the vendor's own: patient details and medical insurance (医保)."""
    visit = chart.rng.choice(visits)
    zpi = segment("ZPI", {1: "1", 2: components("VIP", "普通患者"), 3: "微信公众号预约", 5: "N"})
    zyb = segment("ZYB", {1: "990100", 2: "门诊统筹", 4: components("M01600", "门诊慢特病"), 6: "1250.00"})
    admissions.update(chart, visit, _moment(chart, visit), "update with Z segments", (zpi, zyb))


def _reused_control(chart: Chart, visits: list[Visit]) -> None:
    """The HIS restarted its counter: an old MSH-10 with another content is a new message."""
    first = _update(chart, visits, "", "update")
    second = _update(chart, visits, "reused-control-id")
    second.at, second.repeats = max(second.at, first.at + timedelta(minutes=1)), first
    second.fresh_time = True


def _cut_result(chart: Chart) -> None:
    """A laboratory report that stops in the middle of an OBX, perhaps of a character."""
    reports = [entry for entry in chart.entries if entry.dialect is LABORATORY and len(entry.segments) > 8]
    report = chart.rng.choice(reports)
    cut = Entry(
        chart.after(report.at, 1, 2), report.dialect, report.kind, report.segments, f"{report.note} (cut)",
        report.patient, "truncated-body", lambda message: message[: len(message) * 3 // 5],
    )  # fmt: skip
    chart.add(cut)
