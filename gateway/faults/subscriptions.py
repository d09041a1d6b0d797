"""Faults of criteria and topics of Subscriptions; ``feed.subscription.faults`` has what checks find."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "has more than {most} characters": "超过 {most} 个字符",
    "is no search: write Type?name=value&name=value": "不是检索条件：写法为 Type?name=value&name=value",
    "is not YAML: {why}": "不是 YAML：{why}",
    "{key} is missing": "缺少 {key}",
}
