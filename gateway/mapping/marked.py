"""Marked: one YAML file as data, each of its mappings marked with the line where it stands."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from gateway.errors import Misconfigured
from gateway.mapping.cache import CACHE

Json = Any
"""Any JSON value, as YAML gives it."""


class _Loader(yaml.CSafeLoader):
    """Safe YAML that also tells the line of every mapping."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    seen: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise Misconfigured(f"duplicate key {key!r}", where=str(key_node.start_mark.line + 1))
        seen[key] = loader.construct_object(value_node, deep=True)
    seen["__line__"] = node.start_mark.line + 1
    return seen


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# 2026-01-01 and 12:30 stay text, and so do on/off/yes/no/y/n: codes are not booleans.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if not tag.endswith((":timestamp", ":bool"))]
    for first, rules in _Loader.yaml_implicit_resolvers.items()
}


def plain(value: Json) -> Json:
    """Return ``value`` without the line marks that :func:`read` leaves in it."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "__line__"}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _parsed(raw: bytes) -> Json:
    return yaml.load(raw.decode("utf-8"), _Loader)  # noqa: S506 (a safe loader)


def read(path: Path | Traversable) -> dict[str, Any]:
    """Return one YAML file as a dict, its mappings marked with ``__line__``.

    Raises:
        Misconfigured: not UTF-8, not YAML, not a mapping, or a duplicate key; names file and line.
    """
    raw = path.read_bytes()
    try:
        data = CACHE.get(b"yaml", raw, lambda: _parsed(raw))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Misconfigured(
            "not UTF-8; save the file in that encoding", where=f"{path.name}:{line}"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path.name}:{mark.line + 1}" if mark else path.name
        raise Misconfigured(f"not YAML: {getattr(error, 'problem', error)}", where=where) from None
    except Misconfigured as error:
        raise Misconfigured(error.reason, where=f"{path.name}:{error.where}") from None
    if not isinstance(data, dict):
        raise Misconfigured("expected a mapping at the top", where=path.name)
    return data
