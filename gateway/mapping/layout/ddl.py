"""DDL: the views of the layouts as SQL that a vendor can fill in, with a comment on every column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.mapping.layout.file import LayoutFile

TYPES: Mapping[str, Mapping[str, str]] = {
    "postgresql": {
        "text": "varchar({0})",
        "date": "date",
        "datetime": "timestamp(3)",
        "number": "numeric",
    },
    "mysql": {"text": "varchar({0})", "date": "date", "datetime": "datetime(3)", "number": "varchar({0})"},
    "oracle": {"text": "VARCHAR2({0} CHAR)", "date": "DATE", "datetime": "TIMESTAMP(3)", "number": "NUMBER"},
    "mssql": {
        "text": "nvarchar({0})",
        "date": "date",
        "datetime": "datetime2(3)",
        "number": "varchar({0})",
    },
    "dm": {
        "text": "VARCHAR({0} CHAR)",
        "date": "DATE",
        "datetime": "TIMESTAMP(3)",
        "number": "VARCHAR({0} CHAR)",
    },
    "sqlite": {"text": "text", "date": "text", "datetime": "text", "number": "text"},
}
"""Type of a column in each database; ``{0}`` is its length in characters.

A number is text where the database would give it digits that nobody wrote (0.5 as 0.500000).
"""

NAMES = {
    "postgresql": "PostgreSQL",
    "mysql": "MySQL, MariaDB",
    "oracle": "Oracle",
    "mssql": "SQL Server",
    "dm": "DM 达梦",
    "sqlite": "SQLite",
}

QUOTED: Mapping[str, tuple[frozenset[str], str]] = {
    "mysql": (frozenset({"range"}), "`{0}`"),
}
"""Dialect → the columns that are words of its SQL, and how they are written then."""

FROM = {"oracle": "FROM dual\n", "dm": "FROM dual\n", "mysql": "FROM dual\n"}
"""What a view without a table is read from until the vendor names his."""

BEHIND = {"mssql": "GO\n"}
"""What stands behind a view: SQL Server takes CREATE VIEW only as the first statement of a batch."""

WORDS = {
    False: {
        "head": "Views for qiao, written for {0}. Put your columns for the NULLs, your tables after FROM.\n"
        "A column that you do not have may go, unless it is marked REQUIRED.\n"
        "changed_at must move with every change of the row and of the rows that belong to it; index it.",
        "required": "REQUIRED",
        "of": "rows that belong to {0}, joined by {1}",
        "key": "one row for each {0}",
        "from": "empty until you name your tables here",
    },
    True: {
        "head": "qiao 对接视图（{0}）。请把每个 NULL 换成贵系统的字段，把 FROM 换成贵系统的表。\n"
        "没有的字段可以删去，标有“必填”的除外。\n"
        "changed_at 须随本行及其明细的每次变化而更新，并建立索引。",
        "required": "必填",
        "of": "{0} 的明细，以 {1} 关联",
        "key": "每个 {0} 一行",
        "from": "在此写明贵系统的表；未写明前视图为空",
    },
}


def statements(files: Sequence[LayoutFile], dialect: str, *, table: bool, zh: bool) -> str:
    """Return the statements that make the views of some layouts.

    Args:
        dialect: one of :data:`TYPES`.
        table: as interface tables in place of views.
        zh: comments in Chinese.
    """
    words = WORDS[zh]
    parts = ["".join(f"-- {line}\n" for line in words["head"].format(NAMES[dialect]).splitlines())]
    for file in files:
        data = file.data
        title = file.data.get("title_zh" if zh else "title", file.name)
        key = ", ".join(data.get("key") or ())
        said = f"{title} · {words['key'].format(key)}"
        parts.append(_one(data["view"], data["columns"], said, data.get("key") or (), dialect, table, zh))
        for detail in (data.get("details") or {}).values():
            if any(detail["view"] == other.data.get("view") for other in files):
                continue  # the rows of another view again
            joined = ", ".join(detail["join"])
            said = words["of"].format(data["view"], joined)
            keys = [*detail["join"], *(detail.get("key") or ())]
            parts.append(_one(detail["view"], detail["columns"], said, keys, dialect, table, zh))
    return "\n".join(parts)


def _one(
    name: str,
    columns: Mapping[str, Mapping[str, Any]],
    said: str,
    key: Sequence[str],
    dialect: str,
    table: bool,
    zh: bool,
) -> str:
    if table:
        return "".join(_table(name, columns, said, key, dialect, zh))
    return "".join(_view(name, columns, said, dialect, zh))


def _view(
    name: str, columns: Mapping[str, Mapping[str, Any]], said: str, dialect: str, zh: bool
) -> Iterator[str]:
    yield f"-- {said}\nCREATE VIEW {name} AS\nSELECT\n"
    last = len(columns) - 1
    for at, (column, one) in enumerate(columns.items()):
        comma = "" if at == last else ","
        empty = f"CAST(NULL AS {_cast(one, dialect)})"
        yield f"  {empty} AS {_name(column, dialect)}{comma}  -- {_comment(one, zh)}\n"
    yield f"{FROM.get(dialect, '')}WHERE 1 = 0;  -- {WORDS[zh]['from']}\n{BEHIND.get(dialect, '')}"


def _name(column: str, dialect: str) -> str:
    words, quoted = QUOTED.get(dialect, (frozenset(), ""))
    return quoted.format(column) if column in words else column


def _table(
    name: str, columns: Mapping[str, Mapping[str, Any]], said: str, key: Sequence[str], dialect: str, zh: bool
) -> Iterator[str]:
    yield f"-- {said}\nCREATE TABLE {name} (\n"
    for column, one in columns.items():
        must = " NOT NULL" if one.get("required") or column in key else ""
        yield f"  {_name(column, dialect)} {_type(one, dialect)}{must},  -- {_comment(one, zh)}\n"
    yield f"  PRIMARY KEY ({', '.join(dict.fromkeys(key))})\n);\n"
    if "changed_at" in columns:
        yield f"CREATE INDEX {name}_changed ON {name} (changed_at, {', '.join(key)});\n"


def _type(one: Mapping[str, Any], dialect: str) -> str:
    kind = str(one.get("type", "text"))
    types = TYPES[dialect]
    return types["text" if kind == "code" else kind].format(one.get("length", 64))


def _cast(one: Mapping[str, Any], dialect: str) -> str:
    """Return the type in a CAST: MySQL knows no varchar there."""
    made = _type(one, dialect)
    return made.replace("varchar", "char") if dialect == "mysql" else made


def _comment(one: Mapping[str, Any], zh: bool) -> str:
    must = f"{WORDS[zh]['required']}: " if one.get("required") else ""
    return f"{must}{one.get('zh' if zh else 'en', '')}"
