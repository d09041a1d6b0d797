"""Remarks of rules: one for each rule and document, dated when it was first found."""

from __future__ import annotations

from typing import Any

from gateway.feed.remark import remark
from gateway.store import Desk

GROUP = {"resourceType": "RequestGroup", "id": "g1", "status": "active", "intent": "order"}


def test_the_same_remark_again_makes_no_other_and_keeps_its_time(books: Any) -> None:
    def act(desk: Desk) -> tuple[str, int]:
        made = remark(desk, [GROUP], "rule", "规则", "a rule [X: 1]", "high")
        return made.id, made.seq

    first = books.act(act)
    books.on("2026-03-04")
    assert books.act(act) == first
    found = books.store.read("default", "DetectedIssue", first[0])
    assert b'"identifiedDateTime":"2026-03-02' in found.body
