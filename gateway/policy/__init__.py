"""Policy: the interception rules, dated YAML per jurisdiction, and the engine that decides by them."""

from gateway.policy.case import EVENTS, Case, Event, Value
from gateway.policy.decision import Decision, Finding, Verdict
from gateway.policy.policy import Policy, load_policy, policy_of

__all__ = [
    "EVENTS",
    "Case",
    "Decision",
    "Event",
    "Finding",
    "Policy",
    "Value",
    "Verdict",
    "load_policy",
    "policy_of",
]
