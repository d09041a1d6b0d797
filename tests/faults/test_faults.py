"""Every sentence that the sources can raise has its Chinese, and a text finds the sentence that it is."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from gateway.faults import FAULTS, TABLES, in_chinese
from gateway.validation import source_text
from gateway.validation.faults import Rule
from gateway.validation.xml import rules as xml_rules

ROOT = Path(__file__).parents[2]
VARIES = "Zx9"
"""Stands for what a sentence leaves open."""
PLACED = {"issue": 2, "issue_of": 2, "Issue": 4, "Fault": 2}
"""Calls whose sentence is not their first argument."""
NO_SENTENCE = re.compile(rf"(?:{VARIES}|HTTP|[\W\d_])*|[a-z]+/\S+(?:, [a-z]+/\S+)*|.*[\u4e00-\u9fff].*")
"""What is put together of others, media types, and what is said in both languages where it is made."""

Scope = Mapping[str, list[ast.expr]]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def sources() -> list[tuple[Path, ast.Module]]:
    paths = [path for folder in ("gateway", "adapters") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [(path, ast.parse(path.read_text("utf-8"))) for path in paths]


def raised() -> set[str]:
    """Return the classes whose instances carry a sentence: all of ``gateway.errors`` and those below them."""
    known = {"Rejected", "Misconfigured", "Retry", "Unwritable", "Unsupported", "Endless"}
    classes = [one for _, tree in sources() for one in ast.walk(tree) if isinstance(one, ast.ClassDef)]
    while True:
        more = {one.name for one in classes if {_name(base) for base in one.bases} & known} - known
        if not more:
            return known
        known |= more


def sentences() -> Iterator[tuple[str, str]]:
    """Yield each sentence and where it stands."""
    classes = raised()
    for path, tree in sources():
        places = dict.fromkeys(classes, 0) | PLACED
        for function in functions(tree):  # one that only passes a sentence on is as good as what it calls
            names = [one.arg for one in function.args.args if one.arg not in ("self", "cls")]
            for call in calls(function, places):
                text = argument(call, places[_name(call.func)])
                passed = [one.id for one in ast.walk(text) if isinstance(one, ast.Name)] if text else []
                if isinstance(text, ast.JoinedStr):  # of its parts only this one is a sentence
                    passed = ["why"] if "why" in passed else []
                if passed and passed[0] in names and function.name != "__init__":
                    places.setdefault(function.name, names.index(passed[0]))
        outside = assigned(tree.body)
        for function in functions(tree):
            scope = outside | assigned(ast.walk(function))
            for call in calls(function, places):
                text = argument(call, places[_name(call.func)])
                for said in texts(text, scope) if text is not None else ():
                    yield said, f"{path.relative_to(ROOT)}:{call.lineno}"


def functions(tree: ast.AST) -> list[Function]:
    return [one for one in ast.walk(tree) if isinstance(one, Function)]


def calls(node: ast.AST, places: Mapping[str, int]) -> list[ast.Call]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Call) and _name(one.func) in places]


def argument(call: ast.Call, at: int) -> ast.expr | None:
    named = next((one.value for one in call.keywords if one.arg in ("reason", "text", "diagnostics")), None)
    starred = any(isinstance(one, ast.Starred) for one in call.args[: at + 1])
    return named or (None if starred or len(call.args) <= at else call.args[at])


def assigned(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    """Return what stands behind a name: ``said = "…"``, ``code, said = "…", "…"``."""
    found: dict[str, list[ast.expr]] = {}
    for one in nodes:
        if not isinstance(one, ast.Assign):
            continue
        for target in one.targets:
            pairs = [(target, one.value)]
            if isinstance(target, ast.Tuple) and isinstance(one.value, ast.Tuple):
                pairs = list(zip(target.elts, one.value.elts, strict=False))
            for name, value in pairs:
                if isinstance(name, ast.Name):
                    found.setdefault(name.id, []).append(value)
    return found


def texts(node: ast.expr, scope: Scope) -> list[str]:
    """Return what an expression may say."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return joined(parts, scope)
        case ast.FormattedValue(value=inner):
            found = texts(inner, scope) if isinstance(inner, ast.IfExp | ast.Name) else [VARIES]
            return found if VARIES not in found else [VARIES]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return joined([left, right], scope)
        case ast.IfExp(body=one, orelse=other):
            either = texts(one, scope) + texts(other, scope)
            return [VARIES] if any(re.search("[\u4e00-\u9fff]", text) for text in either) else either
        case ast.Name(id=name) if name in scope:
            rest = {key: value for key, value in scope.items() if key != name}
            return [text for one in scope[name] for text in texts(one, rest)]
    return [VARIES]


