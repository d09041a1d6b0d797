"""Feedback: what the regulator finds and the hospital answers, and what it reports by itself.

docs/feedback.md; CQ49-5.3, SC-42; NAT-22, YN-39 (adverse events); NAT-23.2, YN-47 (breaches); SC-38
(complaints). Each is a Task that moves by operations alone, each step an entry of the ledger:

- ``POST $finding`` (regulator), ``$complaint``, ``$breach`` (hospital): open one; ``$finding`` takes
  Parameters or a Bundle with the Task and its DetectedIssues.
- ``POST Task/{id}/$accept | $answer`` (hospital), ``$return | $close | $reopen | $withdraw`` (who opened it).
- ``POST $stop-service | $resume-service``: no new visits until it is taken back; the gate asks
  :func:`service_stopped`.
"""

from gateway.feed.feedback.breach import Breach, open_breach
from gateway.feed.feedback.governor import Feedback
from gateway.feed.feedback.moves import Said, move
from gateway.feed.feedback.opening import (
    Complaint,
    Finding,
    open_complaint,
    open_finding,
)
from gateway.feed.feedback.outcome import Outcome
from gateway.feed.feedback.stop import resume, service_stopped, stop

__all__ = [
    "Breach",
    "Complaint",
    "Feedback",
    "Finding",
    "Outcome",
    "Said",
    "move",
    "open_breach",
    "open_complaint",
    "open_finding",
    "resume",
    "service_stopped",
    "stop",
]
