"""Evaluates assertions: what is asked of a request or an answer, and the operator (R4 TestScript.assert)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from conformance.harness.words import Words
from conformance.testscript.containment import TooMuch, missing
from conformance.testscript.content import MEDIA, Content
from conformance.testscript.looking import fhirpath, path
from conformance.testscript.operators import holds, text
from conformance.testscript.script import Assertion
from conformance.testscript.unusable import Unsupported, Unusable
from conformance.testscript.validators import ERRORS, Validator
from conformance.testscript.variables import Variables

RESPONSES = {
    "okay": 200, "created": 201, "noContent": 204, "notModified": 304, "bad": 400, "forbidden": 403,
    "notFound": 404, "methodNotAllowed": 405, "conflict": 409, "gone": 410, "preconditionFailed": 412,
    "unprocessable": 422,
}  # fmt: skip
LONGEST = 200
"""Characters of a value that a message shows."""


@dataclass(slots=True)
class Ground:
    """What assertions look at.

    Attributes:
        request: the latest request; ``response`` its answer.
        profiles: id → canonical URL, or why there is none.
    """

    variables: Variables
    validator: Validator | None
    profiles: Mapping[str, str | Unusable]
    request: Content | None = None
    response: Content | None = None


@dataclass(slots=True, frozen=True)
class Found:
    """Whether an assertion holds, ``None`` where it asserts nothing; and the words for it."""

    holds: bool | None
    words: Words


def evaluate(assertion: Assertion, ground: Ground) -> Found:
    """Return whether an assertion holds.

    Raises:
        Unusable: it cannot be evaluated: nothing to look at, no such fixture, no order between values.
        Unsupported: it asks for what this engine does not do.
    """
    return _ASKED[assertion.asked[0]](assertion, ground)


def _looked_at(assertion: Assertion, ground: Ground) -> Content:
    if assertion.source_id:
        return ground.variables.content(assertion.source_id)
    found = ground.request if assertion.direction == "request" else ground.response
    if found is None:
        raise Unusable("之前没有任何操作得到应答", "no operation was answered before")
    return found


def _judged(assertion: Assertion, what: str, actual: list[Any], expected: list[Any] | None) -> Found:
    return _told(assertion, what, actual, expected, holds(assertion.operator, actual, expected))


def _told(
    assertion: Assertion, what: str, actual: list[Any], expected: list[Any] | None, held: bool
) -> Found:
    wanted = "" if expected is None or assertion.operator in ("empty", "notEmpty") else f" {_shown(expected)}"
    said = f"{what} {assertion.operator}{wanted}"
    found = _shown(actual)
    return Found(held, Words(f"期望 {said}；实际 {found}", f"expected {said}; found {found}"))


def _shown(values: list[Any]) -> str:
    listed = ", ".join(text(one) for one in values[:10]) if values else "∅"
    return listed if len(listed) <= LONGEST else f"{listed[:LONGEST]}…"


def _filled(assertion: Assertion, ground: Ground) -> str:
    return ground.variables.fill(assertion.asked[1])


def _response(assertion: Assertion, ground: Ground) -> Found:
    names = [one.strip() for one in _filled(assertion, ground).split(",")]
    if wrong := [one for one in names if one not in RESPONSES]:
        raise Unusable(f"R4 没有响应代码 {wrong[0]}", f"R4 has no response code {wrong[0]}")
    return _status(assertion, ground, ",".join(str(RESPONSES[one]) for one in names), "response")


def _response_code(assertion: Assertion, ground: Ground) -> Found:
    return _status(assertion, ground, _filled(assertion, ground), "responseCode")


def _status(assertion: Assertion, ground: Ground, expected: str, what: str) -> Found:
    status = _looked_at(assertion, ground).status
    if status is None:
        raise Unusable("所查看的不是应答", "what is looked at is no answer")
    return _judged(assertion, what, [status], [expected])


def _resource(assertion: Assertion, ground: Ground) -> Found:
    type_ = _looked_at(assertion, ground).type
    return _judged(assertion, "resource", [type_] if type_ else [], [_filled(assertion, ground)])


def _content_type(assertion: Assertion, ground: Ground) -> Found:
    """``json`` and ``xml`` stand for FHIR's media types and their older and general names."""
    said = _looked_at(assertion, ground).headers.get("content-type", "")
    expected = _filled(assertion, ground)
    if expected not in MEDIA and ";" in expected:
        return _judged(assertion, "contentType", [said] if said else [], [expected])
    media = said.partition(";")[0].strip().lower()
    short = next((form for form in MEDIA if media.endswith((f"/{form}", f"+{form}", f"/{form}+fhir"))), media)
    return _judged(assertion, "contentType", [short if expected in MEDIA else media], [expected.lower()])


def _header(assertion: Assertion, ground: Ground) -> Found:
    name = _filled(assertion, ground)
    value = _looked_at(assertion, ground).headers.get(name.lower())
    expected, _ = _expected(assertion, ground)
    return _judged(assertion, f"headerField {name}", [] if value is None else [value], expected)


def _expression(assertion: Assertion, ground: Ground) -> Found:
    expression = _filled(assertion, ground)
    found = fhirpath(_looked_at(assertion, ground).resource, expression)
    return _compared(assertion, ground, f"expression {expression}", found)


def _path(assertion: Assertion, ground: Ground) -> Found:
    expression = _filled(assertion, ground)
    return _compared(assertion, ground, f"path {expression}", path(_looked_at(assertion, ground), expression))


