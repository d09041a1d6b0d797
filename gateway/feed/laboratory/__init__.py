"""Laboratory: where each order of the laboratory stands, from the order to the verified report."""

from gateway.feed.laboratory.delta import (
    Delta,
    DeltaRule,
    DeltaRules,
    compare,
    load_delta_rules,
    rule_of,
)
from gateway.feed.laboratory.orders import LaboratoryOrders
from gateway.feed.laboratory.stage import STAGES, stage_of

__all__ = [
    "STAGES",
    "Delta",
    "DeltaRule",
    "DeltaRules",
    "LaboratoryOrders",
    "compare",
    "load_delta_rules",
    "rule_of",
    "stage_of",
]
