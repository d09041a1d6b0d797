"""Which documents the regulator must hear of: a consent to another hospital is not the target's to tell."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.suites.supervision.written import _ours

HERE, ELSEWHERE = "Organization/here", "Organization/elsewhere"


@pytest.mark.parametrize(
    ("given", "provider", "told"),
    [
        ([HERE], HERE, True),
        ([ELSEWHERE, HERE], HERE, True),
        ([ELSEWHERE], HERE, False),
        ([], HERE, True),
        ([HERE], "", True),
        ([ELSEWHERE], "", False),
    ],
)
def test_a_consent_counts_where_its_patient_was_seen(
    on_shelf: Any, given: list[str], provider: str, told: bool
) -> None:
    run = on_shelf(on_file={"organization": HERE})
    patient = {"reference": "Patient/a"}
    visit = {"subject": patient, **({"serviceProvider": {"reference": provider}} if provider else {})}
    consent = {"patient": patient, "organization": [{"reference": one} for one in given]}
    others = {"subject": {"reference": "Patient/b"}, "serviceProvider": {"reference": ELSEWHERE}}
    assert _ours(run, consent, [others, visit]) is told
