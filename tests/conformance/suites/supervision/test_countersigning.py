"""A countersignature must be kept; that another one signed the same head first is no fault of the target."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.harness.answer import Answer
from conformance.harness.check import Check
from conformance.harness.feed import Page
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.verdict import Failed
from conformance.harness.words import same
from conformance.suites.supervision import countersigning

Kept = dict[int, str]
Taking = Callable[[Kept, int, str], int]
Tried = Callable[..., None]


def first_counts(kept: Kept, size: int, signature: str) -> int:
    kept.setdefault(size, signature)
    return 200


def one_alone(kept: Kept, size: int, signature: str) -> int:
    return 409 if kept.setdefault(size, signature) != signature else 200


def right_alone(kept: Kept, size: int, signature: str) -> int:
    return first_counts(kept, size, signature) if signature == f"regulator/{size}/abc" else 422


def forgets(kept: Kept, size: int, signature: str) -> int:
    return 200


def changes(kept: Kept, size: int, signature: str) -> int:
    kept[size] = signature[::-1]
    return 200


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Tried:
    """``tried(check, takes, 1, 2)``: another one has signed the first two heads in the meantime."""

    def go(check: Callable[..., None], takes: Taking, *others: int, how: tuple[Any, ...] = ()) -> None:
        kept, sizes = dict.fromkeys(others, "another"), iter(range(1, 99))

        def grown(run: Run, suffix: str) -> Page:
            return cast(Page, SimpleNamespace(size=next(sizes), root="abc", head="h"))

        def sent(run: Run, page: Page, signature: str) -> Answer:
            return Answer(takes(kept, page.size, signature), {}, b'{"resourceType":"OperationOutcome",'
                          b'"issue":[{"severity":"error"}]}', 1)  # fmt: skip

        monkeypatch.setattr(countersigning, "_grown", grown)
        monkeypatch.setattr(countersigning, "_sent", sent)
        monkeypatch.setattr(countersigning, "_signed", lambda run: list(kept.items()))
        monkeypatch.setattr(
            countersigning, "_signature", lambda run, page, who, root: f"{who}/{page.size}/{root}"
        )
        target = made({"fhir": "http://127.0.0.1:9/fhir"})
        one = Check("s.one", "s", "SC-32", same("one"), lambda run: None)
        check(Run(one, Session(target, "t1", 7, date(2026, 3, 6))), *how)

    return go


@pytest.mark.parametrize("others", [(), (1,), (1, 2, 3)])
@pytest.mark.parametrize("takes", [first_counts, one_alone])
def test_it_is_tried_again_where_another_one_was_first(
    tried: Tried, takes: Taking, others: tuple[int, ...]
) -> None:
    tried(countersigning.countersigned, takes, *others)


@pytest.mark.parametrize("takes", [forgets, changes])
def test_a_target_that_does_not_keep_what_it_takes_fails(tried: Tried, takes: Taking) -> None:
    with pytest.raises(Failed):
        tried(countersigning.countersigned, takes)


@pytest.mark.parametrize("how", [("regulator", True), ("physician", False)])
def test_a_wrong_one_is_refused_and_the_right_one_taken(tried: Tried, how: tuple[str, bool]) -> None:
    tried(countersigning.countersigned_wrongly, right_alone, 1, how=how)
    with pytest.raises(Failed):
        tried(countersigning.countersigned_wrongly, first_counts, how=how)
