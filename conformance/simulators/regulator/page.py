"""Owns the platform's one page: what it has, what is missing, and what it holds against whom."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:0 0 1.5rem}td,th{padding:.15rem .9rem .15rem 0;text-align:left}
td:last-child{text-align:right;font-variant-numeric:tabular-nums}h2{font-size:1.05rem;margin:1.2rem 0 .3rem}
.bad{color:#a00}"""


def page(state: Mapping[str, Any]) -> str:
    """Return the page as HTML; it asks for itself again every two seconds."""
    parts = [
        _table("总数 · totals", {"entries 记录": state["entries"], "serials 流水号": state["serials"]}),
        _table("文书 · kinds", state["kinds"]),
        *(_table(f"账本 · ledger {name}", one) for name, one in state["ledgers"].items()),
        _table("核验 · counters", state["counters"]),
        _table("问题 · faults", state["faults"], "bad"),
        _table("行为 · behaviour", state["misbehaving"]),
    ]
    return (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><meta http-equiv="refresh" content="2">'
        f"<title>监管平台（模拟）</title><style>{_STYLE}</style>"
        f"<h1>监管平台（模拟） · simulated regulator</h1>"
        f"{''.join(parts)}</html>"
    )


def _table(title: str, rows: Mapping[str, Any], mark: str = "") -> str:
    if not rows:
        return ""
    lines = "".join(f"<tr><td>{escape(str(name))}<td>{escape(str(value))}" for name, value in rows.items())
    return f'<h2>{escape(title)}</h2><table class="{mark}">{lines}</table>'
