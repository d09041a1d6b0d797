"""Where a message stands, and why: codes of the store with their meaning in Chinese."""

from __future__ import annotations

STATES: dict[str, str] = {
    "received": "未完成",
    "stored": "已入库",
    "quarantined": "隔离",
    "refused": "拒绝",
    "rejected": "已退回",
}
"""State of a message → Chinese."""

REASONS: dict[str, str] = {
    "bad-separators": "分隔符有误",
    "empty": "没有内容",
    "gave-up": "多次处理未完成，已放弃",
    "internal-error": "网关内部错误",
    "key-of-another-patient": "标识已属于另一名患者",
    "no-adapter": "接入方式已不存在",
    "no-appointment-number": "没有预约号",
    "no-composition": "该消息不是临床文档，没有 Composition",
    "no-control-id": "缺少消息控制号",
    "no-document-number": "没有文档号",
    "no-goal": "没有可识别的目标",
    "no-location": "没有可识别的位置",
    "no-merge-source": "没有可识别的被合并患者",
    "no-message-type": "缺少消息类型",
    "no-order-number": "没有医嘱号",
    "no-patient": "没有可识别的患者",
    "no-problem": "没有可识别的健康问题",
    "no-staff-number": "没有人员编号",
    "no-visit": "没有可识别的就诊",
    "not-cda": "不是 CDA 临床文档",
    "not-hl7": "不是 HL7 v2 消息",
    "not-production": "不是生产数据",
    "not-the-owner": "该发送方无权合并这类资源",
    "refused": "拒绝",
    "several-messages": "一帧中有多条消息",
    "store-conflict": "与存储内容冲突",
    "invalid": "资源不符合 FHIR",
    "too-large": "消息过长",
    "too-many-fields": "字段过多",
    "too-many-segments": "段过多",
    "undecodable": "无法按任何已知字符集解码",
    "unknown-format": "尚无此格式的映射",
    "unknown-type": "没有此消息类型的映射",
    "unreadable": "无法读取",
    "unsupported-processing-id": "不支持的处理标识（MSH-11）",
    "unsupported-version": "不支持的 HL7 版本",
}
"""Reason → Chinese; the English word itself stays beside it, because scripts look for it."""
