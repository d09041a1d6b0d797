"""Reads the catalogue's files; what is wrong is said with file, row and what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import yaml

from conformance.catalogue.model import (
    EVERYWHERE,
    METHODS,
    TOPICS,
    Catalogue,
    Citation,
    Document,
    Exclusion,
    Method,
    Requirement,
)
from conformance.catalogue.numbering import chinese, written
from conformance.harness.words import Words

JURISDICTIONS = ("cn", "cn-chongqing", "cn-sichuan", "cn-yunnan", EVERYWHERE)
assert set(get_args(Method)) == set(METHODS)

_Keys = Mapping[str, Any]
_Kept = TypeVar("_Kept")
_FILE = {"document": str, "zh": str, "en": str, "number": str, "jurisdiction": str, "requirements": list}
_FILE_MAY = {"from": date, "to": date, "sha256": str, "articles": list, "excluded": list, "legal": bool}
_FILE_MAY |= {"note-zh": str, "note-en": str}
_ROW = {
    "id": str,
    "topic": str,
    "article": str,
    "zh": str,
    "en": str,
    "original": str,
    "method": list,
    "advice": dict,
}
_ROW_MAY = {"also": list, "organisational": bool, "critical": bool, "reason": dict, "attest": dict}
_ALSO = {"document": str, "article": str, "original": str}
_ALSO_MAY = {"zh": str, "en": str, "binding": bool}
_EXCLUDED = {"articles": list, "zh": str, "en": str}
_NUMBERED = {"form": str, "to": int}
_NUMBERED_MAY = {"digits": str, "heading": str, "items": dict}
_PAIR = {"zh": str, "en": str}


class CatalogueError(Exception):
    """The catalogue is not as it should be.

    Attributes:
        where: file, and the row or line in it.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where


