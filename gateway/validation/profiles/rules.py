"""The rules that a profile adds: each says what to do, in English and Chinese."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from gateway.validation.faults import Rule

R4 = "http://hl7.org/fhir/StructureDefinition/"
ABOUT_PROFILE = ("profile-unknown", "profile-circular", "profile-malformed", "profile-type")
"""Rules that speak of the profile, and not of the resource."""

AT_END = Rule(
    "slice-order",
    "error",
    "structure",
    "put what is in no slice behind the slices",
    "不属于任何切片的值应放在切片之后",
)
ORDER = Rule(
    "slice-order",
    "error",
    "structure",
    "keep the slices in the order of the profile",
    "请按规范规定的顺序排列切片",
)
CONTEXT = Rule(
    "extension-context",
    "error",
    "structure",
    "this extension does not belong here; see its definition",
    "该扩展不允许出现在此处",
)
MODIFIER = Rule(
    "extension-modifier",
    "error",
    "structure",
    "write this extension in modifierExtension: it changes the meaning",
    "该扩展会改变含义，应写在 modifierExtension 中",
)
NO_MODIFIER = Rule(
    "extension-modifier",
    "error",
    "structure",
    "write this extension in extension: it is no modifier",
    "该扩展不是修饰扩展，应写在 extension 中",
)
CONTEXT_OF_DEFINITION = replace(CONTEXT, severity="warning")
UNKNOWN_EXTENSION = Rule(
    "extension-unknown",
    "warning",
    "not-supported",
    "R4 defines no such extension; it may come from a later edition",
    "R4 未定义该扩展，可能来自后续版本",
)


@lru_cache(1024)
def unknown(profile: str) -> Rule:
    """Nobody defines the profile."""
    return Rule(
        "profile-unknown",
        "warning",
        "not-found",
        f"not checked: the profile {profile} is not loaded",
        f"未检查：未加载规范 {profile}",
    )


@cache
def circular(profile: str) -> Rule:
    """The bases of a profile lead back to itself."""
    return Rule(
        "profile-circular",
        "warning",
        "not-supported",
        f"checked in part: the bases of {profile} lead back to itself",
        f"仅部分检查：规范 {profile} 的基础规范循环引用",
    )


@cache
def malformed(profile: str, why: str) -> Rule:
    """A profile is wrong in itself."""
    return Rule(
        "profile-malformed",
        "warning",
        "processing",
        f"checked in part: the profile {profile} is malformed at {why}",
        f"仅部分检查：规范 {profile} 有误：{why}",
    )


@cache
def nested(known: tuple[str, ...]) -> Rule:
    """An extension inside another that its definition does not name: slices are open by default."""
    allowed = " | ".join(known)
    return Rule(
        "extension-nested",
        "warning",
        "structure",
        f"name one of {allowed}: the extension around has no such part",
        f"应为 {allowed} 之一：外层扩展未定义该子扩展",
    )


@cache
def other_type(type_: str) -> Rule:
    """The profile is about another resource type."""
    return Rule("profile-type", "error", "structure", f"this profile is for {type_}", f"该规范只用于 {type_}")


@cache
def too_few(path: str, least: int) -> Rule:
    """An element or slice comes too seldom."""
    return Rule(
        "cardinality",
        "error",
        "required",
        f"add {path}: at least {least} needed",
        f"请补充 {path}：至少 {least} 个",
    )


@cache
def too_many(path: str, most: int) -> Rule:
    """An element or slice comes too often."""
    if most == 0:
        return Rule(
            "cardinality",
            "error",
            "structure",
            f"leave {path} out: the profile forbids it",
            f"规范不允许 {path}，请删除",
        )
    return Rule(
        "cardinality",
        "error",
        "structure",
        f"write {path} at most {most} times",
        f"{path} 最多出现 {most} 次",
    )


@cache
def not_supported(path: str) -> Rule:
    """A must-support element is absent."""
    return Rule(
        "must-support",
        "information",
        "informational",
        f"{path} is must-support and absent",
        f"{path} 为必须支持的元素，此处未出现",
    )


@cache
def too_long(path: str, longest: int) -> Rule:
    """A text is too long."""
    return Rule(
        "max-length",
        "error",
        "too-long",
        f"write at most {longest} characters in {path}",
        f"{path} 最多 {longest} 个字符",
    )


@cache
def no_slice(path: str, slices: tuple[str, ...]) -> Rule:
    """A value is in none of the slices of a closed slicing."""
    allowed = ", ".join(slices)
    return Rule(
        "slicing",
        "error",
        "structure",
        f"{path} takes only the slices {allowed}",
        f"{path} 只能是切片 {allowed} 之一",
    )


@cache
def wrong_type(path: str, codes: tuple[str, ...]) -> Rule:
    """A choice has a type that the profile does not allow."""
    allowed = " | ".join(codes)
    return Rule("choice", "error", "structure", f"write {path} as {allowed}", f"{path} 只能为 {allowed} 类型")


@cache
def none_of(profiles: tuple[str, ...]) -> Rule:
    """A value conforms to none of the profiles that it may have."""
    allowed = " | ".join(profiles)
    return Rule("profile", "error", "structure", f"conform to one of {allowed}", f"应符合 {allowed} 之一")


def bounds(path: str, lowest: Any, highest: Any) -> Rule:
    """The value is outside of its bounds."""
    low = "" if lowest is None else f" ≥ {lowest}"
    high = "" if highest is None else f" ≤ {highest}"
    return Rule("bounds", "error", "value", f"write {path}{low}{high}", f"{path} 应{low}{high}")


def fixed(path: str, value: Any) -> Rule:
    """The value is not the fixed one."""
    shown = _shown(value)
    return Rule("fixed", "error", "value", f"write {shown} in {path}", f"{path} 必须为 {shown}")


def pattern(path: str, value: Any) -> Rule:
    """The value lacks what the pattern has."""
    shown = _shown(value)
    return Rule("pattern", "error", "value", f"let {path} contain {shown}", f"{path} 必须包含 {shown}")


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
