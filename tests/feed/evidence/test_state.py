"""Evidence that is missing, about to end, over or in date; and that the data file says what its texts say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from gateway.feed.evidence import Held, held, kinds
from gateway.store import Change, Store, Transact, open_store

TODAY = date(2026, 3, 2)
(MLPS,) = [one for one in kinds() if one.kind == "mlps-certificate"]
(AGREEMENT,) = [one for one in kinds() if one.kind == "partner-agreement"]


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def keep(store: Store, id_: str, kind: str = "mlps-certificate", **more: Any) -> None:
    coding = [{"system": "urn:qiao:codes:evidence-kind", "code": kind}]
    body = {"resourceType": "DocumentReference", "id": id_, "status": "current", "type": {"coding": coding}}
    body |= {"content": [{"attachment": {}}], **more}
    (done,) = store.write([Transact("default", "x", [Change("update", "DocumentReference", id_, body)])])
    assert done.error is None


def period(start: str = "2025-01-01", **end: str) -> dict[str, Any]:
    return {"context": {"period": {"start": start, **end}}}


def one(store: Store, kind: Any = MLPS) -> Held:
    (found,) = held(store, "default", [kind], TODAY)
    return found


@pytest.mark.parametrize(
    ("end", "colour", "days"),
    [
        ("2026-03-01", "red", -1),
        ("2026-03-02", "yellow", 0),
        ("2026-04-30", "yellow", 59),
        ("2026-05-01", "green", 60),
        ("2026-05", "green", 90),
    ],
)
def test_the_last_day_still_counts(store: Store, end: str, colour: str, days: int) -> None:
    keep(store, "a", **period(end=end))
    assert (one(store).colour, one(store).days) == (colour, days)


def test_what_is_missing_is_red_unless_nobody_asks_for_it(store: Store) -> None:
    assert (one(store).colour, one(store).why) == ("red", "missing")
    assert one(store, AGREEMENT).colour == "none"
    keep(store, "p", "partner-agreement", **period(end="2026-01-01"))
    assert one(store, AGREEMENT).why == "expired"


def test_without_an_end_a_yearly_one_holds_a_year(store: Store) -> None:
    keep(store, "a", **period("2025-03-02"))
    assert (one(store).end, one(store).colour) == (date(2026, 3, 2), "yellow")


def test_the_one_that_holds_longest_counts_and_what_has_not_begun_does_not(store: Store) -> None:
    keep(store, "old", **period(end="2025-12-31"))
    keep(store, "next", **period("2026-06-01", end="2027-05-31"))
    assert (one(store).document, one(store).why) == ("DocumentReference/old", "expired")
    keep(store, "new", **period("2026-01-01", end="2026-12-31"))
    assert one(store).document == "DocumentReference/new"
    keep(store, "wrong", status="entered-in-error", **period(end="2030-01-01"))
    assert one(store).document == "DocumentReference/new"


def test_a_jurisdiction_asks_for_its_own() -> None:
    national = {found.kind for found in kinds()}
    assert "normative-test" not in national
    assert {found.kind for found in kinds(["cn-chongqing"])} - national == {
        "normative-test", "mlps-assessment", "feedback-department",
    }  # fmt: skip


def test_every_kind_is_a_code() -> None:
    import json
    from importlib.resources import files

    system = json.loads(files("mappings").joinpath("codesystems", "evidence-kind.json").read_text("utf-8"))
    codes = {concept["code"] for concept in system["concept"]}
    assert {found.kind for found in kinds(["cn-chongqing", "cn-sichuan", "cn-yunnan"])} <= codes
