"""Owns the microbiology report: nothing grown yet, then the organism and its susceptibilities."""

from __future__ import annotations

from conformance.simulators.panels import Item
from conformance.simulators.results import Result

_ORGANISM = Item("ORG", "培养鉴定结果", "6463-4", normal="未检出致病菌")
_SMEAR = Item("SMEAR", "涂片革兰染色", "664-3", normal="未见细菌")
_ANTIBIOTICS = (
    (Item("CRO", "头孢曲松", "18895-3", normal="S"), "<=1", "S"),
    (Item("CIP", "环丙沙星", "18906-8", normal="S"), ">=4", "R"),
    (Item("AMK", "阿米卡星", "18860-7", normal="S"), "<=2", "S"),
    (Item("IPM", "亚胺培南", "18932-4", normal="S"), "<=0.25", "S"),
)


def smear() -> list[Result]:
    """Return what is known on the first day."""
    return [Result(_SMEAR, "革兰阴性杆菌(2+)", "ST", "A"), Result(_ORGANISM, "培养中", "ST", "")]


def grown() -> list[Result]:
    """Return the final report: organism, then minimal inhibitory concentrations with S or R as the flag."""
    lines = [Result(_SMEAR, "革兰阴性杆菌(2+)", "ST", "A"), Result(_ORGANISM, "肺炎克雷伯菌", "ST", "A")]
    return lines + [Result(item, value, "ST", flag) for item, value, flag in _ANTIBIOTICS]
