"""Orders: the governor that keeps a Task for each laboratory order, in the transaction that moves it on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from gateway.canonical import Resource
from gateway.canonical.elements import each, has, reference, references
from gateway.feed.laboratory.stage import STAGES, is_laboratory, stage_of
from gateway.feed.own import named_id
from gateway.store import Desk, Made, Occasion
from gateway.store.clock import instant

CODES: Final = "http://hl7.org/fhir/CodeSystem/task-code"
STAGE: Final = "urn:qiao:codes:laboratory-stage"
_FULFIL = {"coding": [{"system": CODES, "code": "fulfill", "display": "Fulfill the focal request"}]}


class LaboratoryOrders:
    """Governs orders, samples and reports, through whichever door they come; it refuses nothing.

    An order of the ward that has its verified report is completed; one that the regulator sees is moved on by
    whoever answers for it.
    """

    types = frozenset(("DiagnosticReport", "ServiceRequest", "Specimen"))

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """See ``gateway.store.governing.Governor``."""
        samples: dict[str, list[str]] = {}
        reported: set[str] = set()
        for one in made:
            if _stays(desk, one):
                continue
            for order in _orders(desk, one, occasion):
                named = samples.setdefault(order, [])
                if one.type == "Specimen":
                    named.append(f"Specimen/{one.id}")
                elif one.type == "DiagnosticReport":
                    reported.add(order)
        new = {
            f"ServiceRequest/{one.id}" for one in made if one.type == "ServiceRequest" and not one.before_seq
        }
        for name, specimens in samples.items():
            found = desk.read(*name.split("/", 1))
            if found is None or not is_laboratory(found):
                continue
            if name not in reported or found.get("status") == "active" or not _is_hearsay(desk, name, new):
                _move(desk, found, specimens)


def _is_hearsay(desk: Desk, name: str, new: Collection[str]) -> bool:
    """Tell whether an order is known by reports on it alone: they say how far it is; nobody waits for it.

    Not of one that they call active: it is completed with them, or an analyser would be given it again.
    """
    if desk.event_at(*name.split("/", 1)) is not None:
        return False
    return name in new or not desk.lives("Task", named_id(name, "laboratory"))


def _stays(desk: Desk, made: Made) -> bool:
    """Tell whether a report moves none of its orders: it got one more result, of many that come singly."""
    if made.type != "DiagnosticReport" or made.why == "merged":
        return False
    before, after = made.before, made.after
    if before is None or after is None or _moving(before) != _moving(after):
        return False
    orders = [name for name in references(after, "basedOn") if name.startswith("ServiceRequest/")]
    return all(desk.lives("Task", named_id(name, "laboratory")) for name in orders)


def _moving(report: Resource) -> tuple[object, ...]:
    """Return what the stage of an order hangs on, of one of its reports (``stage_of``)."""
    return (
        report.get("status"),
        has(report, "result"),
        has(report, "identifier"),
        references(report, "basedOn"),
    )


def _orders(desk: Desk, made: Made, occasion: Occasion) -> Iterator[str]:
    """Yield the orders that a version is about.

    Orders that a message names with a new sample are in the message; through the API an order may have named
    the sample before.
    """
    after = made.after
    if made.type == "ServiceRequest":
        if after is not None:
            yield f"ServiceRequest/{made.id}"
        return
    path = "basedOn" if made.type == "DiagnosticReport" else "request"
    yield from (one for one in references(after, path) if one.startswith("ServiceRequest/"))
    if made.type == "Specimen" and (made.before_seq or occasion.door == "api"):
        for order in desk.referring("ServiceRequest", f"Specimen/{made.id}", "specimen"):
            yield f"ServiceRequest/{order['id']}"


def _move(desk: Desk, order: Resource, specimens: list[str]) -> None:
    """Write the Task of an order where it has come further, and complete the order."""
    name = f"ServiceRequest/{order['id']}"
    task = desk.read("Task", named_id(name, "laboratory")) or {}
    known = [*references(order, "specimen"), *_named(task, "input"), *specimens]
    found = [desk.read(*one.split("/", 1)) for one in dict.fromkeys(known)]
    taken = [one for one in found if one is not None]
    reports = desk.referring("DiagnosticReport", name, "based-on")
    stage = stage_of(order, taken, reports)
    fresh = _task(desk, order, stage, taken, reports)
    if {key: value for key, value in task.items() if key not in ("lastModified", "meta")} != fresh:
        desk.write({**fresh, "lastModified": instant(desk.ts_us)})
    done = stage in ("validated", "corrected") and order.get("status") == "active"
    if done and not desk.entered_with("ServiceRequest", order["id"]):
        desk.write({**order, "status": "completed"})


def _task(
    desk: Desk, order: Resource, stage: str, specimens: Sequence[Resource], reports: Sequence[Resource]
) -> Resource:
    status, display = STAGES[stage]
    name = f"ServiceRequest/{order['id']}"
    around = {"for": order.get("subject"), "encounter": order.get("encounter"),
              "authoredOn": order.get("authoredOn"), "requester": order.get("requester")}  # fmt: skip
    inputs = [_part("specimen", f"Specimen/{one['id']}") for one in specimens]
    outputs = [_part("report", f"DiagnosticReport/{one['id']}") for one in reports]
    return {
        "resourceType": "Task", "id": named_id(name, "laboratory"), "status": status, "intent": "order",
        "businessStatus": {"coding": [{"system": STAGE, "code": stage, "display": display}]},
        "code": _FULFIL,
        "focus": {"reference": name},
        "basedOn": [{"reference": name}],
        **{key: value for key, value in around.items() if value},
        **({"input": inputs} if inputs else {}),
        **({"output": outputs} if outputs else {}),
    }  # fmt: skip


def _part(kind: str, name: str) -> Resource:
    return {"type": {"text": kind}, "valueReference": {"reference": name}}


def _named(task: Resource, element: str) -> list[str]:
    return [name for one in each(task, element) if (name := reference(one.get("valueReference")))]
