"""Cases: reads the YAML beside a suite, numbers with the digits in which they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from conformance.simulators.exact import Number

_FOLDER = Path(__file__).parents[1]


class _Loader(yaml.CSafeLoader):
    """As the safe loader, but dates stay texts and ``!number "5.40"`` keeps its digits."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for letter, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("!number", lambda loader, node: Number(str(node.value)))


def read(suite: str, name: str) -> list[dict[str, Any]]:
    """Return the cases in ``suites/SUITE/NAME.yaml``. Raises ``ValueError``: it is no list."""
    found = yaml.load((_FOLDER / suite / f"{name}.yaml").read_text("utf-8"), _Loader)  # noqa: S506 -- a safe one
    if not isinstance(found, list):
        raise ValueError(f"{suite}/{name}.yaml: a list of cases is needed")
    return found


def filled(value: Any, **given: str) -> Any:
    """Return a value with ``{name}`` replaced by what is given, wherever it stands."""
    if isinstance(value, dict):
        return {name: filled(one, **given) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, **given) for one in value]
    if not isinstance(value, str) or isinstance(value, Number):
        return value
    for name, text in given.items():
        value = value.replace(f"{{{name}}}", text)
    return value
