"""Coverage: how many rows machines test, how many people attest, and how many have only a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from conformance.catalogue.model import Catalogue, Requirement


@dataclass(slots=True, frozen=True)
class Coverage:
    """What becomes of the rows; each of ``requirements`` is in exactly one of the four that follow.

    Attributes:
        requirements: rows drawn from the law.
        automatic: tested by at least one check.
        attestable: no check; an assessor can attest them.
        with_reason: neither; the reason is printed.
        open: none of the three; :func:`examine` names them.
        organisational: duties of the organisation, among all.
        organisational_automatic: of those, tested by a check too.
        percent: of the rows that are no duties of the organisation, those with a check.
        applicable: rows in force in the jurisdictions of a run; all, where none are given.
        applicable_automatic: of those, tested by a check.
        articles, articles_cited, articles_excluded: of all documents; an item of an article counts as one.
        technical, technical_automatic: rows of the technical basis, counted apart.
    """

    requirements: int
    automatic: int
    attestable: int
    with_reason: int
    open: int
    organisational: int
    organisational_automatic: int
    percent: float
    applicable: int
    applicable_automatic: int
    articles: int
    articles_cited: int
    articles_excluded: int
    technical: int
    technical_automatic: int
    documents: dict[str, dict[str, int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the numbers by name."""
        return asdict(self)


def coverage(
    catalogue: Catalogue, tested: Collection[str], stack: Collection[str] = (), day: date | None = None
) -> Coverage:
    """Count.

    Args:
        tested: ids of the requirements that at least one check names.
        stack: jurisdictions of a run; none: ``applicable`` counts all rows.
        day: of the run; needed with ``stack``.
    """
    rows = catalogue.legal
    kinds = Counter(_kind(row, tested) for row in rows)
    own = [row for row in rows if not row.organisational]
    here = [row for row in rows if not stack or day is None or catalogue.applies(row, stack, day)]
    documents = [one for one in catalogue.documents.values() if one.legal]
    return Coverage(
        requirements=len(rows),
        automatic=kinds["automatic"],
        attestable=kinds["attestable"],
        with_reason=kinds["with_reason"],
        open=kinds["open"],
        organisational=len(rows) - len(own),
        organisational_automatic=_tested(rows, tested) - _tested(own, tested),
        percent=round(100 * _tested(own, tested) / len(own), 1) if own else 0.0,
        applicable=len(here),
        applicable_automatic=_tested(here, tested),
        articles=sum(len(one.articles) for one in documents),
        articles_cited=len(_cited(catalogue)),
        articles_excluded=sum(len(one.articles) for one in catalogue.exclusions),
        technical=len(catalogue.technical),
        technical_automatic=_tested(catalogue.technical, tested),
        documents={one.id: _of_document(rows, one.id, tested) for one in documents},
    )


def _kind(row: Requirement, tested: Collection[str]) -> str:
    if row.id in tested:
        return "automatic"
    if row.attest is not None:
        return "attestable"
    return "with_reason" if row.reason is not None else "open"


def _tested(rows: Iterable[Requirement], tested: Collection[str]) -> int:
    return sum(row.id in tested for row in rows)


def _cited(catalogue: Catalogue) -> set[tuple[str, str]]:
    return {(one.document, one.article) for row in catalogue.legal for one in row.citations}


def _of_document(rows: Iterable[Requirement], document: str, tested: Collection[str]) -> dict[str, int]:
    own = [row for row in rows if row.document == document]
    return {"requirements": len(own), "automatic": _tested(own, tested)}
