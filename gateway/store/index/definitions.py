"""The official search parameters of every type, read from the data beside this file when first asked for.

``definitions.json`` is written by ``python -m gateway.store.index.trim``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, cast

import orjson

from gateway.store.index.expression import Path, Refers, alternatives, read, speaks_of
from gateway.store.index.lists import PRESENT, TESTED, Answer, Filed, filed
from gateway.store.index.parameter import Kind, Parameter
from gateway.store.types import NUMBER

URL = "http://hl7.org/fhir/SearchParameter/"

_PRESENT = " != false"
_KNOWN = frozenset(("_id", "_lastUpdated"))
"""What the table of versions tells by itself."""

_PLAIN = ("Binary", "Bundle", "Parameters")
"""Resources that are no DomainResource."""


class Row:
    """One definition as the data has it."""

    __slots__ = ("base", "code", "components", "expression", "id", "targets", "type")

    def __init__(self, row: list[Any]) -> None:
        self.id, self.code, self.type, self.base, self.expression, self.targets, self.components = row


class Catalogue:
    """The search parameters of the types; each type is made when it is first asked for.

    Args:
        data: what ``definitions.json`` holds.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._elements = data["elements"]
        self._targets = data["targets"]
        self._systems = data["systems"]
        self._unsearched = data["unsearched"]
        self._rows = {row[0]: Row(row) for row in data["parameters"]}
        self._by_base: dict[str, list[Row]] = {}
        for row in self._rows.values():
            for base in row.base:
                self._by_base.setdefault(base, []).append(row)
        self._made: dict[str, tuple[dict[str, Parameter], list[Filed]]] = {}

    def parameters(self, type_: str) -> Mapping[str, Parameter]:
        """Return the parameters of a resource type by name; see ``index.parameters``."""
        return self._of(type_)[0]

    def lists(self, type_: str) -> list[Filed]:
        """Return the lists in which the values of a resource type are filed."""
        return self._of(type_)[1]

    def naming(self, target: str, names: Collection[str]) -> frozenset[str]:
        """Return the types with a parameter of one of these names that can refer to a ``target``.

        Only these parameters are read: those of all types take half a second.
        """
        return frozenset(
            base
            for row in self._rows.values()
            if row.code in names
            for base in row.base
            if base in NUMBER
            and target in self._targets_of(row, self._read(_own(row.expression, base), base))
        )

    def unsearched(self, type_: str) -> list[Path]:
        """Return the paths of references that no parameter selects, and that may name who is merged."""
        found = self._unsearched.get(type_, ())
        return [path for text in found for path in self._read(text, type_) if path.type == "Reference"]

    def _of(self, type_: str) -> tuple[dict[str, Parameter], list[Filed]]:
        if type_ not in NUMBER:
            raise KeyError(type_)
        found = self._made.get(type_)
        # Of two threads that make it at once, both get what the first one made.
        return self._made.setdefault(type_, self._make(type_)) if found is None else found

    def _make(self, type_: str) -> tuple[dict[str, Parameter], list[Filed]]:
        rows = {row.code: row for row in self._rows_of(type_)}
        texts = {name: _own(row.expression, type_) for name, row in rows.items()}
        paths = {name: self._read(text, type_) for name, text in texts.items()}
        aside = TESTED.get(type_, frozenset()) | _KNOWN
        asked = {name: (rows[name].type, paths[name]) for name in sorted(rows) if name not in aside}
        lists, answers = filed(asked)
        made: dict[str, Parameter] = {}
        for name in sorted(rows):
            row, answer = rows[name], answers.get(name, Answer())
            one = self._parameter(row, type_, texts[name], paths[name], answer)
            made[name] = replace(one, components=tuple(self._components(row, one, answers)))
        return made, lists

    def _rows_of(self, type_: str) -> Iterator[Row]:
        yield from self._by_base["Resource"]
        if type_ not in _PLAIN:
            yield from self._by_base["DomainResource"]
        yield from self._by_base.get(type_, ())

    def system(self, path: Path) -> str:
        """Return the system of the codes at a path by their required binding, ``""`` for none."""
        return str(self._systems.get(path.place, "")) if path.type == "code" else ""

    def _read(self, expression: str, base: str, resource: str = "") -> tuple[Path, ...]:
        if not expression:
            return ()
        if expression.endswith(_PRESENT):
            text = expression.rpartition(" and ")[2].removesuffix(_PRESENT)
            found = read(text, base, self._elements)
            return tuple(replace(path, type=PRESENT) for path in found)
        return tuple(dict.fromkeys(read(expression, base, self._elements, resource)))

    def _parameter(
        self, row: Row, base: str, text: str, paths: tuple[Path, ...], answer: Answer
    ) -> Parameter:
        return Parameter(
            name=row.code,
            type=cast("Kind", row.type),
            base=base,
            url=URL + row.id,
            expression=text,
            targets=self._targets_of(row, paths),
            system=self._system_of(paths),
            postings=answer.lists,
            exact=answer.exact and row.type not in ("number", "quantity"),
            unfiled=answer.unfiled,
            paths=paths,
            present=text.endswith(_PRESENT),
        )

    def _components(self, row: Row, whole: Parameter, answers: Mapping[str, Answer]) -> Iterator[Parameter]:
        """Yield the parts of a composite: their values stand in the lists of what they are parts of."""
        for id_, expression in row.components:
            part = self._rows[id_]
            paths = self._read(expression, whole.paths[0].type, whole.base)
            answer = replace(answers.get(part.code, Answer()), exact=False)
            yield self._parameter(part, whole.base, expression, paths, answer)

    def _system_of(self, paths: tuple[Path, ...]) -> str:
        systems = {self.system(path) for path in paths if path.type == "code"}
        return systems.pop() if len(systems) == 1 else ""

    def _targets_of(self, row: Row, paths: tuple[Path, ...]) -> tuple[str, ...]:
        """Return what the elements may refer to, as far as the definition knows it too."""
        if row.type != "reference":
            return ()
        found: set[str] = set()
        for path in paths:
            narrowed = [each.type for each in path.conditions if isinstance(each, Refers)]
            found.update(narrowed or self._targets.get(path.place, row.targets or NUMBER))
        both = found & set(row.targets or NUMBER) or found
        return () if len(both) == len(NUMBER) else tuple(sorted(both))


def _own(expression: str, type_: str) -> str:
    return " | ".join(each for each in alternatives(expression) if speaks_of(each, type_))


@cache
def catalogue() -> Catalogue:
    """Return the official parameters."""
    return Catalogue(orjson.loads(files("gateway.store.index").joinpath("definitions.json").read_bytes()))
