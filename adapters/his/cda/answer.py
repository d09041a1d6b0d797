"""Answer: Outcome → what the sender hears, one JSON object, and the status of HTTP that goes with it.

=====================================  ======  ==================================================
stored                                 200     ``stored``
quarantined: kept, resending is no use 202     ``kept``, with the reason and the inbox id
refused: breaks a rule                 422     ``refused``, with the rule
not understood                         400     ``not-understood``
cannot be committed now                503     ``busy``, with Retry-After
=====================================  ======  ==================================================
"""

from __future__ import annotations

import json
from typing import Any

from gateway.canonical import Envelope, NotUnderstood, Outcome, Quarantined, Record, Stored

MOST = 5
"""Remarks that an answer tells."""

STATUS = {"stored": 200, "kept": 202, "refused": 422, "not-understood": 400, "busy": 503}


def answer(envelope: Envelope, record: Record | None, outcome: Outcome) -> bytes:
    """Return what the sender hears of a document."""
    if isinstance(outcome, Stored):
        return written("stored", envelope.id)
    if isinstance(outcome, Quarantined):
        return written("kept", envelope.id, outcome.reason, _issues(outcome))
    if isinstance(outcome, NotUnderstood):
        return written("not-understood", "", outcome.reason, _issues(outcome))
    return written("refused", "", "refused", _issues(outcome))


def written(
    said: str, inbox: str = "", reason: str = "", issues: list[dict[str, str]] | None = None
) -> bytes:
    """Return an answer as bytes."""
    made = {"outcome": said, "inbox": inbox, "reason": reason, "issues": issues or []}
    return json.dumps({key: value for key, value in made.items() if value}, ensure_ascii=False).encode()


def status(answer: bytes) -> int:
    """Return the status of HTTP for an answer; 500 where there is none."""
    return STATUS.get(str(json.loads(answer or b"{}").get("outcome")), 500)


def _issues(outcome: Any) -> list[dict[str, str]]:
    worst = [one for one in outcome.issues if one.severity in ("fatal", "error")] or outcome.issues
    told = [
        {"where": one.where, "rule": one.rule, "text": one.text, "zh": one.text_zh} for one in worst[:MOST]
    ]
    return [{key: text for key, text in one.items() if text} for one in told]
