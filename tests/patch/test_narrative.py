"""Narrative: which text outlives a patch."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.patch import Unprocessable, told_truly


def patient(gender: str, status: str | None = "generated", **more: Any) -> dict[str, Any]:
    text = {} if status is None else {"text": {"status": status, "div": "<div>male</div>"}}
    return {"resourceType": "Patient", "gender": gender, **text, **more}


@pytest.mark.parametrize("status", ["generated", "extensions"])
def test_a_narrative_of_what_was_goes(status: str) -> None:
    after = patient("female", status)
    assert told_truly(patient("male", status), after) == patient("female", None)
    assert "text" in after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (patient("male"), patient("male")),
        (patient("male"), patient("male", meta={"tag": [{"code": "x"}]}, _language={"id": "a"})),
        (patient("male", None), patient("female", None)),
        (patient("male", None), patient("female")),
        (patient("male", "empty"), patient("female", "empty")),
        (patient("male", "additional"), patient("female", "generated")),
    ],
)
def test_it_stays_where_it_still_holds(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert told_truly(before, after) == after


def test_what_a_person_wrote_is_not_thrown_away() -> None:
    with pytest.raises(Unprocessable):
        told_truly(patient("male", "additional"), patient("female", "additional"))