class _Loader(yaml.CSafeLoader):
    """Refuses a key that stands twice in one mapping: the first one would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for at, _ in node.value:
            key = self.construct_object(at, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", at.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def load(path: Path | None = None) -> Catalogue:
    """Return the catalogue of a folder of YAML files; without one, the one that is shipped.

    Raises:
        CatalogueError: no files, no YAML, a key that is missing, unknown or of another kind, an id or a
            document that stands twice, an article or a document that there is not.
    """
    return _shipped() if path is None else _load(path)


@cache
def _shipped() -> Catalogue:
    return _load(files("conformance") / "requirements")


def _load(folder: Traversable) -> Catalogue:
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    if not found:
        raise CatalogueError(str(folder), "there are no files of requirements")
    digest = hashlib.sha256()
    read: list[tuple[str, _Keys]] = []
    for file in found:
        raw = file.read_bytes()
        digest.update(file.name.encode() + b"\0" + raw + b"\0")
        read.append((file.name, _mapping(_parsed(raw, file.name), _FILE, _FILE_MAY, file.name)))
    documents = _unique((_document(data, name) for name, data in read), lambda one: one.id, "document")
    rows = (_row(one, data, documents, name) for name, data in read for one in data["requirements"])
    excluded = [
        _exclusion(one, data, documents, name) for name, data in read for one in data.get("excluded", [])
    ]
    return Catalogue(documents, _unique(rows, lambda one: one.id, "row"), tuple(excluded), digest.hexdigest())


def _parsed(raw: bytes, name: str) -> object:
    try:
        return yaml.load(raw.decode("utf-8"), _Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        told = getattr(error, "problem", None) or str(error)
        raise CatalogueError(f"{name}:{mark.line + 1}" if mark else name, f"no YAML: {told}") from None


def _document(data: _Keys, name: str) -> Document:
    if data["jurisdiction"] not in JURISDICTIONS:
        raise CatalogueError(name, f"no jurisdiction: {data['jurisdiction']}")
    articles, headings, beyond = _articles(data.get("articles", []), name)
    note = Words(data["note-zh"], data["note-en"]) if "note-zh" in data and "note-en" in data else None
    return Document(
        id=data["document"],
        title=Words(data["zh"], data["en"]),
        number=data["number"],
        jurisdiction=data["jurisdiction"],
        since=data.get("from"),
        until=data.get("to"),
        sha256=data.get("sha256", ""),
        articles=articles,
        headings=headings,
        beyond=beyond,
        legal=data.get("legal", True),
        note=note,
    )


def _articles(said: Iterable[object], name: str) -> tuple[tuple[str, ...], dict[str, str], tuple[str, ...]]:
    found: list[str] = []
    headings: dict[str, str] = {}
    beyond: list[str] = []
    for one in said:
        if isinstance(one, str):
            found.append(one)
            continue
        numbered = _mapping(one, _NUMBERED, _NUMBERED_MAY, f"{name}: articles")
        heading = numbered.get("heading")
        for number in range(1, numbered["to"] + 1):
            digits = written(number, numbered.get("digits", "chinese"))
            label = numbered["form"].replace("{}", digits)
            items = numbered.get("items", {}).get(number, 0)
            found += [f"{label}（{chinese(item)}）" for item in range(1, items + 1)] or [label]
            if heading is not None:
                headings[label] = heading.replace("{}", digits)
        if heading is not None:
            following = written(numbered["to"] + 1, numbered.get("digits", "chinese"))
            beyond.append(heading.replace("{}", following))
    return tuple(found), headings, tuple(beyond)


def _row(said: object, data: _Keys, documents: Mapping[str, Document], name: str) -> Requirement:
    where = (
        f"{name}: {said['id']}" if isinstance(said, dict) and "id" in said else f"{name}: a row without an id"
    )
    row = _mapping(said, _ROW, _ROW_MAY, where)
    if row["topic"] not in TOPICS:
        raise CatalogueError(where, f"no topic: {row['topic']}")
    wrong = [one for one in row["method"] if one not in METHODS]
    if wrong or not row["method"] or len(set(row["method"])) < len(row["method"]):
        raise CatalogueError(where, f"method is a list of {', '.join(METHODS)}, each once: {row['method']}")
    own = {"document": data["document"], "article": row["article"], "original": row["original"]}
    also = [_mapping(one, _ALSO, _ALSO_MAY, f"{where}: also") for one in row.get("also", [])]
    return Requirement(
        id=row["id"],
        topic=row["topic"],
        title=Words(row["zh"], row["en"]),
        citations=tuple(_citation(one, documents, where) for one in [own, *also]),
        methods=tuple(cast("list[Method]", row["method"])),
        organisational=row.get("organisational", False),
        critical=row.get("critical", False),
        reason=_pair(row.get("reason"), f"{where}: reason"),
        attest=_pair(row.get("attest"), f"{where}: attest"),
        advice=_words(row["advice"], f"{where}: advice"),
    )


def _citation(said: _Keys, documents: Mapping[str, Document], where: str) -> Citation:
    document = documents.get(said["document"])
    if document is None:
        raise CatalogueError(where, f"no document: {said['document']}")
    if document.articles and said["article"] not in document.articles:
        raise CatalogueError(where, f"{document.id} has no article {said['article']}")
    if not said["original"].strip():
        raise CatalogueError(where, "the original sentence is empty")
    if ("zh" in said) != ("en" in said):
        raise CatalogueError(
            where, f"the difference to {document.id} {said['article']} stands in one language only"
        )
    return Citation(
        document=document.id,
        article=said["article"],
        jurisdiction=document.jurisdiction,
        original=said["original"].strip(),
        difference=Words(said["zh"], said["en"]) if "zh" in said else None,
        binding=said.get("binding", True),
        since=document.since,
        until=document.until,
    )


def _exclusion(said: object, data: _Keys, documents: Mapping[str, Document], name: str) -> Exclusion:
    where = f"{name}: excluded"
    one = _mapping(said, _EXCLUDED, {}, where)
    document = documents[data["document"]]
    for article in one["articles"]:
        if article not in document.articles:
            raise CatalogueError(where, f"{document.id} has no article {article}")
    return Exclusion(document.id, tuple(one["articles"]), Words(one["zh"], one["en"]))


def _pair(said: object, where: str) -> Words | None:
    return None if said is None else _words(said, where)


def _words(said: object, where: str) -> Words:
    pair = _mapping(said, _PAIR, {}, where)
    return Words(pair["zh"], pair["en"])


def _mapping(said: object, must: Mapping[str, type], may: Mapping[str, type], where: str) -> _Keys:
    if not isinstance(said, dict):
        raise CatalogueError(where, f"a mapping is wanted, not {type(said).__name__}")
    missing = [key for key in must if key not in said]
    if missing:
        raise CatalogueError(where, f"missing: {', '.join(missing)}")
    kinds = {**must, **may}
    for key, value in said.items():
        if key not in kinds:
            raise CatalogueError(where, f"unknown: {key}")
        if type(value) is not kinds[key]:
            raise CatalogueError(where, f"{key} is a {type(value).__name__}, and not a {kinds[key].__name__}")
        if isinstance(value, str) and not value.strip():
            raise CatalogueError(where, f"{key} is empty")
    return said


def _unique(rows: Iterable[_Kept], key: Callable[[_Kept], str], what: str) -> dict[str, _Kept]:
    found: dict[str, _Kept] = {}
    for row in rows:
        if key(row) in found:
            raise CatalogueError(key(row), f"the {what} stands twice")
        found[key(row)] = row
    return found
