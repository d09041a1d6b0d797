"""Rows that lead out: FHIR path → field, component, column or element, as data (docs/writeback.md).

A row is a path, a constant in quotes (``"'NW'"``), or a table: ``path`` (or several, the first that gives
something), ``value``, ``when``, ``each`` (all values, not the first), ``fields`` or ``use`` (what is inside),
``codes`` (a code table read backwards, or a table of our own), ``as`` with ``arg``, ``join``, ``default``,
``required``, ``unique`` (no two elements may say the same), ``longest``, ``always`` (what is inside
is said where there is no such element, too).

``+name: {path: …, fields: …}``: the rows inside stand beside the others, all said of the one element.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.outbound.coded import Codes
from gateway.mapping.outbound.conditions import Test, condition
from gateway.mapping.outbound.functions import FUNCTIONS
from gateway.mapping.outbound.path import Path
from gateway.mapping.outbound.tongue import Function

_KEYS = frozenset(
    (
        *("path", "value", "when", "each", "fields", "use", "codes", "as", "arg", "join"),
        *("default", "required", "unique", "longest", "always", "note"),
    )
)

_MARKS = frozenset(("path", "each", "fields", "use", "codes", "as", "when"))
"""Keys that say that a table is a row; names of elements and columns are never these."""


BESIDE = "+"
"""Begins the name of rows that stand beside the others instead of under a name."""


@dataclass(slots=True, frozen=True)
class Row:
    """One row; see the module.

    Attributes:
        where: its place, for messages.
        inside: name → rows, of what has an inside; None for a text.
        is_key: it says by which number something is known, or a fact: what an end cannot do without.
        leads_apart: what is inside is said of another resource.
    """

    where: str
    paths: tuple[Path, ...] = ()
    value: str | None = None
    when: Test | None = None
    each: Path | None = None
    inside: Mapping[str, tuple[Row, ...]] | None = None
    codes: Codes | None = None
    function: Function | None = None
    arg: Any = None
    join: str | None = None
    default: str | None = None
    required: bool = False
    unique: bool = False
    longest: int = 0
    always: bool = False
    is_key: bool = field(init=False)
    leads_apart: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find out what is the same whatever is said."""
        object.__setattr__(self, "is_key", self._is_key())
        every = (*self.paths, *([self.each] if self.each is not None else ()))
        object.__setattr__(self, "leads_apart", any(one.leads_apart for one in every))

    def _is_key(self) -> bool:
        places = (self.each,) if self.each is not None else self.paths
        if self.inside is not None and all(one.text == "." for one in places):
            return any(row.is_key for rows in self.inside.values() for row in rows)
        return bool(places) and all(one.is_key for one in places)


Inside = Mapping[str, tuple[Row, ...]]


class Shapes:
    """What rows share by name: shapes (``use``) and code tables (``codes``) of the files in ``shapes``.

    Args:
        said: name → fields, as the files say them.
        codes: name → table.
        tables: names of the code tables of the way in.
    """

    def __init__(
        self, said: Mapping[str, Any], codes: Mapping[str, Mapping[str, str]], tables: frozenset[str]
    ) -> None:
        self._said, self.codes, self._tables = said, codes, tables
        self._made: dict[str, Inside] = {}

    def fields(self, said: Any, where: str) -> Inside:
        """Return the rows of a table ``name → row``.

        Raises:
            Misconfigured: it is none; names the place.
        """
        if not isinstance(said, dict) or not said:
            raise Misconfigured("must be a table of rows", where=where)
        made: dict[str, tuple[Row, ...]] = {}
        for name, one in said.items():
            at = f"{where}.{name}"
            if str(name).startswith(BESIDE) and not isinstance(one, dict):
                for shape in _names(one, where):
                    made.update(self.shape(shape, where))
                continue
            made[str(name)] = tuple(self.row(part, at) for part in (one if isinstance(one, list) else [one]))
            if str(name).startswith(BESIDE) and made[str(name)][0].inside is None:
                raise Misconfigured("+ names shapes, or has fields", where=at)
        return made

    def shape(self, name: str, where: str) -> Inside:
        """Return a shape. Raises ``Misconfigured``: there is no such one."""
        if name not in self._made:
            if name not in self._said:
                raise Misconfigured(f"there is no shape {name!r}", where=where)
            self._made[name] = self.fields(self._said[name], name)
        return self._made[name]

    def row(self, said: Any, where: str) -> Row:
        """Return one row. Raises ``Misconfigured``: it is none; names the place."""
        try:
            return self._row(said, where)
        except Misconfigured as error:
            raise Misconfigured(error.reason, where=error.where or where) from None

    def _row(self, said: Any, where: str) -> Row:
        if isinstance(said, str):
            constant = len(said) > 1 and said[0] == said[-1] == "'"
            return Row(where, value=said[1:-1]) if constant else Row(where, (Path(said),))
        if not isinstance(said, dict):
            raise Misconfigured("a row is a path, a constant in quotes or a table")
        unknown = sorted(set(map(str, said)) - _KEYS)
        if unknown and not set(said) & _MARKS:
            return Row(where, inside=self.fields(said, where))
        if unknown:
            raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {', '.join(sorted(_KEYS))}")
        function = str(said.get("as", ""))
        if function and function not in FUNCTIONS:
            raise Misconfigured(f"there is no function {function!r}; there is {', '.join(sorted(FUNCTIONS))}")
        return self._option_row(said, where, FUNCTIONS[function] if function else None)

    def _option_row(self, said: Mapping[str, Any], where: str, function: Function | None) -> Row:
        path, value = said.get("path", ()), said.get("value")
        row = Row(
            where,
            paths=tuple(Path(one) for one in ([path] if isinstance(path, str) else path)),
            value=None if value is None else str(value),
            when=condition(str(said["when"])) if "when" in said else None,
            each=Path(str(said["each"])) if "each" in said else None,
            inside=self._inside(said, where),
            codes=self._code_table(said["codes"]) if "codes" in said else None,
            function=function,
            arg=said.get("arg"),
            join=said.get("join"),
            default=None if said.get("default") is None else str(said["default"]),
            required=bool(said.get("required", False)),
            unique=bool(said.get("unique", False)),
            longest=int(said.get("longest", 0)),
            always=bool(said.get("always", False)),
        )
        if not (row.paths or row.each or row.inside or row.value is not None or row.default is not None):
            raise Misconfigured("a row needs a path, a value or fields")
        return row

    def _inside(self, said: Mapping[str, Any], where: str) -> Inside | None:
        if "use" in said:
            return self.shape(str(said["use"]), where)
        return self.fields(said["fields"], where) if "fields" in said else None

    def _code_table(self, said: Any) -> Codes:
        if isinstance(said, dict):
            return Codes(own={_key(key): str(value) for key, value in said.items()})
        if said in self.codes:
            return Codes(own=self.codes[said])
        if said in self._tables:
            return Codes(str(said))
        raise Misconfigured(f"there is no code table {said!r}")


def _key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _names(said: Any, where: str) -> list[str]:
    found = [said] if isinstance(said, str) else list(said)
    if not all(isinstance(one, str) for one in found):
        raise Misconfigured("+ names shapes", where=where)
    return found
