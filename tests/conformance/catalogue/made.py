"""A small catalogue in files, for tests that change one thing in it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

_PAIR = {"zh": "中", "en": "en"}
ROW: dict[str, Any] = {
    "id": "LAW-1.1",
    "topic": "A",
    "article": "第一条",
    "zh": "要求",
    "en": "a duty",
    "original": "应当如此。",
    "method": ["automatic"],
    "advice": _PAIR,
}
LAW: dict[str, Any] = {
    "document": "LAW",
    "zh": "办法",
    "en": "measures",
    "number": "〔2020〕1号",
    "jurisdiction": "cn-sichuan",
    "articles": [{"form": "第{}条", "to": 3, "heading": "第{}条"}],
    "requirements": [ROW],
    "excluded": [{"articles": ["第二条", "第三条"], **_PAIR}],
}


def row(**changed: Any) -> dict[str, Any]:
    """Return the row with some keys changed; a key that is None goes."""
    return {key: value for key, value in {**copy.deepcopy(ROW), **changed}.items() if value is not None}


def law(*rows: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return the document with these rows and some keys changed; a key that is None goes."""
    whole = {**copy.deepcopy(LAW), **({"requirements": list(rows)} if rows else {}), **changed}
    return {key: value for key, value in whole.items() if value is not None}


def folder(tmp_path: Path, *documents: dict[str, Any]) -> Path:
    """Write each document as a file and return their folder."""
    for document in documents:
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
        (tmp_path / f"{str(document.get('document', 'bad')).lower()}.yaml").write_text(text, encoding="utf-8")
    return tmp_path
