"""Matching: whether two resources are about one person, by rules that are data; pure functions.

R4 ``Patient/$match`` (patient-operation-match.html) and its value set match-grade. docs/matching.md.
"""

from gateway.matching.grade import Grade, Match, Reason, against, graded
from gateway.matching.rules import Rules, load_rules

__all__ = ["Grade", "Match", "Reason", "Rules", "against", "graded", "load_rules"]
