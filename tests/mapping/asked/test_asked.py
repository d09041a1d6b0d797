"""Queries as data: what a file may say, and which search a question becomes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Misconfigured, Rejected
from gateway.mapping import Profile, load_maps
from gateway.mapping.asked import Asked, Query, load_queries, read
from gateway.mapping.outbound import OutMaps
from gateway.wire import er7

OUT = OutMaps(frozenset(load_maps().tables))
PROFILE = Profile(systems={"MR": "urn:oid:1.2.3"})
SAID: dict[str, Any] = {
    "query": "orders", "match": "boolean(/q)", "form": "ANSWER", "first": "//count",
    "patient": {"MR": "//patient"},
    "parameters": {
        "number": "//number",
        "time": {"low": "//low", "high": "//high"},
        "state": {"from": "//state", "codes": {"1": "active", "2": "completed"}},
    },
    "enough": ["number"], "ignored": {"ward": "//ward"}, "refused": {"card": "//card"},
    "searches": [{"type": "ServiceRequest", "with": {"_revinclude": "Provenance:target"},
                  "by": {"identifier": "number", "authored": "time", "status": "state"}}],
    "say": "platform-examination",
}  # fmt: skip


class Said:
    """A record of any format: paths and their values."""

    def __init__(self, **values: list[str]) -> None:
        self._values = {f"//{name}": found for name, found in values.items()} | {"boolean(/q)": ["true"]}

    def get(self, path: str) -> str | None:
        return next(self.each(path), None)

    def each(self, path: str) -> Iterator[str]:
        return iter(self._values.get(path, []))

    def unread(self) -> Iterator[str]:
        return iter(())


def loaded(folder: Path, **changed: Any) -> Query:
    (folder / "queries").mkdir(exist_ok=True)
    (folder / "queries" / "one.yaml").write_text(yaml.safe_dump(SAID | changed), "utf-8")
    return next(iter(load_queries(OUT, folder)))


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Query:
    return loaded(tmp_path_factory.mktemp("maps"))


def asked(query: Query, **values: list[str]) -> Asked:
    return read(query, Said(**values), PROFILE)


def test_every_parameter_becomes_one_of_the_search(query: Query) -> None:
    found = asked(query, patient=["7"], number=["A,1", "B"], low=["20260305"], high=["202603052215"],
                  state=["2"], count=["5"], ward=["W1"])  # fmt: skip
    assert found.numbers == (("urn:oid:1.2.3", "7"),)
    assert (found.first, found.ignored) == (5, ("ward",))
    (search,) = found.searches
    assert search.about == "patient"
    assert dict(search.pairs) == {
        "_revinclude": "Provenance:target", "identifier": r"A\,1,B", "status": "completed",
        "authored": "le2026-03-05T22:15+08:00",
    }  # fmt: skip
    assert ("authored", "ge2026-03-05") in search.pairs


@given(st.text(max_size=40))
def test_whatever_is_written_is_one_value_of_the_search_or_refused(query: Query, value: str) -> None:
    """A number never becomes two, or a number of another register."""
    try:
        found = asked(query, patient=["7"], number=[value])
    except Rejected:
        return
    said = dict(found.searches[0].pairs).get("identifier", "")
    bare = said.replace("\\\\", "").replace("\\,", "").replace("\\|", "").replace("\\$", "")
    assert not set(bare) & set(",|$\\")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "everybody"),
        ({"state": ["1"]}, "everybody"),
        ({"number": ["无", "-", ""]}, "everybody"),
        ({"number": ["A*"]}, "wildcards"),
        ({"number": ["1"], "state": ["9"]}, "known are 1, 2"),
        ({"number": ["1"], "low": ["2026-02-30"]}, "no time"),
        ({"number": ["1"], "low": ["20260306"], "high": ["20260305"]}, "begins after"),
        ({"number": ["1"], "card": ["x"]}, "register"),
    ],
)
def test_what_cannot_be_asked(query: Query, values: dict[str, list[str]], reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        asked(query, **values)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"say": "nothing"}, "no map"),
        ({"match": "boolean(("}, "XPath"),
        ({"enough": ["other"]}, "no parameter"),
        ({"searches": [{"type": "Order", "by": {}}]}, "no resource type|does not look"),
        ({"searches": [{"type": "ServiceRequest", "by": {"identifier": "number"}}]}, "does not look at"),
        ({"parameters": {"number": {"codes": {"1": "a"}}}}, "needs from"),
        ({"colour": "blue"}, "unknown key"),
        ({"form": ""}, "needs form"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(Misconfigured, match=reason) as raised:
        loaded(tmp_path, **changed)
    assert "one.yaml" in str(raised.value)


def test_a_question_in_hl7_v2_is_read_by_the_paths_of_its_own_format(tmp_path: Path) -> None:
    raw = b"MSH|^~\\&|A|B|||20260305||QBP^Q11|1|P|2.5.1\rQPD|WOS^Work Order Step|q1|T260305000045\r"
    loaded(tmp_path, format="hl7v2", match={"MSH-9.1": "QBP", "MSH-9.2": ["Q11"]}, first="", patient={},
           ignored={}, refused={}, parameters={"number": "QPD-3"},
           searches=[{"type": "ServiceRequest", "by": {"specimen.identifier": "number"}}])  # fmt: skip
    record, queries = er7.parse(raw), load_queries(OUT, tmp_path)
    (search,) = read(queries.of(record, "hl7v2"), record, PROFILE).searches
    assert search.pairs == (("specimen.identifier", "T260305000045"),)
    with pytest.raises(Rejected):
        queries.of(record)


def test_a_question_that_no_file_knows_is_refused(tmp_path: Path) -> None:
    loaded(tmp_path, match="boolean(/other)")
    with pytest.raises(Rejected, match="mappings/queries"):
        load_queries(OUT, tmp_path).of(Said())
