"""Ended: what is withdrawn under a number that has ended means the record that ended, not who goes on.

A HIS that has merged two records deletes one of them, or marks it as void, as a rule (ADT A29, a row that is
gone).
"""

from __future__ import annotations

from gateway.canonical import Issue, Resource

_NO_MORE = frozenset(("entered-in-error", "cancelled"))


def is_withdrawn(body: Resource) -> bool:
    """Tell whether a Patient, Encounter or Account is no more, or never should have been."""
    return body.get("active") is False or body.get("status") in _NO_MORE


def stays(type_: str) -> Issue:
    """Return what there is to say of who goes on."""
    return Issue(
        "information", "business-rule", type_, "ended-withdrawn",
        "the record that ended was withdrawn: who goes on under another number stays",
        "撤销的是号码已终止的记录：以另一号码存续者不变",
    )  # fmt: skip
