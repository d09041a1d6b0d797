"""Faults of sender profiles."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "{key} must be one of {known}, not {what}": "{key} 必须是 {known} 之一，而不是 {what}",
    "barcode of sample is one of {known}, not {what}": "sample 的 barcode 必须是 {known} 之一，而不是 {what}",
    "match takes fields (MSH-3, OBR-4.3) or door, not {what}": (
        "match 须为字段（如 MSH-3、OBR-4.3）或 door，而不是 {what}"
    ),
    "match takes names and their values, or several such, not {what}": (
        "match 须为名称及其取值，或若干组这样的内容，而不是 {what}"
    ),
    "scope of {type} is one of {known}, not {what}": "{type} 的 scope 必须是 {known} 之一，而不是 {what}",
    "sender {what} has the same match": "发送方 {what} 的 match 与此相同",
    "zone must look like +08:00, not {what}": "zone 的写法为 +08:00，而不是 {what}",
    "a zone is written Z or +08:00, at most 14 hours from UTC": (
        "时区写作 Z 或 +08:00，与 UTC 相差不超过 14 小时"
    ),
    "sender {what} is defined twice": "发送方 {what} 定义了两次",
}
