"""Several governors: each sees its own types, and the first refusal counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gateway.errors import Ground, Refusal
from gateway.feed.governors import Governors
from gateway.store import Change, Desk, Made, Occasion, Store, Transact, open_store


class Seeing:
    def __init__(self, *types: str, refuses: bool = False) -> None:
        self.types = frozenset(types)
        self.seen: list[str] = []
        self._refuses = refuses

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        self.seen += [one.type for one in made]
        if self._refuses:
            raise Refusal([Ground("no", "no")])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    yield opened
    opened.close()


def write(store: Store, *types: str) -> bool:
    changes = [Change("update", one, "1", {"resourceType": one, "id": "1"}) for one in types]
    (done,) = store.write([Transact("default", "x", changes)])
    return done.error is None


def test_each_sees_its_own(store: Store) -> None:
    tasks, both = Seeing("Task"), Seeing("Task", "Flag")
    store.govern(Governors(tasks, both))
    assert write(store, "Task", "Flag", "Basic")
    assert (tasks.seen, sorted(both.seen)) == (["Task"], ["Flag", "Task"])


def test_one_refusal_is_enough(store: Store) -> None:
    after = Seeing("Task")
    store.govern(Governors(Seeing("Task", refuses=True), after))
    assert not write(store, "Task")
    assert (after.seen, store.read("default", "Task", "1")) == ([], None)
