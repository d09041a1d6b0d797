"""Rule file: rules that are data, the hospital's own file or the one that qiao ships, read from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from gateway.errors import Misconfigured

Said = tuple[Mapping[str, Any], str]
"""What a file says, and its name for messages."""


class _Loader(yaml.CSafeLoader):
    """Safe YAML in which nothing is said twice: of two limits under one key the first would be lost."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set[str]()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value in seen and key.value != "<<":
            raise yaml.MarkedYAMLError(problem=f"{key.value} is there twice", problem_mark=key.start_mark)
        seen.add(str(key.value))
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def rule_file(file: Path | None, *shipped: str) -> Said:
    """Return the rules of ``file``, or those that qiao ships; ``{}`` where the file is no mapping.

    Args:
        shipped: folder and name below ``mappings``.

    Raises:
        Misconfigured: it cannot be read, or is no YAML, or says a key twice; names file and line.
    """
    found: Traversable = file or files("mappings").joinpath(*shipped)
    where = str(file) if file else "/".join(("mappings", *shipped))
    try:
        said = yaml.load(found.read_text("utf-8"), _Loader)  # noqa: S506 (a safe loader)
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=where) from None
    except UnicodeDecodeError:
        raise Misconfigured("not UTF-8; save the file in that encoding", where=where) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f"{where}:{mark.line + 1}" if mark else where
        raise Misconfigured(f"not YAML: {getattr(error, 'problem', error)}", where=at) from None
    return (said if isinstance(said, dict) else {}), where
