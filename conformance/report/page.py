"""Owns ``index.html``: one file with both languages, style, script and charts inside; it asks no network.

What a target answered is foreign: every text passes :mod:`conformance.report.plain` and is escaped by the
templates; a policy in the page lets a browser run the one script that is ours, by its hash, and load nothing.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from conformance.harness.words import Words, same
from conformance.report.charts import bars, radar
from conformance.report.hatching import hatching
from conformance.report.plain import LENGTH, shown, shown_words
from conformance.report.view import STATES, SuiteRow, View, view
from conformance.report.wording import (
    DOCUMENTS,
    JURISDICTIONS,
    OUTCOME_MEANINGS,
    OUTCOMES,
    TEXT,
    VERDICT_MEANINGS,
)
from conformance.result.model import Result

SECTIONS = ("summary", "setting", "suites", "findings", "clauses", "technical", "attestations", "untested",
            "elsewhere", "harness", "integrity", "glossary")  # fmt: skip
"""Sections in their order; the templates give them these numbers."""
LIMITS = MappingProxyType({"steps": 60, "short": 8, "failed": 5, "names": 200, "evidence": 6})
"""How many of a list are shown; what is left out is counted, and stands in ``result.json``."""

_BEIJING = timezone(timedelta(hours=8))
_EVIDENCE = re.compile(r"(E[0-9]{1,9})(?:-([0-9]{1,9}))?")
_ZH, _EN = Markup('<span lang="zh">{}</span>'), Markup('<span lang="en">{}</span>')


@dataclass(slots=True, frozen=True)
class Seal:
    """What the page says of its integrity: SHA-256 of ``result.json``, fingerprint of the key, or nothing."""

    result: str = ""
    key: str = ""


def page(result: Result, lang: str, *, tester: str = "", seal: Seal | None = None) -> str:
    """Return ``index.html``.

    Args:
        lang: ``zh`` or ``en``: what it opens in; both are inside.
        tester: who ran it; empty: a line to be filled in by hand.
    """
    ordered = view(result.ordered())
    rows = [one for one in ordered.topics if one.applicable]
    given = _given(ordered)
    templates = _templates()
    style = _unindented(templates.get_template("style.css").render(given))
    script = _unindented(templates.get_template("screen.js").render())
    return templates.get_template("index.html.j2").render(
        given,
        lang=lang,
        tester=tester,
        seal=seal or Seal(),
        radar=radar(rows),
        hatching=hatching,
        bars=bars([*ordered.topics, *([ordered.basis] if ordered.basis.counts else [])]),
        style=Markup(style),  # noqa: S704 -- ours; what is foreign in it is written by _css
        script=Markup(script),  # noqa: S704 -- ours
        hashes={"style": _hash(style), "script": _hash(script)},
    )


def _given(ordered: View) -> dict[str, object]:
    result = ordered.result
    return {
        "view": ordered,
        "result": result,
        "run": result.run,
        "target": result.target,
        "tool": result.tool,
        "environment": result.environment,
        "score": result.score,
        "coverage": result.coverage,
        "t": TEXT,
        "outcomes": OUTCOMES,
        "meanings": VERDICT_MEANINGS,
        "outcome_meanings": OUTCOME_MEANINGS,
        "states": STATES,
        "sections": SECTIONS,
        "limits": LIMITS,
    }


@cache
def _templates() -> Environment:
    folder = files(__package__) / "templates"
    templates = Environment(
        autoescape=True,
        loader=FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        both=both,
        css=_css,
        document=lambda name: DOCUMENTS.get(name, same(name)),
        evidence=_evidence,
        figure=_figure,
        percent=lambda value: "—" if value is None else f"{_figure(value)}%",
        place=lambda code: JURISDICTIONS.get(code, same(code)),
        sum_of=_sum_of,
        text=_text,
        two=_two,
        when=_when,
    )
    return templates


def both(words: Words, length: int = LENGTH) -> Markup:
    """Return a text in both languages, escaped, of which the style shows one."""
    said = shown_words(words, length)
    return escape(said.zh) if said.zh == said.en else _ZH.format(said.zh) + _EN.format(said.en)


def _text(value: str) -> str:
    return shown(str(value), "en")


def _two(words: Words) -> str:
    """Where no element can stand (an attribute, a title): both, one after the other."""
    return words.zh if words.zh == words.en else f"{words.zh} / {words.en}"


def _evidence(names: Sequence[str]) -> Markup:
    """Numbers lead to their files, those that follow each other as a span; what is none is no address."""
    spans = _spans(names)
    more = [] if len(spans) <= LIMITS["evidence"] else [escape(f"+{len(spans) - LIMITS['evidence']}")]
    return Markup(" ").join([*map(_span, spans[: LIMITS["evidence"]]), *more])


def _spans(names: Iterable[str]) -> list[list[str]]:
    """Group numbers of one file that follow each other: E1-1, E1-2, E2-1 → [E1-1, E1-2], [E2-1]."""
    spans: list[list[str]] = []
    for name in names:
        found, last = _EVIDENCE.fullmatch(name), _EVIDENCE.fullmatch(spans[-1][-1]) if spans else None
        if (
            found
            and last
            and found[2]
            and last[2]
            and (found[1], int(found[2])) == (last[1], int(last[2]) + 1)
        ):
            spans[-1].append(name)
        else:
            spans.append([name])
    return spans


def _span(names: list[str]) -> Markup:
    found, last = _EVIDENCE.fullmatch(names[0]), _EVIDENCE.fullmatch(names[-1])
    if found is None or last is None:
        return escape(shown(names[0], "en", 40))
    said = names[0] if len(names) == 1 else f"{names[0]}…{last[2]}"
    return Markup('<a href="evidence/{}.json">{}</a>').format(found[1], said)


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:,.1f}"


def _sum_of(rows: Iterable[SuiteRow], name: str) -> int:
    return sum(one.counts.get(name, 0) for one in rows)


def _when(instant: str) -> str:
    """An instant as people here read it, with its offset; what is none stands as it is."""
    try:
        read = datetime.fromisoformat(instant)
    except ValueError:
        return shown(instant, "en", 60) or "—"
    known = read if read.tzinfo else read.replace(tzinfo=UTC)
    return f"{known.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S} (UTC+8)"


def _css(text: str) -> Markup:
    """A text as a string of CSS in which nothing can end the string or the element."""
    letters = (one if one.isascii() and one.isalnum() else f"\\{ord(one):06x}" for one in text[:200])
    return Markup('"{}"').format("".join(letters))


def _unindented(text: str) -> str:
    """Return it without what only its author needs; the hash is of what is sent."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _hash(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()
