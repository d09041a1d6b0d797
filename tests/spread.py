"""Which worker runs what: the tests of a file stay together, and what takes long begins first.

What a module shares (a demo that stands, a server, compiled maps) is then made once, and no worker is left
alone with minutes of work at the end. ``--dist loadgroup`` asks for it.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadGroupScheduling

LONG = (
    "tests/conformance/test_mutants.py",
    "serial",
    "whole-run",
    "tests/conformance/command/test_bad_targets.py",
    "tests/conformance/command/test_run.py",
    "tests/pipeline/test_poller.py",
    "own-form",
    "tests/cli/test_convert.py",
    "tests/validation/test_examples.py",
    "tests/cli/test_mending.py",
    "tests/feed/relay/test_relay.py",
    "tests/feed/test_ten_minutes.py",
    "second-target",
    "tests/store/search/test_oracle.py",
)
"""Files, and groups of ``xdist_group``, that take half a minute and more, the longest first."""


class Spread(LoadGroupScheduling):
    """Hands out whole files, or groups where tests have one, in the order of their collection."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)  # type: ignore[arg-type]
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        group = super()._split_scope(nodeid)
        return nodeid.partition("::")[0] if group == nodeid else group


def order(items: list[pytest.Item]) -> None:
    """Bring what takes long to the front; the rest stays as it was collected."""
    ranks = {name: at for at, name in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(_scope(item), len(LONG)))


def _scope(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else item.nodeid.partition("::")[0]
