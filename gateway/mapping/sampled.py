"""Sampled: what a message of an analyser lacks before its results find their sample in the store.

An analyser need not know whom a sample is of (no PID, no number in it). Then somebody stands in for the
patient, told by barcode or order; the store puts the right one in their place (``gateway.store.samples``) or
keeps the message. And results are as new as they were measured, not as their message: a memory may be sent
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.canonical import Draft, Issue, Samples
from gateway.canonical.elements import each, first
from gateway.canonical.moments import moment
from gateway.mapping.handles import NEW, NO_FIELDS, Frame, Handle, pick_identifier
from gateway.mapping.identity import seed_once
from gateway.mapping.run import Run

PATIENT = "patient"
"""What all message maps call the patient of a group."""

UNNAMED = "urn:qiao:unnamed"
"""In place of the register of those who have no number."""

ANALYSED = "http://hl7.org/fhir/StructureDefinition/observation-analysis-date-time"
"""Extension of a result: when it was measured (OBX-19)."""

_DAY = len("2026-01-31")


def tells_results(run: Run) -> bool:
    """Tell whether a message has a report: an answer to an order belongs to its order."""
    return any(handle.type == "DiagnosticReport" for handle in run.handles)


def stand_in(run: Run) -> None:
    """Let somebody stand for each patient without a number, where a barcode or an order tells who it is."""
    for handle in list(run.handles):
        if handle.type == "Patient" and handle.state == NEW and handle.step is not None:
            if handle.step.step.name == PATIENT and pick_identifier(handle.body, ()) is None:
                _stand(run, handle)
        elif handle.type == "DiagnosticReport" and handle.frame.find(PATIENT) is None:
            home = _outermost(handle.frame)
            missing = Handle("Patient", home, None, NO_FIELDS, 0)
            if _stand(run, missing):
                home.names[PATIENT] = missing
                run.handles.append(missing)


def stands(run: Run) -> bool:
    """Tell whether somebody stands for a patient of whom no segment tells."""
    return any(one.type == "Patient" and one.step is None and _is_unnamed(one) for one in run.handles)


def unnamed(run: Run) -> frozenset[str]:
    """Return the seed ids of those who stand for somebody."""
    return frozenset(handle.id for handle in run.handles if handle.type == "Patient" and _is_unnamed(handle))


def _is_unnamed(handle: Handle) -> bool:
    return handle.key is not None and handle.key[0] == UNNAMED


def _stand(run: Run, patient: Handle) -> bool:
    known = next(_numbers(run, patient.frame), "")
    if known:
        patient.key = (UNNAMED, known)
        patient.id = seed_once(run.tenant, "Patient", UNNAMED, known)
        patient.settle()
    return bool(known)


def _numbers(run: Run, frame: Frame) -> Iterator[str]:
    """Yield the numbers of samples, then those of orders, that stand inside a group."""
    for type_ in ("Specimen", "ServiceRequest"):
        for handle in run.handles:
            if handle.type == type_ and _is_inside(handle.frame, frame):
                picked = pick_identifier(handle.body, ())
                if picked is not None:
                    yield "|".join((type_, *picked))


def _is_inside(frame: Frame | None, around: Frame) -> bool:
    while frame is not None and frame is not around:
        frame = frame.parent
    return frame is not None


def _outermost(frame: Frame) -> Frame:
    """Return the group below the message it is in; those side by side may be of several patients."""
    while frame.parent is not None and frame.parent.parent is not None:
        frame = frame.parent
    return frame


def measured(drafts: Iterable[Draft]) -> int | None:
    """Return when the newest result was measured, in microseconds; None where nothing with an hour is told.

    A result says so itself (OBX-14, else OBX-19). Else its report does, which may only repeat what the order
    said.
    """
    found = list(drafts)
    for type_, said in (("Observation", told), ("Observation", _analysed_at), ("DiagnosticReport", told)):
        moments = [at for one in found if one.type == type_ for at in said(one.body)]
        if moments:
            return max(moments)
    return None


def happened(drafts: Sequence[Draft], received_us: int, samples: Samples, issues: list[Issue]) -> int | None:
    """Return when the results of a message count as measured, None where nobody says.

    What the clock of an analyser has ahead of us counts as now: it would else lock the results.
    """
    newest = measured(drafts)
    if not samples.clock:
        return received_us or newest
    if newest is not None and received_us and newest > received_us + samples.skew_us:
        text = "results from the future: put the clock of the analyser right; their times are kept as sent"
        issues.append(Issue("warning", "value", "OBX-14", "clock", text,
                            "结果时间晚于当前时间：请校准仪器时钟；时间按原样保存"))  # fmt: skip
        return received_us
    return newest


def told(body: object) -> list[int]:
    """Return the moments of a result or report that are told with an hour, in microseconds."""
    return _moments(
        [first(body, "effectiveDateTime"), *each(body, "effectivePeriod.end"), first(body, "issued")]
    )


def analysed(body: object) -> str:
    """Return when a result was measured, as it says it beside its time; ``""`` where it does not."""
    said = (one.get("valueDateTime") for one in each(body, "extension") if one.get("url") == ANALYSED)
    return next((one for one in said if isinstance(one, str)), "")


def _analysed_at(body: object) -> list[int]:
    return _moments([analysed(body)])


def _moments(texts: Iterable[object]) -> list[int]:
    found = [moment(text) for text in texts if isinstance(text, str) and len(text) > _DAY]
    return [at for at in found if at is not None]
