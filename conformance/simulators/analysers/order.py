"""The order of the HIS for a tube: OML^O21, O33 or O35 with its bar code (HL7 v2.5.1 §4.4.6 …)."""

from __future__ import annotations

from datetime import datetime, timedelta

from conformance.simulators.analysers.tube import Tube
from conformance.simulators.chart import Chart, Entry
from conformance.simulators.dialects import WARD, pid, staff
from conformance.simulators.er7 import components, segment, stamp
from conformance.simulators.panels import CODE_SYSTEM, Item
from conformance.simulators.visits import Visit, pv1


def drawn(chart: Chart, visit: Visit, tests: tuple[Item, ...], barcode: str = "") -> Tube:
    """Return a tube of a visit; an order number for each test; nothing is sent."""
    numbers = {one: chart.number("JY") for one in tests}
    ordered = chart.after(visit.begun, 10, 20)
    code = barcode or chart.number("T")
    return Tube(code, visit.person, numbers, ordered, chart.after(ordered, 5, 15))


def order(
    chart: Chart, visit: Visit, tube: Tube, control: str = "NW", specimen: str = "BLD", minutes: int = 3,
    form: str = "O21",
) -> Entry:  # fmt: skip
    """Return the order, or that it is cancelled (``CA``) so long after it was drawn; kept in the chart.

    Args:
        form: ``O21`` by order, ``O33`` by specimen, ``O35`` by specimen and container.
    """
    at = tube.ordered if control == "NW" else tube.taken + timedelta(minutes=minutes)
    orders = [_asked(visit, item, number, control, at) for item, number in tube.orders.items()]
    spm = segment("SPM", {1: "1", 2: tube.barcode, 4: f"{specimen}^^HL70487", 17: stamp(tube.taken)})
    body = [pid(visit.person, WARD, visit=visit.number), pv1(visit, WARD)]
    if form == "O21":
        body += [line for pair in orders for line in (*pair, spm)]
    else:
        body += [spm, *([segment("SAC", {3: tube.barcode})] if form == "O35" else [])]
        body += [line for pair in orders for line in pair]
    kind = f"OML^{form}^OML_{form}"
    return chart.add(Entry(at, WARD, kind, body, "laboratory order", visit.person.mrn))


def _asked(visit: Visit, item: Item, number: str, control: str, at: datetime) -> tuple[str, str]:
    """Return ORC and OBR of one test."""
    doctor = staff(visit.doctor, WARD)
    state = "CA" if control == "CA" else ""
    orc = {1: control, 2: components(number, "HIS"), 5: state, 9: stamp(at), 12: doctor}
    test = components(item.code, item.name, CODE_SYSTEM)
    return segment("ORC", orc), segment("OBR", {1: "1", 2: components(number, "HIS"), 4: test, 16: doctor})


def measured_at(tube: Tube, minutes: int = 30) -> datetime:
    """Return a moment after a tube was drawn."""
    return tube.taken + timedelta(minutes=minutes)
