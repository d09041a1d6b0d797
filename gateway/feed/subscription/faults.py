"""Faults: why a Subscription cannot be served, in English and Chinese."""

from __future__ import annotations

from gateway.canonical import Issue
from gateway.faults import in_chinese

_TABLE: dict[str, tuple[str, str, str]] = {
    "no-channel": ("required", "is missing", "缺失"),
    "no-criteria": (
        "required",
        "is missing: name a topic, or write Type?name=value",
        "缺失：请填写主题，或写成 Type?name=value",
    ),
    "unknown-criteria": (
        "not-supported",
        "is neither a topic of this server nor Type?name=value; see Subscription/$topic-list",
        "既不是本服务器的主题，也不是 Type?name=value；主题见 Subscription/$topic-list",
    ),
    "no-filter": (
        "value",
        "must be Type?name=value with a type of the topic",
        "必须是 Type?name=value，且类型属于该主题",
    ),
    "not-filtered": (
        "not-supported",
        "this topic is filtered by {said} only",
        "该主题只能按 {said} 筛选",
    ),
    "unwatched": (
        "not-supported",
        "changes of {said} cannot be subscribed to",
        "不能订阅 {said} 的变更",
    ),
    "result": (
        "not-supported",
        "{said} has no meaning for one resource",
        "{said} 对单个资源没有意义",
    ),
    "criteria": ("value", "{said}", "检索条件不可用：{said}"),
    "criteria-unsupported": ("not-supported", "{said}", "检索条件不支持：{said}"),
    "channel-type": (
        "not-supported",
        "this server notifies by rest-hook only",
        "本服务器只支持 rest-hook 通知",
    ),
    "no-endpoint": (
        "required",
        "is missing: where shall notifications go?",
        "缺失：通知应发往何处？",
    ),
    "no-url": ("value", "is no URL, or too long", "不是 URL，或过长"),
    "scheme": (
        "value",
        "must be an address that begins with https:// or http://",
        "必须是以 https:// 或 http:// 开头的地址",
    ),
    "user": (
        "value",
        "must have neither a user nor a fragment; use channel.header for credentials",
        "不得含有用户名或片段；凭据请放在 channel.header",
    ),
    "https": ("forbidden", "must use https", "必须使用 https"),
    "host": (
        "forbidden",
        "its host is not among those that this server may notify; its operator sets [subscriptions] hosts",
        "该主机不在本服务器允许通知的名单内；由运维人员在 [subscriptions] hosts 中设置",
    ),
    "header": (
        "value",
        "write at most {said} lines like 'Authorization: Bearer …'",
        "最多 {said} 行，每行形如 'Authorization: Bearer …'",
    ),
    "own-header": ("value", "{said} is set by this server", "{said} 由本服务器设置"),
    "payload": ("not-supported", "must be {said}", "必须是 {said}"),
    "content": ("value", "must be one of {said}", "必须是其中之一：{said}"),
    "number": ("value", "{said} must be one whole number", "{said} 必须是一个整数"),
    "end": (
        "value",
        "must be an instant, like 2030-01-31T00:00:00+08:00",
        "必须是带时区的时刻，如 2030-01-31T00:00:00+08:00",
    ),
}
"""Name of a fault → FHIR issue type, what is wrong, and the same in Chinese."""


def issue(name: str, where: str, said: object = "") -> Issue:
    """Return the issue of a fault.

    Args:
        name: of the fault.
        where: element that is at fault.
        said: what the sentence leaves open; never a value of the Subscription.
    """
    code, text, text_zh = _TABLE[name]
    return Issue(
        "error",
        code,
        where,
        "",
        f"{where}: {text.format(said=said)}",
        f"{where}：{text_zh.format(said=in_chinese(str(said)))}",
    )
