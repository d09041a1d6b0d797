"""What is recorded, and the attempt to delete it."""

from __future__ import annotations

from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place
from conformance.suites.supervision.whole import recorded


def deletes(run: Run) -> None:
    """Delete a signed record: it is refused and stays; then a draft, which may go."""
    scene, name = recorded(run)
    before = scene.read(name)
    run.step("删除病历", "the record is deleted")
    run.refused(run.client("physician").delete(name), "拒绝删除", "it is refused")
    now = run.client().get(name)
    run.expect(now.ok and now.body == before, "病历仍在且未变", "the record is as it was", now)
    run.step("删除草稿", "a draft is deleted")
    other = Scene(run, suffix="b").begun()
    draft = other.record()
    run.given(other.write([draft]), "写入病历草稿", "a draft is written")
    run.done(run.client("physician").delete(place(draft)), "草稿可以删除", "a draft may go")


def media(scene: Scene, kind: str, made: str, suffix: str = "") -> Resource:
    """Return a recording of a visit; ``kind``: its media type, ``made``: when.

    Raises:
        Skipped: the target takes no recordings (``writes.Media``).
    """
    scene.run.need("writes.Media")
    return {
        "resourceType": "Media",
        "id": f"md{scene.visit.number}{suffix}",
        "status": "completed",
        **scene.visit.about(),
        "createdDateTime": made,
        "content": {"contentType": kind, "title": "诊疗录制"},
    }
