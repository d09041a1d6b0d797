"""Owns the tables that a spreadsheet opens: columns and rows of ``result.csv`` and ``result.xlsx``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.harness.words import Words
from conformance.report.plain import shown
from conformance.report.view import Clause, View
from conformance.report.wording import DOCUMENTS, JURISDICTIONS, OUTCOMES, TEXT
from conformance.result.model import CheckResult

LENGTH = 8000
"""Characters of a cell: a spreadsheet holds 32,767."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the start of a formula, full-width forms among it."""

Cell = str | int | float


@dataclass(slots=True, frozen=True)
class Table:
    """A table; ``columns``: heading and width in characters."""

    name: str
    columns: tuple[tuple[str, int], ...]
    rows: tuple[tuple[Cell, ...], ...]


def tables(view: View, lang: str) -> tuple[Table, ...]:
    """Return the tables of requirements, checks, nonconformities and attestations, in one language."""
    return (requirements(view, lang), checks(view, lang), findings(view, lang), attestations(view, lang))


def requirements(view: View, lang: str) -> Table:
    """Return a row for each requirement."""
    columns = (
        "id:14 document:26 article:16 requirement:34 original:48 topic:8 method:14 "
        "jurisdictions:14 applies:8 critical:8 organisational:10 verdict:12 reason:40 "
        "checks:34"
    )
    return _table("requirements", columns, (_requirement(one, lang) for one in view.every), lang)


def checks(view: View, lang: str) -> Table:
    """Return a row for each check."""
    columns = (
        "id:36 suite:18 requirement:14 check:36 critical:8 result:10 reason:40 step:40 "
        "expected:40 actual:40 advice:40 evidence:18 duration:9"
    )
    return _table("checks", columns, (_check(one, lang) for one in view.result.checks), lang)


def findings(view: View, lang: str) -> Table:
    """Return a row for each nonconformity, critical ones first."""
    columns = "id:14 requirement:34 critical:8 verdict:12 reason:44 failed-checks:40 advice:48 evidence:24"
    return _table("findings", columns, (_finding(one, lang) for one in view.findings), lang)


def attestations(view: View, lang: str) -> Table:
    """Return a row for each attestation."""
    columns = (
        "requirement:14 method:12 finding:12 who:14 role:18 when:12 until:12 in-force:10 "
        "note:44 file:36 sha256:68"
    )
    rows = (
        (
            one.requirement,
            one.method.words.said(lang),
            one.finding.words.said(lang),
            one.who,
            one.role,
            one.when,
            one.until or "",
            _yes(standing.holds, lang),
            one.note if standing.reason is None else f"{one.note} {standing.reason.said(lang)}",
            "\n".join(file.file for file in one.evidence),
            "\n".join(file.sha256 for file in one.evidence),
        )
        for clause in view.every
        for standing in clause.requirement.attestations
        for one in [standing.attestation]
    )
    return _table("attestations", columns, rows, lang)


def as_csv(view: View, lang: str) -> bytes:
    """Return ``result.csv``: a row for each check of a requirement, one for a requirement without any.

    UTF-8 with the mark by which a spreadsheet knows it; an apostrophe before what looks like a formula.
    """
    asked, tried = requirements(view, lang), checks(view, lang)
    found = {str(row[0]): row for row in tried.rows}
    headings = [title for title, _ in (*asked.columns[:-1], *tried.columns)]
    blank: tuple[Cell, ...] = ("",) * len(tried.columns)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(headings)
    for clause, row in zip(view.every, asked.rows, strict=True):
        for check in [shown(one.id, lang, LENGTH) for one in clause.checks] or [""]:
            writer.writerow([_safe(cell) for cell in (*row[:-1], *found.get(check, blank))])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def looks_like_formula(cell: Cell) -> bool:
    """Whether a spreadsheet could compute a text."""
    return isinstance(cell, str) and cell.lstrip(" \n").startswith(FORMULA)


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if looks_like_formula(cell) else cell


def _table(name: str, columns: str, rows: Iterable[tuple[Cell, ...]], lang: str) -> Table:
    """Args: columns: ``name:width …``, names of :data:`TEXT`."""
    pairs = [column.split(":") for column in columns.split()]
    titles = tuple((TEXT[column].said(lang), int(width)) for column, width in pairs)
    return Table(TEXT[f"t-{name}"].said(lang), titles, tuple(_shown(row, lang) for row in rows))


def _shown(row: Iterable[Cell], lang: str) -> tuple[Cell, ...]:
    return tuple(shown(cell, lang, LENGTH) if isinstance(cell, str) else cell for cell in row)


def _requirement(clause: Clause, lang: str) -> tuple[Cell, ...]:
    row = clause.requirement
    return (
        row.id,
        _named(DOCUMENTS, row.document, lang),
        row.article,
        row.title.said(lang),
        row.original,
        row.topic,
        ", ".join(one.words.said(lang) for one in row.methods or (row.method,)),
        ", ".join(_named(JURISDICTIONS, one, lang) for one in row.jurisdictions),
        _yes(row.applies, lang),
        _yes(row.critical, lang),
        _yes(row.organisational, lang),
        row.verdict.words.said(lang),
        row.reason.said(lang),
        "\n".join(row.checks),
    )


def _check(one: CheckResult, lang: str) -> tuple[Cell, ...]:
    steps = [(step.action, step.expected, step.actual) for step in one.steps]
    columns = zip(*steps, strict=True) if steps else ((), (), ())
    return (
        one.id,
        one.suite,
        one.requirement,
        one.title.said(lang),
        _yes(one.critical, lang),
        OUTCOMES[one.verdict].said(lang),
        _said(one.reason, lang),
        *("\n".join(f"{n}. {words.said(lang)}" for n, words in enumerate(column, 1)) for column in columns),
        _said(one.advice, lang),
        " ".join(one.evidence),
        one.seconds,
    )


def _finding(clause: Clause, lang: str) -> tuple[Cell, ...]:
    row = clause.requirement
    return (
        row.id,
        row.title.said(lang),
        _yes(row.critical, lang),
        row.verdict.words.said(lang),
        row.reason.said(lang),
        "\n".join(f"{one.id}: {_said(one.reason, lang)}" for one in clause.failed),
        "\n".join(one.said(lang) for one in clause.advice),
        " ".join(name for one in clause.failed for name in one.evidence),
    )


def _named(names: Mapping[str, Words], code: str, lang: str) -> str:
    return names[code].said(lang) if code in names else code


def _yes(holds: bool, lang: str) -> str:
    return TEXT["is" if holds else "is-not"].said(lang)


def _said(words: Words | None, lang: str) -> str:
    return words.said(lang) if words else ""
