"""Compares the original sentences with the texts of the documents, which are not shipped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from conformance.catalogue.examine import Problem
from conformance.catalogue.model import Catalogue, Citation, Document
from conformance.catalogue.numbering import article
from conformance.harness.words import Words

LEFT_OUT = "……"
# A page number stands between dashes on a line of its own, and its sentence goes on behind it.
_PAGE = re.compile(r"^\s*[—-]\s*\d+\s*[—-]\s*$", re.MULTILINE)
_SPACE = re.compile(r"\s+")


def texts(folder: Path) -> dict[str, str]:
    """Return the UTF-8 text files of a folder by their SHA-256: a document is known by its bytes."""
    found = (one.read_bytes() for one in sorted(folder.glob("*.txt")))
    return {hashlib.sha256(raw).hexdigest(): raw.decode("utf-8") for raw in found}


def compare(catalogue: Catalogue, found: Mapping[str, str]) -> list[Problem]:
    """Return what differs between the catalogue and the texts.

    A text may be missing, a sentence may not stand in the article that is cited, an article may not be there,
    and one may have been forgotten behind the last.

    Args:
        found: texts by their SHA-256.
    """
    problems: list[Problem] = []
    split: dict[str, dict[str, str]] = {}
    for document in catalogue.documents.values():
        if not document.legal:
            continue
        if document.sha256 not in found:
            told = Words("没有此文件的文本", "its text is not among those given")
            problems.append(Problem(document.id, told))
            continue
        text = _PAGE.sub("", found[document.sha256])
        split[document.id], wrong = _articles(document, text)
        problems += wrong
    for row in catalogue.legal:
        problems += (Problem(row.id, what) for one in row.citations for what in _differs(one, split))
    return problems


def _articles(document: Document, text: str) -> tuple[dict[str, str], list[Problem]]:
    """Return the text of each numbered article without its spaces, and the whole under the empty name."""
    starts: list[tuple[str, int]] = []
    problems: list[Problem] = []
    position = 0
    for label, heading in document.headings.items():
        match = _heading(heading).search(text, position)
        if match is None:
            problems.append(
                Problem(f"{document.id} {label}", Words("文本中没有此条", "the text has no such article"))
            )
            continue
        starts.append((label, match.start()))
        position = match.end()
    more = [one for one in document.beyond if _heading(one).search(text, position)]
    forgotten = Words("遗漏了此条", "the article was forgotten")
    problems += (Problem(f"{document.id} {one}", forgotten) for one in more)
    ends = [*(at for _, at in starts[1:]), len(text)][: len(starts)]
    pieces = {label: _dense(text[start:end]) for (label, start), end in zip(starts, ends, strict=True)}
    return pieces | {"": _dense(text)}, problems


def _heading(begin: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*{re.escape(begin)}", re.MULTILINE)


def _differs(citation: Citation, split: Mapping[str, Mapping[str, str]]) -> Iterable[Words]:
    if citation.document not in split:
        return
    pieces = split[citation.document]
    text = pieces.get(article(citation.article), pieces[""])
    position = 0
    for part in citation.original.split(LEFT_OUT):
        at = text.find(_dense(part), position)
        if at < 0:
            where = f"{citation.document} {citation.article}"
            yield Words(f"原文不在{where}中：{part}", f"does not stand in {where}: {part}")
            return
        position = at + len(_dense(part))


def _dense(text: str) -> str:
    return _SPACE.sub("", text)
