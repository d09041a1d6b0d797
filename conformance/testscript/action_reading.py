"""Reads one action: an operation or an assertion, and what in it breaks R4's own rules (tst-1 to tst-13)."""

from __future__ import annotations

from conformance.simulators.exact import Resource
from conformance.testscript.r4 import elements
from conformance.testscript.script import Action, Assertion, Operation
from conformance.testscript.unusable import Unusable

ASKED = (
    "contentType", "expression", "headerField", "minimumId", "navigationLinks", "path", "requestMethod",
    "requestURL", "resource", "responseCode", "response", "validateProfileId",
)  # fmt: skip
"""What an assertion can ask; tst-5 permits one of them."""

STOP = "stopTestOnFail"
"""Of R5, and published suites for R4 have it in nearly every assertion: it is acted upon as R5 says."""

OPERATORS = frozenset({
    "equals", "notEquals", "in", "notIn", "greaterThan", "lessThan", "empty", "notEmpty", "contains",
    "notContains", "eval",
})  # fmt: skip


def text(raw: Resource, name: str) -> str:
    """Return a text, ``""`` where there is none. Raises ``Unusable``: it is no text."""
    found = raw.get(name, "")
    if not isinstance(found, str):
        raise Unusable(f"{name} 应为文本", f"{name} is to be a text")
    return found


def flag(raw: Resource, name: str, *, default: bool = False) -> bool:
    """Return a boolean. Raises ``Unusable``: it is none."""
    found = raw.get(name, default)
    if not isinstance(found, bool):
        raise Unusable(f"{name} 应为 true 或 false", f"{name} is to be true or false")
    return found


def number(raw: Resource, name: str) -> int | None:
    """Return a whole number. Raises ``Unusable``: it is none."""
    found = raw.get(name)
    if found is not None and (not isinstance(found, int) or isinstance(found, bool)):
        raise Unusable(f"{name} 应为整数", f"{name} is to be a whole number")
    return found


def action(raw: Resource) -> Action:
    """Return an action; where it is wrong, ``fault`` says what."""
    kind = "assert" if "assert" in raw else "operation"
    inner = raw.get(kind)
    said = inner if isinstance(inner, dict) else {}
    label, description = (str(said.get(name, "")) for name in ("label", "description"))
    try:
        if not isinstance(inner, dict) or ("assert" in raw and "operation" in raw):
            raise Unusable(
                "动作应恰有 operation 或 assert 之一（tst-1）",
                "an action has one of operation and assert (tst-1)",
            )
        _known(inner, kind)
        if kind == "assert":
            return Action(kind, label, description, assertion=_assertion(inner))
        return Action(kind, label, description, operation=_operation(inner))
    except Unusable as fault:
        return Action(kind, label, description, fault=fault.words)


def _known(raw: Resource, kind: str) -> None:
    """An element of another edition might change what an action means: it is named, not passed over."""
    for name in raw:
        if name == STOP and kind == "assert":
            continue
        if name.removeprefix("_") not in elements(f"TestScript.setup.action.{kind}"):
            raise Unusable(f"R4 的 {kind} 没有元素 {name}", f"R4 has no element {name} in {kind}")
    if raw.get("modifierExtension"):
        raise Unusable("modifierExtension 无法理解", "a modifierExtension is not understood")


def _operation(raw: Resource) -> Operation:
    type_ = raw.get("type", {})
    if not isinstance(type_, dict):
        raise Unusable("type 应为 Coding", "type is to be a Coding")
    headers = raw.get("requestHeader", [])
    if not isinstance(headers, list) or not all(isinstance(one, dict) for one in headers):
        raise Unusable("requestHeader 应为数组", "requestHeader is to be an array")
    return Operation(
        text(type_, "system"), text(type_, "code"), text(raw, "resource"), text(raw, "accept"),
        text(raw, "contentType"), number(raw, "destination"), number(raw, "origin"),
        flag(raw, "encodeRequestUrl", default=True), text(raw, "method").upper(), text(raw, "params"),
        tuple((text(one, "field"), text(one, "value")) for one in headers), text(raw, "requestId"),
        text(raw, "responseId"), text(raw, "sourceId"), text(raw, "targetId"), text(raw, "url"),
    )  # fmt: skip


def _assertion(raw: Resource) -> Assertion:
    found = Assertion(
        _asked(raw), text(raw, "direction") or "response", text(raw, "operator") or "equals",
        text(raw, "value") if "value" in raw else None, text(raw, "sourceId"), text(raw, "compareToSourceId"),
        text(raw, "compareToSourceExpression"), text(raw, "compareToSourcePath"), flag(raw, "warningOnly"),
        _stops(raw),
    )  # fmt: skip
    if found.operator not in OPERATORS:
        raise Unusable(f"R4 没有运算符 {found.operator}", f"R4 has no operator {found.operator}")
    if found.direction not in ("request", "response"):
        raise Unusable(f"R4 没有方向 {found.direction}", f"R4 has no direction {found.direction}")
    if found.direction == "request" and found.asked[0] in ("response", "responseCode"):
        raise Unusable("请求没有响应码（tst-12）", "a request has no response code (tst-12)")
    _compared(found)
    return found


def _stops(raw: Resource) -> bool:
    """XML has it as a text, since R4 says no type for it."""
    said = raw.get(STOP, True)
    if said not in (True, False, "true", "false"):
        raise Unusable(f"{STOP} 应为 true 或 false", f"{STOP} is to be true or false")
    return said in (True, "true")


def _compared(found: Assertion) -> None:
    ways = sum(map(bool, (found.compare_expression, found.compare_path)))
    if (ways != 1) if found.compare_to else ways:
        raise Unusable(
            "compareToSourceId 须与 compareToSourceExpression 或 compareToSourcePath 之一同用（tst-10）",
            "compareToSourceId goes with one of compareToSourceExpression and compareToSourcePath (tst-10)",
        )


def _asked(raw: Resource) -> tuple[str, str]:
    asked = [name for name in ASKED if name in raw]
    if len(asked) > 1:
        listed = ", ".join(asked)
        raise Unusable(
            f"一个断言只能断言一件事（tst-5）：{listed}", f"an assertion asks one thing (tst-5): {listed}"
        )
    if asked == ["navigationLinks"]:
        return asked[0], str(flag(raw, asked[0])).lower()
    if asked and not text(raw, asked[0]):
        raise Unusable(f"{asked[0]} 为空", f"{asked[0]} is empty")
    if asked:
        return asked[0], text(raw, asked[0])
    for name, same in (("compareToSourceExpression", "expression"), ("compareToSourcePath", "path")):
        if text(raw, name):  # HL7's own example: what is taken from both sides is said once
            return same, text(raw, name)
    raise Unusable("断言没有说明要断言什么", "the assertion does not say what it asserts")