def _compared(assertion: Assertion, ground: Ground, what: str, actual: list[Any]) -> Found:
    expected, given = _expected(assertion, ground)
    alone = not given and assertion.operator not in ("empty", "notEmpty")
    if assertion.operator == "eval" or (alone and assertion.operator == "equals"):
        return _true(assertion, what, actual)
    if given and not expected:
        raise Unusable(
            f"{assertion.compare_to} 中没有可比的内容", f"{assertion.compare_to} has nothing to compare with"
        )
    return _judged(assertion, what, actual, expected)


def _true(assertion: Assertion, what: str, actual: list[Any]) -> Found:
    """Without a value, what is evaluated is a condition.

    FHIRPath 2.0 §4.5: nothing is false, one value that is no boolean is true, several are an error.
    A path has to give a boolean itself.
    """
    if len(actual) > 1:
        raise Unusable(f"{what} 得到多个值，不是条件", f"{what} gives several values: no condition")
    plain = len(actual) == 1 and isinstance(actual[0], bool)
    if assertion.asked[0] == "path" and not plain:
        raise Unusable(f"{what} 既没有 value，结果也不是布尔值", f"{what} has no value, and gives no boolean")
    return _told(assertion, what, actual, [True], bool(actual) and (not plain or actual[0] is True))


def _expected(assertion: Assertion, ground: Ground) -> tuple[list[Any] | None, bool]:
    """Return (values to compare with, whether there are any to be): ``value`` goes first (R4)."""
    if assertion.value is not None:
        return [ground.variables.fill(assertion.value)], True
    if not assertion.compare_to:
        return None, False
    source = ground.variables.content(assertion.compare_to)
    if assertion.compare_expression:
        return fhirpath(source.resource, ground.variables.fill(assertion.compare_expression)), True
    return path(source, ground.variables.fill(assertion.compare_path)), True


def _minimum(assertion: Assertion, ground: Ground) -> Found:
    id_ = _filled(assertion, ground)
    if assertion.operator not in ("equals", "contains"):
        raise Unsupported(
            f"minimumId 不支持运算符 {assertion.operator}", f"minimumId with {assertion.operator}"
        )
    minimum, actual = ground.variables.content(id_).resource, _looked_at(assertion, ground)
    if not actual.type:
        return Found(False, Words("应答中没有资源", "the answer has no resource"))
    try:
        place = missing(minimum, actual.resource)
    except (TooMuch, RecursionError) as error:
        raise Unusable("内容过多，无法比较", "there is too much to compare") from error
    if place is None:
        return Found(True, Words(f"含有 {id_} 的全部内容", f"it has all content of {id_}"))
    return Found(False, Words(f"缺少 {id_} 中的 {place}", f"it lacks {place} of {id_}"))


def _links(assertion: Assertion, ground: Ground) -> Found:
    if assertion.asked[1] != "true":
        return Found(
            None, Words("navigationLinks 为 false，不作断言", "navigationLinks is false: nothing is asserted")
        )
    body = _looked_at(assertion, ground).resource
    links = body.get("link")
    has = (
        {one.get("relation") for one in links if isinstance(one, dict)} if isinstance(links, list) else set()
    )
    lacking = [one for one in ("first", "last", "next") if one not in has]
    if body["resourceType"] == "Bundle" and not lacking:
        return Found(True, Words("有 first、last、next 链接", "it has the links first, last and next"))
    listed = ", ".join(lacking)
    return Found(False, Words(f"缺少链接：{listed}", f"links are missing: {listed}"))


def _method(assertion: Assertion, ground: Ground) -> Found:
    return _judged(assertion, "requestMethod", [_sent(assertion, ground).method.lower()], [
        _filled(assertion, ground).lower()])  # fmt: skip


def _url(assertion: Assertion, ground: Ground) -> Found:
    """The whole address; for ``equals`` and ``in`` its path and query may be given alone."""
    url = _sent(assertion, ground).url
    parts = urlsplit(url)
    bare = f"{parts.path}{'?' + parts.query if parts.query else ''}"
    actual = [url] if assertion.operator in ("contains", "notContains", "empty", "notEmpty") else [url, bare]
    return _judged(assertion, "requestURL", actual, [_filled(assertion, ground)])


def _sent(assertion: Assertion, ground: Ground) -> Content:
    found = ground.variables.content(assertion.source_id) if assertion.source_id else ground.request
    if found is None or not found.method:
        raise Unusable("没有可查看的请求", "there is no request to look at")
    return found


def _profile(assertion: Assertion, ground: Ground) -> Found:
    id_ = _filled(assertion, ground)
    profile = ground.profiles.get(id_, Unusable(f"脚本没有规范 {id_}", f"the script has no profile {id_}"))
    if isinstance(profile, Unusable):
        raise profile
    if ground.validator is None:
        raise Unsupported(
            "未配置校验程序，无法执行 validateProfileId", "validateProfileId: no validator is configured"
        )
    content = _looked_at(assertion, ground)
    if not content.type:
        return Found(False, Words("没有可校验的资源", "there is no resource to validate"))
    wrong = [one for one in ground.validator(content, profile) if one.severity in ERRORS]
    if not wrong:
        return Found(True, Words(f"符合 {profile}", f"it fits {profile}"))
    first = f"{wrong[0].place}: {wrong[0].text}"[:LONGEST]
    return Found(
        False,
        Words(
            f"不符合 {profile}（{len(wrong)} 处）：{first}",
            f"it does not fit {profile} ({len(wrong)}): {first}",
        ),
    )


_ASKED: dict[str, Callable[[Assertion, Ground], Found]] = {
    "contentType": _content_type, "expression": _expression, "headerField": _header, "minimumId": _minimum,
    "navigationLinks": _links, "path": _path, "requestMethod": _method, "requestURL": _url,
    "resource": _resource, "responseCode": _response_code, "response": _response,
    "validateProfileId": _profile,
}  # fmt: skip
