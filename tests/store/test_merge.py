"""What a message changes in a resource: a table of cases."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.merge import group, merge

STUB = {"resourceType": "Patient", "id": "p1"}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("new resource", {}, {"gender": "male"}, {}, {"gender": "male"}),
    ("owner replaces", {"gender": "male"}, {"gender": "female"}, {}, {"gender": "female"}),
    ("absent is unchanged", {"gender": "male"}, {"active": True}, {}, {"gender": "male", "active": True}),
    (
        "cleared is removed",
        {"gender": "male", "active": True},
        {},
        {"cleared": ("gender",)},
        {"active": True},
    ),
    (
        "cleared takes the sibling",
        {"birthDate": "1990", "_birthDate": {}},
        {},
        {"cleared": ("birthDate",)},
        {},
    ),
    ("fills where nothing is", {}, {"status": "unknown"}, {"fills": ("status",)}, {"status": "unknown"}),
    (
        "fills never replaces",
        {"status": "final"},
        {"status": "unknown"},
        {"fills": ("status",)},
        {"status": "final"},
    ),
    (
        "fills a cleared one",
        {"status": "final"},
        {"status": "unknown"},
        {"fills": ("status",), "cleared": ("status",)},
        {"status": "unknown"},
    ),
    (
        "stub fills gaps",
        {"gender": "male"},
        {"gender": "female", "active": True},
        {"owns": False},
        {"gender": "male", "active": True},
    ),
    (
        "stub clears nothing",
        {"gender": "male"},
        {},
        {"owns": False, "cleared": ("gender",)},
        {"gender": "male"},
    ),
    (
        "older fills gaps",
        {"gender": "male"},
        {"gender": "female", "active": True},
        {"newer": False},
        {"gender": "male", "active": True},
    ),
    (
        "older clears nothing",
        {"gender": "male"},
        {},
        {"newer": False, "cleared": ("gender",)},
        {"gender": "male"},
    ),
    (
        "choice excludes the other",
        {"valueString": "neg"},
        {"valueQuantity": {"value": 1}},
        {},
        {"valueQuantity": {"value": 1}},
    ),
    (
        "choice counts as present",
        {"effectiveDateTime": "2026"},
        {"effectivePeriod": {"start": "2026"}},
        {"owns": False},
        {"effectiveDateTime": "2026"},
    ),
    (
        "a value ends its absence",
        {"dataAbsentReason": {"text": "pending"}},
        {"valueString": "neg"},
        {},
        {"valueString": "neg"},
    ),
    (
        "a date ends its absence",
        {"_birthDate": {"extension": []}},
        {"birthDate": "1990"},
        {},
        {"birthDate": "1990"},
    ),
    (
        "identifiers are united",
        {"identifier": [{"system": "a", "value": "1"}]},
        {"identifier": [{"system": "b", "value": "1"}]},
        {},
        {"identifier": [{"system": "a", "value": "1"}, {"system": "b", "value": "1"}]},
    ),
    (
        "owner renews an identifier",
        {"identifier": [{"system": "a", "value": "1"}]},
        {"identifier": [{"system": "a", "value": "1", "use": "old"}]},
        {},
        {"identifier": [{"system": "a", "value": "1", "use": "old"}]},
    ),
    (
        "stub adds identifiers only",
        {"identifier": [{"system": "a", "value": "1"}]},
        {"identifier": [{"system": "a", "value": "1", "use": "old"}, {"system": "b", "value": "2"}]},
        {"owns": False},
        {"identifier": [{"system": "a", "value": "1"}, {"system": "b", "value": "2"}]},
    ),
    (
        "precision survives",
        {"valueQuantity": {"value": Decimal("6.50")}},
        {"status": "final"},
        {},
        {"valueQuantity": {"value": Decimal("6.50")}, "status": "final"},
    ),
]


@pytest.mark.parametrize(
    ("stored", "said", "how", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_merge(
    stored: dict[str, Any], said: dict[str, Any], how: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = {**STUB, **stored} if stored else {}
    incoming = {**STUB, **said}
    kept = deepcopy((before, incoming))
    assert merge(before, incoming, **how) == {**STUB, **expected}
    assert (before, incoming) == kept, "neither side is changed"


_names = st.sampled_from(
    [
        "gender",
        "active",
        "valueString",
        "valueQuantity",
        "dataAbsentReason",
        "birthDate",
        "_birthDate",
        "name",
    ]
)
_resources = st.dictionaries(_names, st.integers()).map(lambda elements: {**STUB, **elements})


@given(_resources, _resources, st.booleans(), st.booleans(), st.sets(_names), st.sets(_names))
def test_the_same_message_twice_changes_nothing_more(
    stored: dict[str, Any], said: dict[str, Any], owns: bool, newer: bool, cleared: set[str], fills: set[str]
) -> None:
    how: dict[str, Any] = {"owns": owns, "newer": newer, "cleared": tuple(cleared), "fills": tuple(fills)}
    once = merge(stored, said, **how)
    if not cleared & {group(name) for name in said} and not cleared & set(said):
        assert merge(once, said, **how) == once
    if not owns or not newer:
        assert {name: once[name] for name in stored} == stored
