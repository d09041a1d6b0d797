"""Holds the catalogue against the checks that exist, from both sides, and every article against the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.catalogue.model import Catalogue, Requirement
from conformance.harness.words import Words


@dataclass(slots=True, frozen=True)
class Problem:
    """What is wrong, and where: a row, a check, or an article."""

    where: str
    what: Words


def examine(
    catalogue: Catalogue, checks: Mapping[str, str], caps: Mapping[str, bool] | None = None
) -> list[Problem]:
    """Return what is wrong; nothing, if all is well.

    Args:
        checks: id of each check that exists → the requirement that it names.
        caps: id of each check → whether its failure caps the score, without those that say why it does not.
    """
    return [
        *_of_checks(catalogue, checks),
        *_of_caps(catalogue, checks, caps or {}),
        *_of_rows(catalogue, set(checks.values())),
        *_of_articles(catalogue),
    ]


def _of_checks(catalogue: Catalogue, checks: Mapping[str, str]) -> Iterable[Problem]:
    for check, requirement in sorted(checks.items()):
        row = catalogue.requirements.get(requirement)
        if row is None:
            yield Problem(
                check, Words(f"没有此条要求：{requirement}", f"there is no requirement {requirement}")
            )
        elif not row.automatic:
            told = f"the row {requirement} says that no machine tests it; add automatic to its method"
            yield Problem(check, Words(f"{requirement} 未标注自动检测，请在 method 中加入 automatic", told))


def _of_caps(catalogue: Catalogue, checks: Mapping[str, str], caps: Mapping[str, bool]) -> Iterable[Problem]:
    """Whether a failure caps the score follows from the requirement."""
    for check, grave in sorted(caps.items()):
        row = catalogue.requirements.get(checks[check])
        if row is None or row.critical == grave:
            continue
        if grave:
            told = f"it is critical, and its requirement {row.id} is not"
            yield Problem(check, Words(f"检测项为关键项，而要求 {row.id} 不是", told))
        else:
            told = f"its requirement {row.id} is critical: let it be so too, or say in `lesser` why it is not"
            yield Problem(
                check, Words(f"要求 {row.id} 为关键项：检测项也应为 critical，或在 lesser 中写明原因", told)
            )


def _of_rows(catalogue: Catalogue, tested: set[str]) -> Iterable[Problem]:
    for row in catalogue.requirements.values():
        for what in _of_row(row, row.id in tested):
            yield Problem(row.id, what)


def _of_row(row: Requirement, tested: bool) -> Iterable[Words]:
    seen = any(one != "automatic" for one in row.methods)
    if not tested and row.attest is None and row.reason is None:
        yield Words("没有检测项、见证要求或原因", "it has neither check, attestation nor reason")
    elif row.automatic and not tested:
        yield Words("标注为自动检测，但没有检测项", "it promises a check, and there is none")
    elif not row.automatic and row.reason is None:
        yield Words("未写明为何不能自动检测", "nothing says why no machine tests it")
    if row.automatic and row.reason is not None:
        yield Words("既有自动检测，又写了不检测的原因", "a machine tests it, and a reason says why none does")
    if seen and row.attest is None:
        yield Words("文审或现场方法未写明评审员应见证据", "nothing says what an assessor must have seen")


def _of_articles(catalogue: Catalogue) -> Iterable[Problem]:
    cited = {(one.document, one.article) for row in catalogue.requirements.values() for one in row.citations}
    left = {(one.document, article) for one in catalogue.exclusions for article in one.articles}
    for document in catalogue.documents.values():
        for article in document.articles:
            where = f"{document.id} {article}"
            if (document.id, article) not in cited | left:
                yield Problem(
                    where, Words("没有任何条目引用，也未说明原因", "no row cites it and nothing says why")
                )
            if (document.id, article) in cited & left:
                yield Problem(where, Words("既被引用又被排除", "a row cites it, and it is left out as well"))
