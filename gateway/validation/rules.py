"""The rules that a compiled check names: each says what to do, in English and Chinese, without a value."""

from __future__ import annotations

from functools import cache

from gateway.canonical import Severity
from gateway.validation.faults import Rule
from gateway.validation.invariants.chinese import CHINESE
from gateway.validation.primitives import FORM
from gateway.validation.shapes import Constraint

NOT_OBJECT = Rule("type", "error", "structure", "write a JSON object here", "此处应为 JSON 对象")
NOT_LIST = Rule(
    "type",
    "error",
    "structure",
    "write a JSON array here, also for one value",
    "此处应为 JSON 数组，单个值也一样",
)
IS_LIST = Rule(
    "type", "error", "structure", "write one value here, not a JSON array", "此处应为单个值，不是 JSON 数组"
)
EMPTY_LIST = Rule(
    "ele-1",
    "error",
    "structure",
    "leave the element out instead of writing an empty array",
    "不要写空数组，应省略该元素",
)
EMPTY = Rule(
    "ele-1", "error", "structure", "give the element a value or leave it out", "元素必须有值，否则应省略"
)
NULL = Rule(
    "type",
    "error",
    "structure",
    "leave the element out instead of writing null; null stands only in an array beside its half (_name)",
    "不要写 null，应省略该元素；null 只能用于与 _name 数组对齐的位置",
)
UNKNOWN = Rule(
    "unknown-element",
    "error",
    "structure",
    "R4 has no such element here; mend its name or remove it",
    "R4 此处无该元素，请更正名称或删除",
)
NO_SIBLING = Rule(
    "unknown-element",
    "error",
    "structure",
    "only a primitive element has a second half with an underscore; write the content without it",
    "只有基本类型元素才有带下划线的部分，请去掉下划线",
)
NO_TYPE = Rule(
    "resource-type",
    "error",
    "structure",
    "name a resource type of R4 in resourceType",
    "resourceType 应为 R4 资源类型",
)
URN = Rule(
    "urn", "warning", "value", "write a real OID or UUID behind urn:", "urn: 之后应为真实的 OID 或 UUID"
)
PROFILE_URL = Rule(
    "profile-url", "error", "value", "write the profile's absolute URL", "meta.profile 应为规范的绝对地址"
)
SPACED = Rule("id", "error", "value", "write the element's id without spaces", "元素的 id 不能含空格")
UNEVEN = Rule(
    "uneven-arrays",
    "error",
    "structure",
    "write as many items in the array as in its half (_name): null keeps them aligned",
    "数组与对应的 _name 数组长度应一致，缺项用 null 补齐",
)
EXTENSION = Rule(
    "ext-1",
    "error",
    "invariant",
    "an extension has either a value or extensions, not both",
    "扩展只能有值或子扩展之一",
)
EXTENSION_URL = Rule(
    "extension-url", "error", "structure", "write the extension's absolute URL", "扩展的 url 应为绝对地址"
)


def form(type_: str) -> Rule:
    """The value is not one of the primitive type."""
    text, text_zh = FORM[type_]
    return Rule(type_, "error", "value", f"write {text}", f"应写{text_zh}")


def missing(path: str) -> Rule:
    """A required element is absent."""
    return Rule("cardinality", "error", "required", f"add {path}: it is required", f"请补充 {path}：必填")


def few(path: str, most: int) -> Rule:
    """An element comes too often."""
    return Rule(
        "cardinality",
        "error",
        "structure",
        f"write {path} at most {most} times",
        f"{path} 最多出现 {most} 次",
    )


def ambiguous(path: str) -> Rule:
    """Two types of a choice are there at once."""
    return Rule(
        "choice", "error", "structure", f"keep one of the types of {path}", f"{path} 只能保留一种类型"
    )


def invariant(constraint: Constraint) -> Rule:
    """An invariant of the definition is false."""
    severity: Severity = "error" if constraint.severity == "error" else "warning"
    return Rule(
        constraint.key,
        severity,
        "invariant",
        constraint.human,
        f"不满足约束 {constraint.key}：{CHINESE.get(constraint.key, constraint.human)}",
        constraint.best_practice,
    )


def bound(strength: str, value_set: str, few_codes: tuple[str, ...]) -> Rule:
    """A code is outside its value set."""
    allowed = " | ".join(few_codes)
    hint = f"use one of {allowed}" if allowed else f"use a code of {value_set}"
    hint_zh = f"应为 {allowed} 之一" if allowed else f"应取自 {value_set}"
    severity: Severity = "error" if strength == "required" else "warning"
    return Rule("binding", severity, "code-invalid", f"{hint} ({strength})", f"{hint_zh}（{strength}）")


def unchecked(value_set: str) -> Rule:
    """A code cannot be checked: what it should come from is not here."""
    return Rule(
        "binding",
        "information",
        "not-supported",
        f"not checked: the codes of {value_set} are not loaded; qiao terminology import loads them",
        f"未检查：{value_set} 的代码未加载，可用 qiao terminology import 加载",
    )


def wrong_target(targets: frozenset[str]) -> Rule:
    """A reference points to a type that the element does not allow."""
    allowed = " | ".join(sorted(targets))
    return Rule("reference-target", "error", "value", f"refer to one of {allowed}", f"只能引用 {allowed}")


@cache
def not_evaluated(key: str) -> Rule:
    """An invariant cannot be evaluated."""
    return Rule(
        key,
        "warning",
        "processing",
        f"{key} was not evaluated: mend the other faults here first",
        f"未能评估 {key}：请先修正此处的其他问题",
    )
