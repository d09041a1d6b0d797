"""Words of ``qiao feed purge``, in English and Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "purge": (
        "take documents away for good whose time is over; the ledger keeps hash and tombstone",
        "彻底清除保存期满的文书，台账保留散列值和墓碑",
    ),
    "purge.documents": ("serial of a document, or its type and id", "文书的流水号，或类型/标识"),
    "purge.reason": ("why; kept in an AuditEvent", "原因，记入 AuditEvent"),
    "purge.dry": (
        "only say what would go, and whether the rules allow it",
        "仅显示将清除的内容及规则是否允许",
    ),
    "purge.ungoverned": (
        "internet visits of this tenant are not governed: no rule says how long something is kept",
        "此租户未启用互联网诊疗监管，没有保存期限规则",
    ),
    "purge.done": (
        "{name}: {versions} versions of {resources} resources are gone; entries {entries}",
        "{name}：已清除 {resources} 个资源的 {versions} 个版本；台账条目 {entries}",
    ),
    "purge.would": (
        "{name}: {versions} versions of {resources} resources would go; entries {entries}",
        "{name}：将清除 {resources} 个资源的 {versions} 个版本；台账条目 {entries}",
    ),
    "purge.kept": ("{name} stays: other documents have it too", "{name} 保留：其他文书也包含它"),
    "purge.messages": ("the bytes of {count} messages went with it", "一并清除 {count} 条消息的原文"),
    "purge.must-stay": ("{name} must be kept:", "{name} 须继续保存："),
}
