"""Asking: sources are asked how many documents they made on a day, and what they answer is stated for them.

A source that does not answer has stated nothing: that is an open point of the day, and never a zero.
"""

from gateway.feed.reconciliation.asking.ask import NO_ANSWER, SUBJECT, Trouble, ask, ask_all, unanswered

__all__ = ["NO_ANSWER", "SUBJECT", "Trouble", "ask", "ask_all", "unanswered"]
