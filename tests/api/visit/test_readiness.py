"""$readiness: what a hospital or a physician lacks, told at any time; nothing is written by it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.api.outcome import RULES


def rules(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    codings = [one["details"]["coding"][0] for one in answer.json()["issue"] if "details" in one]
    return [one["code"] for one in codings if one["system"] == RULES]


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        ("PractitionerRole/w2", {"active": False}, "nata-3-seniors"),
        ("Organization/pharmacy", {"active": False}, "nata-2-pharmacy"),
        ("DocumentReference/h1", {"status": "superseded"}, "nata-5-documents"),
        ("Contract/a1", {"status": "terminated"}, "nat-13-agreement"),
        ("Organization/o1", {"name": "康乐互联网医院"}, "nat-12-name"),
    ],
)
def test_what_a_hospital_lacks_is_told(admitted: Any, name: str, change: dict[str, Any], rule: str) -> None:
    assert rules(admitted.ask("GET", "Organization/o1/$readiness")) == []
    admitted.file({**admitted.scene[name], **change})
    newest = admitted.ask("GET", "_history?_count=1").json()["entry"][0]["fullUrl"]
    answer = admitted.ask("GET", "Organization/o1/$readiness", **{"accept-language": "zh"})
    assert rule in rules(answer)
    issue = answer.json()["issue"][0]
    assert issue["severity"] == "error"
    assert not issue["diagnostics"].isascii()
    assert admitted.ask("GET", "_history?_count=1").json()["entry"][0]["fullUrl"] == newest


def test_a_physician_without_insurance_is_told(admitted: Any) -> None:
    assert rules(admitted.ask("GET", "Practitioner/w1/$readiness")) == []
    admitted.file({**admitted.scene["DocumentReference/i1"], "status": "superseded"})
    assert rules(admitted.ask("GET", "Practitioner/w1/$readiness")) == ["nat-24-insurance-missing"]


def test_who_is_not_on_file_is_not_found(admitted: Any) -> None:
    assert admitted.ask("GET", "Organization/nobody/$readiness").status_code == 404
