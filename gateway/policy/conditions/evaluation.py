"""Evaluation: what patients say of a visit (QuestionnaireResponse), as platforms check it."""

from __future__ import annotations

from gateway.canonical.elements import each, name_of
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene


@condition
def satisfaction_outside(scene: Scene, item: str, low: int, high: int) -> Found:
    """The answer to the item is no whole number from low to high."""
    return tuple(
        f"{name_of(one)}.item"
        for one in scene.of("QuestionnaireResponse")
        if not all(isinstance(value, int) and low <= value <= high for value in _answers(one, item) or [None])
    )


@condition
def satisfaction_at_most(scene: Scene, item: str, score: int) -> Found:
    """The answer to the item is this or less."""
    return tuple(
        f"{name_of(one)}.item"
        for one in scene.of("QuestionnaireResponse")
        if any(isinstance(value, int) and value <= score for value in _answers(one, item))
    )


@condition
def visit_not_over(scene: Scene) -> Found:
    """The visit that is evaluated has not ended."""
    return (scene.visit or {}).get("status") != "finished" and (scene.visit_ref or "Encounter",)


def _answers(response: Resource, item: str) -> list[object]:
    return [
        answer.get("valueInteger", answer.get("valueDecimal"))
        for one in each(response, "item")
        if one.get("linkId") == item
        for answer in each(one, "answer")
    ]
