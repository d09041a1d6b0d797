"""Mutants of the search of the FHIR API: one thing of R4 that is not so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mutants.mutant import bundles, front, instead, mutant, without_parameters

Scope = dict[str, Any]


def _is_lenient(scope: Scope) -> bool:
    return any(name == b"prefer" and b"lenient" in value for name, value in scope["headers"])


def _otherwise(change: Callable[[str, str], tuple[str, str]]) -> None:
    """Search otherwise: ``change(name, value)`` of each parameter; those of operations stay."""

    def asked(scope: Scope) -> None:
        if "$" in scope["path"]:
            return
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        other = [change(*pair) for pair in pairs]
        if other != pairs:
            scope["query_string"] = urlencode(other).encode()

    front(asked)


@mutant("R4-SEARCH-STRICT", "严格处理时忽略未知参数", "with handling=strict an unknown parameter is ignored")
def unknown_ignored() -> None:
    def asked(scope: Scope) -> None:  # a modifier that is none is asked for without it
        scope["headers"] = [
            (name, said.replace(b"handling=strict", b"handling=lenient")) for name, said in scope["headers"]
        ]

    front(asked)


@mutant("R4-INCLUDE", "忽略 _include", "_include is ignored")
def include_missing() -> None:
    without_parameters(lambda _, name, value: not name.startswith("_include"))


@mutant("R4-SORT", "_sort 总按升序", "_sort always sorts upwards")
def sort_upwards() -> None:
    def asked(scope: Scope) -> None:
        if "_history" not in scope["path"]:
            scope["query_string"] = re.sub(rb"((?:^|&)_sort=|%2C|,)-", rb"\1", scope["query_string"])

    front(asked)


@mutant("R4-HAS", "忽略 _has", "_has is ignored")
def has_ignored() -> None:
    without_parameters(lambda _, name, value: not name.startswith("_has:"))


@mutant("R4-CHAIN", "结果检索忽略链式参数", "a chained parameter is ignored, of results")
def chain_ignored() -> None:
    def keep(scope: dict[str, Any], name: str, _: str) -> bool:
        through = name.partition(":")[0].partition(".")[0]
        return (
            "." not in name or through not in ("patient", "subject") or scope["path"][-12:] != "/Observation"
        )

    without_parameters(keep)


@mutant("R4-SEARCH-DATE", "日期前缀 sa 当作 ge", "the prefix sa of a date is taken as ge")
def prefix_wrong() -> None:
    from gateway.store.search import prefix

    def make(take: Any) -> Any:
        def other(text: str) -> Any:
            how, bare = take(text)
            return "ge" if how == "sa" else how, bare

        return other

    instead(prefix, "take", make)


@mutant("R4-SEARCH-STRING", "字符串检索区分大小写", "strings are compared with their case")
def string_case() -> None:
    from gateway.store.search import string

    def make(parse: Any) -> Any:
        return lambda text, modifier: parse(text, modifier or ("exact" if text.islower() else ""))

    instead(string, "parse", make)


@mutant("R4-SEARCH-TOKEN", "标记检索忽略 system", "a token's system is ignored")
def token_system_ignored() -> None:
    from gateway.store.search import token

    def make(parse: Any) -> Any:
        def bare(text: str, modifier: str, *rest: Any) -> Any:
            return parse(text if modifier else text.rpartition("|")[2] or text, modifier, *rest)

        return bare

    instead(token, "parse", make)


@mutant("R4-SEARCH-UNKNOWN", "自链接仍含被忽略的参数", "the self link shows a parameter that was ignored")
def ignored_is_shown() -> None:
    def change(scope: Scope, found: dict[str, Any]) -> None:
        for one in found.get("link", []):
            if one["relation"] == "self" and _is_lenient(scope):
                one["url"] = one["url"].partition("?")[0] + "?" + scope["query_string"].decode("latin-1")

    bundles(change)


@mutant("R4-SEARCH-POST", "POST _search 没有结果", "a search by POST finds nothing")
def post_finds_nothing() -> None:
    def change(scope: Scope, found: dict[str, Any]) -> None:
        if scope["method"] == "POST" and scope["path"].endswith("/_search"):
            found.update(total=0, entry=[])

    bundles(change)


@mutant("R4-SEARCH-MODIFIER", "忽略 :missing", "the modifier :missing is ignored")
def missing_ignored() -> None:
    without_parameters(lambda _, name, value: not name.endswith(":missing"))


@mutant("R4-SEARCH-QUANTITY", "数量检索忽略单位", "a search by quantity ignores its unit")
def unit_ignored() -> None:
    _otherwise(lambda name, value: (name, value.partition("|")[0] if name == "value-quantity" else value))


@mutant("R4-SEARCH-URI", "URI 检索按前缀匹配", "a search by URI takes what begins alike")
def uri_begins_alike() -> None:
    _otherwise(lambda name, value: ("url:below" if name == "url" else name, value))


@mutant("R4-SEARCH-REFERENCE", "忽略以绝对 URL 表示的引用", "a reference that is an absolute URL is ignored")
def absolute_ignored() -> None:
    without_parameters(lambda _, name, value: name not in ("patient", "subject") or "://" not in value)


@mutant("R4-SEARCH-COMPOSITE", "忽略组合参数", "a composite parameter is ignored")
def composite_ignored() -> None:
    without_parameters(lambda _, name, value: "$" not in value)


@mutant("R4-SEARCH-NUMBER", "数值检索忽略前缀", "a search by number ignores its prefix")
def number_prefix_ignored() -> None:
    _otherwise(lambda name, value: (name, value.lstrip("glte") if name == "probability" else value))


@mutant("R4-SEARCH", "重复的参数只看第一个", "of a parameter that is repeated only the first counts")
def repeated_ignored() -> None:
    def asked(scope: Scope) -> None:
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        first = {}
        for name, value in pairs:
            first.setdefault(name, value)
        if len(first) < len(pairs) and not any(name.startswith("_") for name in first):
            scope["query_string"] = urlencode(first).encode()

    front(asked)


@mutant("R4-INCLUDE", "忽略 _revinclude", "_revinclude is ignored")
def revinclude_missing() -> None:
    without_parameters(lambda _, name, value: not name.startswith("_revinclude"))
