"""Laboratory: ``[laboratory]``: how far orders are; who is called for a critical value, by which limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class LaboratorySettings:
    """``[laboratory]`` (docs/critical.md).

    Attributes:
        orders: each laboratory order has a Task that says how far it is (docs/samples.md).
        critical: a critical value (危急值) makes a Task and a Communication that stay open until somebody has
            acknowledged them.
        delta_rules: YAML file with the hospital's own rules of which changes are worth a second look, ``""``:
            those that are shipped.
        critical_rules: YAML file with the hospital's own limits, ``""``: those that are shipped.
        barcode_days: after so many days in which nothing happened to a sample its number may be that of
            another one.
    """

    orders: bool = True
    critical: bool = True
    critical_rules: str = ""
    delta_rules: str = ""
    barcode_days: int = 14
