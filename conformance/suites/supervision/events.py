"""Events: reports of adverse events, coded as the target codes them (互联网医院管理办法 article 22)."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import moment

_CAUSES = {
    "drug": "药品", "care": "医疗服务", "staff-loss": "主要专业技术人员流失", "safety-hazard": "医疗安全隐患",
    "equipment-loss": "关键设备、设施失效", "general": "一般", "grave": "重大", "extraordinary": "特大",
}  # fmt: skip


def adverse_event(
    scene: Scene, cause: str = "drug", grade: str = "general", detected: str = "", suffix: str = ""
) -> Resource:
    """Return the report of an adverse event of the visit.

    Args:
        cause: ``drug``, ``care``…
        grade: ``general``, ``grave``, ``extraordinary``.
        detected: when, now unless said.

    Raises:
        Skipped: the target takes no such reports (``writes.AdverseEvent``).
    """
    scene.run.need("writes.AdverseEvent")
    coded = [event_code(scene.run, one) for one in (cause, grade) if one]
    return scene.local(
        {
            "resourceType": "AdverseEvent",
            "id": f"ae{scene.visit.number}{suffix}",
            "actuality": "actual",
            "category": coded,
            "event": {"text": "服药后皮疹"},
            "subject": {"reference": scene.patient},
            "encounter": {"reference": scene.encounter},
            "detected": detected or moment(),
            "recordedDate": moment(),
            "recorder": {"reference": scene.who("physician")},
        }
    )


def event_code(run: Run, code: str) -> Resource:
    """Return what an event is of, or how grave, as the target codes it. Raises :class:`Skipped`."""
    return {"coding": [coding(run, "event-cause", code)], "text": _CAUSES[code]}


def coding(run: Run, table: str, code: str) -> Resource:
    """Return a code of ours as the target has it (``settings.codes.TABLE``).

    Raises:
        Skipped: it does not say how it codes these: a refusal would be about our code, not about the act.
    """
    own = run.target.setting(f"codes.{table}")
    if not isinstance(own, Mapping):
        raise Skipped(
            f"目标未声明其编码（settings.codes.{table}）",
            f"the target does not declare its codes (settings.codes.{table})",
        )
    system = {"system": own["system"]} if "system" in own else {}
    return {**system, "code": str(own.get(code, code))}
