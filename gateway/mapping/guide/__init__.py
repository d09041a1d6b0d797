"""The HL7 v2-to-FHIR guide beside our maps: reading it, seeding maps from it, counting what is covered.

Nothing on the way of a message imports this package.
"""

from gateway.mapping.guide.coverage import STATES, Coverage, Verdict, check, cover
from gateway.mapping.guide.exclusions import REASONS, read_exclusions
from gateway.mapping.guide.read import KINDS, Guide, GuideCode, GuideRow, read_guide
from gateway.mapping.guide.translate import names, place, translate

__all__ = [
    "KINDS",
    "REASONS",
    "STATES",
    "Coverage",
    "Guide",
    "GuideCode",
    "GuideRow",
    "Verdict",
    "check",
    "cover",
    "names",
    "place",
    "read_exclusions",
    "read_guide",
    "translate",
]
