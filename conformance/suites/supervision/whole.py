"""A whole visit: prescription, request and record, all of them right; and what may be deleted of it."""

from __future__ import annotations

from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place


def whole(run: Run) -> tuple[Scene, list[Resource], Resource]:
    """Play a visit with prescription, request and record; returns scene, prescription and request."""
    scene = Scene(run).begun()
    parts, request = scene.prescription(2), scene.request("lab")
    scene.approved(parts)
    scene.submitted([request])
    scene.submitted([scene.record()])
    return scene, parts, request


def recorded(run: Run, suffix: str = "") -> tuple[Scene, str]:
    """Play a visit up to its signed record; returns its scene and the record's name."""
    scene = Scene(run, suffix=suffix).begun()
    record = scene.record()
    scene.submitted([record])
    return scene, place(record)


def may_delete(run: Run, scene: Scene) -> None:
    """See that this client may delete at all: a draft. Raises Skipped where a refusal would show nothing."""
    draft = scene.prescription(1, "w")
    run.given(scene.write(draft), "写入草稿", "a draft is written")
    for one in draft:
        run.given(
            run.client("physician").delete(place(one)),
            "对照：草稿可以删除",
            "the twin: a draft may be deleted",
        )
