"""The nouns that every layer shares: Envelope, Record, Draft, Translation, Outcome, lineage."""

from gateway.canonical.envelope import Envelope, new_envelope_id, now_us
from gateway.canonical.outcome import Issue, NotUnderstood, Outcome, Quarantined, Refused, Severity, Stored
from gateway.canonical.record import Record
from gateway.canonical.resource import Draft, Merge, Resource, Translation
from gateway.canonical.sample import Samples

__all__ = [
    "Draft",
    "Envelope",
    "Issue",
    "Merge",
    "NotUnderstood",
    "Outcome",
    "Quarantined",
    "Record",
    "Refused",
    "Resource",
    "Samples",
    "Severity",
    "Stored",
    "Translation",
    "new_envelope_id",
    "now_us",
]
