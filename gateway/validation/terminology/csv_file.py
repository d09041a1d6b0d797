"""CSV: a code system as a table with the columns code and display, and parent where it has a hierarchy."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from io import StringIO

from gateway.errors import Rejected
from gateway.validation.terminology.checks import circle
from gateway.validation.terminology.concepts import Json

_NAMES = (
    ("code", "code loinc_num 编码 代码 主要编码 诊断编码 诊断代码 疾病编码 疾病代码 手术编码 手术代码"),
    ("code", "药品代码 药品编码 医保代码 医保编码 项目代码 项目编码"),
    ("display", "display name long_common_name 名称 诊断名称 疾病名称 手术名称 手术操作名称 药品名称"),
    ("display", "注册名称 项目名称"),
    ("parent", "parent 上级编码 上级代码 父编码 父级编码"),
)
COLUMNS = {
    column: [name for one, names in _NAMES if one == column for name in names.split()]
    for column in ("code", "display", "parent")
}
"""What the columns may be called, case aside; every other column becomes a property."""
LOINC = "http://loinc.org"
LOINC_PROPERTIES = (
    *("COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS", "CLASSTYPE"),
    *("STATUS", "ORDER_OBS", "EXAMPLE_UCUM_UNITS"),
)
"""What is kept of the forty columns of Loinc.csv; they are properties of LOINC in FHIR too."""
LOINC_NAMES = ("SHORTNAME", "DisplayName", "CONSUMER_NAME")
_FLAGS = {"notselectable": "notSelectable", "abstract": "notSelectable", "inactive": "inactive"}
_TRUE = frozenset({"1", "true", "yes", "y", "是"})


def code_system(text: str, name: str, system: str, version: str) -> Json:
    """Return the CodeSystem of a CSV file; ``# system: URL`` and ``# version: V`` may stand above its header.

    Raises:
        Rejected: no system is named, a column is missing, a code is missing or there twice, a parent is
            not there, or it has no rows; names file and line.
    """
    said, rest, above = _head(text)
    header, rows = _table(rest, above, name)
    columns = _columns(header, name)
    url = system or said.get("system", "") or (LOINC if "LOINC_NUM" in header else "")
    if not url:
        raise Rejected("say which code system it is: --system URL", code="no-system", where=name)
    concepts: dict[str, Json] = {}
    places: dict[str, int] = {}
    others = _others(header, columns, url)
    for number, row in rows:
        concept = _concept(header, columns, others, row, f"{name}:{number}")
        code = concept["code"]
        if code in concepts:
            told = f"code {code!r} is there twice, first in line {places[code]}"
            raise Rejected(told, code="duplicate", where=f"{name}:{number}")
        concepts[code], places[code] = concept, number
    if not concepts:
        raise Rejected("has a header and no rows", code="empty", where=name)
    if "parent" in columns:
        _check_parents(concepts, places, name)
    made = {"resourceType": "CodeSystem", "url": url, "status": "active", "content": "complete"}
    made |= {"name": said.get("name", ""), "version": version or said.get("version", "")}
    made = {key: value for key, value in made.items() if value}
    # One that writes codes in one case means it; only LOINC, which has no letters to speak of, is left open.
    return made | {"caseSensitive": url != LOINC, "concept": list(concepts.values())}


def _head(text: str) -> tuple[dict[str, str], str, int]:
    """Return what the comments above the header say, the text below them, and how many lines they take."""
    said: dict[str, str] = {}
    above = 0
    while text.startswith(("#", "\n", "\r")):
        line, _, text = text.partition("\n")
        key, _, value = line.lstrip("# ").partition(":")
        said[key.strip().lower()] = value.strip()
        above += 1
    return said, text, above


def _table(text: str, above: int, name: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    first = text.partition("\n")[0]
    separator = max(",\t;", key=first.count)
    rows = _rows(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True), above, name)
    header = [cell.strip() for cell in next(rows, (0, []))[1]]
    if not header:
        raise Rejected("is empty", code="empty", where=name)
    return header, rows


def _rows(reader: Iterator[list[str]], above: int, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of the rows that are not empty."""
    while True:
        line: int = getattr(reader, "line_num", 0) + above + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Rejected(f"is not CSV: {error}", code="invalid", where=f"{name}:{line}") from None
        if any(cell.strip() for cell in row):
            yield line, row


def _columns(header: list[str], name: str) -> Mapping[str, int]:
    folded = [cell.lower() for cell in header]
    found = {}
    for column, names in COLUMNS.items():
        place = next((folded.index(one) for one in names if one in folded), None)
        if place is not None:
            found[column] = place
    missing = [column for column in ("code", "display") if column not in found]
    if missing:
        told = f"has no column {' and none '.join(missing)}; its columns are {', '.join(header)[:200]}"
        raise Rejected(told, code="missing-column", where=f"{name}:1")
    return found


def _others(header: list[str], columns: Mapping[str, int], url: str) -> dict[int, str]:
    """Return place and name of the columns that become properties or designations."""
    there = {place: name for place, name in enumerate(header) if name and place not in columns.values()}
    if url != LOINC or "LOINC_NUM" not in header:
        return there
    return {place: name for place, name in there.items() if name in LOINC_PROPERTIES + LOINC_NAMES}


def _concept(
    header: list[str], columns: Mapping[str, int], others: Mapping[int, str], row: list[str], where: str
) -> Json:
    if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
        raise Rejected(f"has {len(row)} cells, the header {len(header)}", code="invalid", where=where)
    cells = row + [""] * (len(header) - len(row))
    code = cells[columns["code"]].strip()
    if not code:
        raise Rejected("has no code", code="missing-code", where=where)
    made: Json = {"code": code, "display": cells[columns["display"]].strip()}
    properties: list[Json] = []
    if "parent" in columns and cells[columns["parent"]]:
        parents = (one.strip() for one in cells[columns["parent"]].split("|"))
        properties = [{"code": "parent", "valueCode": one} for one in parents if one]
    names = []
    for place, column in others.items():
        cell = cells[place].strip()
        if cell and column in LOINC_NAMES:
            names.append({"value": cell})
        elif cell:
            properties.append(_property(column, cell))
    if names:
        made["designation"] = names
    return made | {"property": properties} if properties else made


def _property(column: str, cell: str) -> Json:
    flag = _FLAGS.get(column.lower())
    if flag:
        return {"code": flag, "valueBoolean": cell.lower() in _TRUE}
    return {"code": column, "valueString": cell}


def _check_parents(concepts: Mapping[str, Json], places: Mapping[str, int], name: str) -> None:
    """Make sure that every parent is there and none is its own ancestor."""
    for code, concept in concepts.items():
        for one in concept.get("property", ()):
            if one["code"] == "parent" and one["valueCode"] not in concepts:
                told = f"its parent {one['valueCode']!r} is not in the file"
                raise Rejected(told, code="no-parent", where=f"{name}:{places[code]}")
    again = circle(concepts.values())
    if again:
        told = f"the hierarchy runs in a circle at code {again!r}"
        raise Rejected(told, code="cycle", where=f"{name}:{places[again]}")
