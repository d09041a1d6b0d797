"""Draws believable results: coherent blood counts, flags, what analysers print instead of numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from conformance.simulators.panels import Item, Panel

NOT_COMPUTED = "*****"


@dataclass(slots=True, frozen=True)
class Result:
    """One line of a report: value as text, OBX-2 type, OBX-8 flag, OBX-11 status."""

    item: Item
    value: str
    type: str
    flag: str
    status: str = "F"

    def stating(self, value: str) -> Result:
        """Return the same line with another number, its flag set anew."""
        return replace(self, value=value, type="NM", flag=_flag(self.item, float(value)))


def draw(rng: Random, panel: Panel, severity: float) -> list[Result]:
    """Return the panel's results.

    Args:
        severity: 0–1, the share of items that leave their reference range.
    """
    if panel.code == "BR":
        return _blood_count(rng, panel, severity)
    return [of_item(rng, item, severity) for item in panel.items]


def of_item(rng: Random, item: Item, severity: float) -> Result:
    """Return a result of one item, out of its range with that probability."""
    odd = rng.random() < severity
    if item.low is None or item.high is None:
        value = rng.choice(item.abnormal) if odd and item.abnormal else item.normal
        return Result(item, value, "ST", "N" if value == item.normal else "A")
    if item.low == 0 and not odd and rng.random() < 0.3:
        below = max(item.high / 10, 10**-item.digits)  # below the assay's limit of detection
        return Result(item, f"<{below:.{item.digits}f}", "ST", "N")
    return _number(item, _sample(rng, item.low, item.high, odd))


def _sample(rng: Random, low: float, high: float, odd: bool) -> float:
    if not odd:
        return rng.triangular(low, high)
    if low > 0 and rng.random() < 0.35:
        return low * rng.uniform(0.75, 0.98)
    return high * rng.uniform(1.03, 1.9 if high < 100 * max(low, 0.01) else 4)


def _number(item: Item, value: float) -> Result:
    text = f"{value:.{item.digits}f}"
    return Result(item, text, "NM", _flag(item, float(text)))


def _flag(item: Item, value: float) -> str:
    if item.high is not None and value > item.high:
        return "HH" if value > 3 * item.high else "H"
    if item.low is not None and value < item.low:
        return "LL" if value < 0.5 * item.low else "L"
    return "N"


def _blood_count(rng: Random, panel: Panel, severity: float) -> list[Result]:
    """A blood count whose parts agree: the five shares add up to 100, indices follow from the counts."""
    infected = rng.random() < severity * 2
    wbc = rng.uniform(10.2, 17.5) if infected else rng.triangular(3.9, 9.2)
    share = {"NEUT": rng.uniform(76, 90) if infected else rng.uniform(48, 70)}
    share["MONO"], share["EO"], share["BASO"] = (
        rng.uniform(3.5, 8),
        rng.uniform(0.5, 3.5),
        rng.uniform(0.1, 0.8),
    )
    share["LYMPH"] = 100 - sum(share.values())
    rbc, mcv = rng.triangular(3.6, 5.6), rng.triangular(80, 99)
    mch = mcv * rng.uniform(0.323, 0.347)
    values = {"WBC": wbc, "RBC": rbc, "MCV": mcv, "MCH": mch, "HGB": rbc * mch, "HCT": rbc * mcv / 10}
    values["MCHC"] = values["HGB"] / values["HCT"] * 100
    for cell, percent in share.items():
        values[f"{cell}%"], values[f"{cell}#"] = percent, wbc * percent / 100
    lines = [
        _number(item, values[item.code]) if item.code in values else of_item(rng, item, severity / 3)
        for item in panel.items
    ]
    return lipaemic(lines) if rng.random() < 0.04 else lines


def lipaemic(lines: list[Result]) -> list[Result]:
    """Return a blood count of turbid plasma: the analyser prints stars for what it cannot compute."""
    return [
        Result(line.item, NOT_COMPUTED, "ST", "") if line.item.code in ("MCH", "MCHC") else line
        for line in lines
    ]
