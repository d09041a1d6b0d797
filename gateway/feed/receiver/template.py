"""Template: texts of a map with names in braces: ``"{value.organID}-{time}"``; nothing else is computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from gateway.errors import Misconfigured

_NAME = re.compile(r"\{([A-Za-z][A-Za-z0-9_.-]*)\}")

Names = Mapping[str, Callable[[], str]]
"""What may stand in braces; made when it is asked for."""


def filled(template: Any, names: Names) -> Any:
    """Return a text, table or list with every name replaced.

    Raises:
        Misconfigured: there is no such name.
    """
    if isinstance(template, str):
        return _NAME.sub(lambda found: _value(found[1], names), template)
    if isinstance(template, dict):
        return {key: filled(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, names) for value in template]
    return template


def _value(name: str, names: Names) -> str:
    made = names.get(name)
    if made is None:
        raise Misconfigured(f"a map names {name}; there is {', '.join(sorted(names))}")
    return made()
