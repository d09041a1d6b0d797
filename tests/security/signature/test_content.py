"""What a signature covers: the clinical content to the last byte, and nothing that the gateway adds."""

from __future__ import annotations

import copy
import hashlib
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical import json
from gateway.canonical.resource import Resource
from gateway.errors import Rejected
from gateway.security.signature import LEFT_OUT, canonical, signed_content

DOCS = Path(__file__).parents[3] / "docs/signatures.md"


def test_the_canonical_bytes_of_a_prescription_are_these(prescription: list[Resource]) -> None:
    text = canonical(prescription).decode()
    assert text.startswith('[{"authoredOn":"2026-03-06T09:12:00+08:00","dosageInstruction":[{"doseAndRate":')
    assert '"value":2.50' in text
    assert "氨氯地平片" in text
    assert re.findall(r'"id":"(\w+)"', text) == ["m1", "m2", "g1"]
    assert hashlib.sha256(text.encode()).hexdigest() == (
        "e42dc4204da8aa6d9e0653a7dd20471faad6437b9e5705b3b4bb9485254e723d"
    ), "whatever was signed before no longer verifies: name the canonicalization anew"


def test_the_order_of_documents_and_of_members_does_not_matter(prescription: list[Resource]) -> None:
    turned = [dict(reversed(one.items())) for one in reversed(prescription)]
    assert canonical(turned) == canonical(prescription)


@pytest.mark.parametrize(
    ("at", "added"),
    [
        (0, {"status": "active"}),
        (0, {"groupIdentifier": {"system": "urn:qiao:id:serial", "value": "CQ1"}}),
        (0, {"meta": {"versionId": "9", "lastUpdated": "2026-03-06T09:20:00Z", "tag": [{"code": "x"}]}}),
        (0, {"text": {"status": "generated", "div": "<div>x</div>"}}),
        (1, {"status": "cancelled", "statusReason": {"text": "用量超过说明书"}}),
        (1, {"groupIdentifier": {"value": "CQ1"}}),
        (1, {"_status": {"extension": []}}),
        (1, {"detectedIssue": [{"reference": "DetectedIssue/d1"}]}),
        (2, {"eventHistory": [{"reference": "Provenance/s1"}]}),
    ],
)
def test_what_the_gateway_adds_is_not_covered(
    prescription: list[Resource], at: int, added: dict[str, Any]
) -> None:
    before = canonical(prescription)
    prescription[at] |= added
    assert canonical(prescription) == before


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a resource that holds a value."""
    if isinstance(value, dict):
        return [one for name, below in value.items() for one in places(below, (*way, name))]
    if isinstance(value, list):
        return [one for number, below in enumerate(value) for one in places(below, (*way, number))]
    return [way]


def test_every_other_value_is_covered(prescription: list[Resource]) -> None:
    before, covered = canonical(prescription), 0
    for way in places(prescription):
        changed = copy.deepcopy(prescription)
        at: Any = changed
        for step in way[:-1]:
            at = at[step]
        at[way[-1]] = at[way[-1]] + 1 if isinstance(at[way[-1]], Decimal) else at[way[-1]] + "x"
        left_out = way[1] in LEFT_OUT[prescription[way[0]]["resourceType"]]
        if way[1] != "resourceType":
            assert (canonical(changed) == before) == left_out, way
            covered += not left_out
    assert covered > 20


@pytest.mark.parametrize("element", ["priorPrescription", "note", "extension", "contained", "identifier"])
def test_an_element_that_is_added_to_the_content_is_noticed(
    prescription: list[Resource], element: str
) -> None:
    before = canonical(prescription)
    prescription[1][element] = [{"x": 1}]
    assert canonical(prescription) != before


def test_a_decimal_keeps_its_digits() -> None:
    texts = [b'{"resourceType":"Observation","id":"o","v":%b}' % one for one in (b"1.5", b"1.50", b"1.500")]
    assert len({canonical([json.loads(one)]) for one in texts}) == 3


def test_a_large_number_is_signed_as_it_is_stored() -> None:
    stored = json.dumps(
        json.loads(b'{"resourceType":"Basic","id":"b","v":1e2,"w":123456789012345678901234567890}')
    )
    assert canonical([json.loads(stored)]) == b"[" + json.ordered(json.loads(stored)) + b"]"


def test_a_type_without_a_row_is_covered_but_for_meta_and_narrative() -> None:
    resource = {
        "resourceType": "Condition",
        "id": "c",
        "meta": {},
        "text": {},
        "clinicalStatus": {},
        "code": {},
    }
    assert set(signed_content(resource)) == {"resourceType", "id", "clinicalStatus", "code"}


def test_a_review_is_signed_with_its_verdict() -> None:
    task = {"resourceType": "Task", "id": "t", "status": "completed", "lastModified": "x"}
    assert canonical([task]) != canonical([task | {"status": "rejected"}])
    assert canonical([task]) == canonical([task | {"lastModified": "y"}])


def test_the_text_of_a_section_is_content() -> None:
    record = {"resourceType": "Composition", "id": "c", "section": [{"text": {"div": "<div>主诉</div>"}}]}
    changed = copy.deepcopy(record)
    changed["section"][0]["text"]["div"] = "<div>主訴</div>"  # type: ignore[index]
    assert canonical([record]) != canonical([changed])


@pytest.mark.parametrize(
    "documents",
    [
        [{"resourceType": "Basic"}],
        [{"id": "x"}],
        [{"resourceType": "Basic", "id": "x"}] * 2,
        [{"resourceType": "Basic", "id": "x", "v": "\ud800"}],
        [{"resourceType": 1, "id": "x"}],
    ],
)
def test_what_cannot_be_signed_is_refused(documents: list[Resource]) -> None:
    with pytest.raises(Rejected) as caught:
        canonical(documents)
    assert caught.value.code == "signature-form"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_what_was_written_and_read_again_has_the_same_bytes(members: dict[str, Any]) -> None:
    resource = {**members, "resourceType": "Basic", "id": "b"}
    try:
        stored = json.dumps(resource)
    except TypeError:
        return  # a lone surrogate, which no door lets in
    assert canonical([json.loads(stored)]) == canonical([resource])


def test_the_table_is_the_one_of_the_documentation() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", DOCS.read_text("utf-8"), re.MULTILINE)
    documented = {kind: frozenset(re.findall(r"`(\w+)`", said)) for kind, said in rows if kind in LEFT_OUT}
    assert documented == {kind: names - {"meta", "text"} for kind, names in LEFT_OUT.items()}
