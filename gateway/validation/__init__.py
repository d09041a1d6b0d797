"""Validation: R4 resources against the official definitions, profiles and terminology (design §3)."""

from gateway.validation.configured import draft_validator, terminology_of, validator_of
from gateway.validation.drafts import DraftValidator
from gateway.validation.examination import Examination, Located, examine
from gateway.validation.r4 import Definitions
from gateway.validation.validator import Validator

__all__ = [
    "Definitions",
    "DraftValidator",
    "Examination",
    "Located",
    "Validator",
    "draft_validator",
    "examine",
    "terminology_of",
    "validator_of",
]