def joined(parts: Iterable[ast.expr], scope: Scope) -> list[str]:
    either = [texts(part, scope) for part in parts]
    return ["".join(one) for one in itertools.islice(itertools.product(*either), 64)]


def tables(path: str, name: str) -> list[str]:
    """Return the sentences of a table ``status → (code, sentence)``."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    scope = assigned(tree.body)
    [table] = scope[name]
    assert isinstance(table, ast.Dict)
    return [text for row in table.values if isinstance(row, ast.Tuple) for text in texts(row.elts[1], scope)]


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def test_every_sentence_of_the_sources_has_its_chinese() -> None:
    found = list(sentences())
    found += [(text, "gateway/api/outcome.py") for text in tables("gateway/api/outcome.py", "_HTTP")]
    found += [(text, "gateway/api/server.py") for text in tables("gateway/api/server.py", "_SAID")]
    assert len(found) > 600
    missing = sorted(
        f"{where}: {text}"
        for text, where in set(found)
        if not NO_SENTENCE.fullmatch(text) and in_chinese(text) == text
    )
    assert not missing, "give these their Chinese in gateway/faults"


def test_what_access_says_has_its_chinese() -> None:
    tree = ast.parse((ROOT / "gateway/security/access.py").read_text("utf-8"))
    said = [value for name, value in assigned(ast.walk(tree)).items() if name == "said"]
    texts_ = [text for values in said for value in values for text in texts(value, {})]
    assert len(texts_) >= 4
    assert [text for text in texts_ if in_chinese(text) == text] == []


def test_what_is_wrong_with_a_text_has_its_chinese() -> None:
    rules = [one for one in (*vars(source_text).values(), *vars(xml_rules).values()) if isinstance(one, Rule)]
    assert len(rules) > 15
    assert [one.text for one in rules if in_chinese(one.text) == one.text] == []


def test_a_sentence_stands_in_one_table() -> None:
    """Of two the later one would be said, whatever the other says."""
    assert sum(map(len, TABLES)) == len(FAULTS)


def test_both_languages_leave_the_same_open() -> None:
    for english, chinese in FAULTS.items():
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", chinese)), english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("the resource has been deleted", "资源已删除"),
        ("birthdate: takes a number such as lt5.40", "birthdate: 须为数值，如 lt5.40"),
        ("Bundle.entry[3]: _sort: takes at most 5 keys", "Bundle.entry[3]: _sort: 最多 5 个排序键"),
        ("line 3: mend the XML at this place", "第 3 行：请修正此处的 XML 语法"),
        (
            "this search must look at too many resources: add a patient, a code, an identifier or a span of "
            "_lastUpdated",
            "此检索要查看的资源过多：请加上患者、编码、标识或 _lastUpdated 的范围",
        ),
        ("there is no such Group", "没有这个 Group"),
        ("there is no such CodeSystem", "没有这个 CodeSystem"),
        ("a sentence of tomorrow", "a sentence of tomorrow"),
        ("资源已删除", "资源已删除"),
        ("", ""),
    ],
)
def test_a_text_finds_its_sentence(english: str, chinese: str) -> None:
    assert in_chinese(english) == chinese


def test_a_text_of_a_stranger_is_read_in_one_pass() -> None:
    long = "there is no such " + " has no element " * 200
    assert in_chinese(long).startswith("没有这个")
    assert in_chinese("x" * 100_000) == "x" * 100_000
