"""``python -m conformance.catalogue``: is the catalogue whole? Ends with 1, and a list, where it is not."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from conformance.catalogue.coverage import Coverage, coverage
from conformance.catalogue.examine import Problem, examine
from conformance.catalogue.model import METHODS, Catalogue, Requirement
from conformance.catalogue.read import CatalogueError, load
from conformance.catalogue.source import compare, texts
from conformance.harness.suite import Unreadable
from conformance.harness.suite import load as load_suites
from conformance.harness.words import LANGUAGES, Words


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine the catalogue and say what is wrong.

    Returns:
        0: nothing; 1: something, which is listed; 2: the files cannot be read.
    """
    given = _parser().parse_args(arguments)
    try:
        catalogue = load(given.requirements)
    except CatalogueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    loaded = load_suites()
    checks = {one.id: one.requirement for one in loaded.checks}
    problems = [
        Problem(one.suite, Words(f"无法读取：{one.what}", f"unreadable: {one.what}"))
        for one in loaded.unreadable
    ]
    caps = {one.id: one.critical for one in loaded.checks if not one.lesser}
    problems += examine(catalogue, checks, caps)
    if given.texts is not None:
        problems += compare(catalogue, texts(given.texts))
    counted = Counter(checks.values())
    _write(_said(catalogue, problems, counted, given))
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.catalogue", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--requirements", type=Path, help="folder of YAML files; default: the shipped ones")
    parser.add_argument(
        "--texts", type=Path, help="folder with the documents' texts: compares the original sentences"
    )
    parser.add_argument("--lang", choices=LANGUAGES, default="en")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="coverage and problems as JSON")
    form.add_argument("--table", action="store_true", help="every row as a Markdown table")
    return parser


def _said(
    catalogue: Catalogue, problems: list[Problem], counted: Counter[str], given: argparse.Namespace
) -> str:
    numbers = coverage(catalogue, set(counted))
    if given.json:
        told = [{"where": one.where, "what": one.what.as_json()} for one in problems]
        return json.dumps({"coverage": numbers.as_json(), "problems": told}, ensure_ascii=False, indent=2)
    if given.table:
        return "\n".join(_table(catalogue, counted, given.lang))
    lines = [f"{one.where}: {one.what.said(given.lang)}" for one in problems]
    return "\n".join([*lines, _sum(numbers, len(problems)).said(given.lang)])


def _unreadable(one: Unreadable) -> Problem:
    return Problem(one.suite, Words(f"无法读取：{one.what}", f"unreadable: {one.what}"))


def _sum(numbers: Coverage, problems: int) -> Words:
    law = Words(
        f"要求 {numbers.requirements} 条：自动 {numbers.automatic}，可见证 {numbers.attestable}，"
        f"仅有原因 {numbers.with_reason}；非组织职责中 {numbers.percent}% 有自动检测",
        f"{numbers.requirements} requirements: {numbers.automatic} automatic, "
        f"{numbers.attestable} attestable, {numbers.with_reason} with a reason; "
        f"{numbers.percent}% have a check of those that are no duty of the organisation",
    )
    basis = Words(
        f"\n技术基础 {numbers.technical} 条，自动 {numbers.technical_automatic}；问题 {problems} 个",
        f"\n{numbers.technical} of the technical basis, {numbers.technical_automatic} automatic; "
        f"{problems} problems",
    )
    return law + basis


def _table(catalogue: Catalogue, counted: Counter[str], lang: str) -> list[str]:
    head = Words(
        "| 编号 | 依据 | 要求 | 适用 | 方法 | 检测项 |",
        "| id | text | requirement | where | method | checks |",
    )
    rows = [_line(catalogue, one, counted[one.id], lang) for one in catalogue.requirements.values()]
    return [head.said(lang), "|---|---|---|---|---|---|", *rows]


def _line(catalogue: Catalogue, row: Requirement, checks: int, lang: str) -> str:
    text = f"{catalogue.documents[row.document].number} {row.article}"
    methods = "、".join(METHODS[one].zh for one in row.methods) if lang == "zh" else ", ".join(row.methods)
    cells = (row.id, text, row.title.said(lang), " ".join(row.jurisdictions), methods, str(checks or "—"))
    return f"| {' | '.join(one.replace('|', '/') for one in cells)} |"


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
