"""Mutants of what stands behind a visit: the visit at a hospital to which a consultation belongs."""

from __future__ import annotations

from typing import Any

from mutants.mutant import mutant, other_test


@mutant("NAT-19.3", "会诊可以关联线上就诊", "the visit behind a consultation may be a virtual one")
def virtual_behind() -> None:
    from gateway.canonical.elements import reference

    def make(test: Any) -> Any:
        def unless_virtual(scene: Any) -> Any:
            behind = scene.read(reference((scene.visit or {}).get("partOf"))) or {}
            return behind.get("class", {}).get("code") != "VR" and test(scene)

        return unless_virtual

    other_test("nat-19-consultation", make)
