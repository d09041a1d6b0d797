"""Matching at work: who is looked at, what is proposed, what a human decides (docs/matching.md)."""

from gateway.feed.matching.candidates import Candidate, find
from gateway.feed.matching.decide import DECISIONS, Decided, Decision, decide, undo
from gateway.feed.matching.proposal import CODE, IDENTIFIER, is_proposal
from gateway.feed.matching.worker import MatchingWorker

__all__ = [
    "CODE",
    "DECISIONS",
    "IDENTIFIER",
    "Candidate",
    "Decided",
    "Decision",
    "MatchingWorker",
    "decide",
    "find",
    "is_proposal",
    "undo",
]
