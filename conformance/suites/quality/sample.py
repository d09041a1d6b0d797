"""A bounded sample of what a target has; nothing that a run of this harness wrote, now or earlier.

Patients come first, then what is about them, then whom and what that refers to: so what hangs on test data
is left out with it, and two runs see the same however much other checks write in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import yaml

from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.verdict import NotTested
from conformance.simulators.exact import Resource, dumps
from conformance.suites.quality.forms import moment

PROFILE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "data_quality" / "profile.yaml").read_text("utf-8")
)
_BOUNDS: dict[str, int] = PROFILE["sample"]
_OURS = re.compile(r"r[0-9a-f]{13}|CFr[0-9a-f]{6}\d|example\.org/fhir/conformance|urn:qiao:conformance")
"""Ids, numbers and systems of this harness's own data."""
_PAGES = 40


@dataclass(slots=True)
class Sample:
    """What is looked at.

    Attributes:
        by_kind: resources by type, by their ids.
        read: what references lead to, ``None``: nothing.
    """

    by_kind: dict[str, list[Resource]]
    read: dict[str, Resource | None] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[Resource]:
        """Return the resources of some types. Raises :class:`NotTested`: there are none."""
        found = [one for kind in kinds for one in self.by_kind.get(kind, [])]
        if not found:
            raise nothing(", ".join(kinds))
        return found

    def all(self) -> list[Resource]:
        """Return everything. Raises :class:`NotTested`: there is nothing."""
        return self.of(*self.by_kind)


def nothing(what: str) -> NotTested:
    """Return what ends a check that has nothing to look at."""
    return NotTested(
        f"无数据：目标中没有可抽样的 {what}", f"no data: the target has no {what} to be looked at"
    )


def sample(run: Run) -> Sample:
    """Return the sample, drawn once a run. Raises :class:`NotTested`: the target has no data."""
    run.step("抽取样本", "a sample is drawn")
    found = run.session.once("quality", lambda: _drawn(run))
    if not found.by_kind["Patient"]:
        raise nothing("Patient")
    return found


def _drawn(run: Run) -> Sample:
    client = _Asking(run)
    patients = _patients(client)
    drawn: dict[str, list[Resource]] = {"Patient": patients}
    for kind in PROFILE["kinds"]:
        asked = [f"{kind}?patient=Patient/{one.get('id')}&" for one in patients]
        found = [one for query in asked for one in client.some(query, _BOUNDS["each"])]
        # Once each: a server that has no such parameter may give the same ones for every patient.
        drawn[kind] = list({str(one.get("id")): one for one in found}.values())
    whole = Sample(drawn)
    for name in _some_of_each(_references(whole.by_kind), _BOUNDS["references"]):
        answer = run.client().get(name)
        there = answer.body if answer.ok and answer.kind == name.split("/")[0] else None
        whole.read[name] = there
        if there is not None and there["resourceType"] in PROFILE["followed"]:
            whole.by_kind.setdefault(there["resourceType"], []).append(there)
    return whole


def _patients(client: _Asking) -> list[Resource]:
    """Return whose data are looked at, a third of them with a report: the first may all be without."""
    most = _BOUNDS["patients"]
    reports = client.some("DiagnosticReport?", most)
    subjects = sorted({str(pick(one, "subject.reference")) for one in reports})[: most // 3]
    reported = [found for name in subjects if name.startswith("Patient/") and (found := client.read(name))]
    others = {str(one.get("id")): one for one in client.some("Patient?", most)}
    listed = {str(one.get("id")): one for one in reported} | others
    return list(listed.values())[:most]


def ahead(told: str, asked: datetime, answered: datetime) -> timedelta:
    """Return how far a target's clock is ahead of ours at least; 0 where they may agree, or it tells nothing.

    A Date has no fractions of a second (RFC 9110 §5.6.7): it is of any moment from itself to a second later.
    To take it as exact would put what came up to a second before a run into the run.
    """
    try:
        there = parsedate_to_datetime(told).astimezone(UTC)
    except ValueError:
        return timedelta()
    least, most = there - answered, there + timedelta(seconds=1) - asked
    if least > timedelta():
        return least
    return min(most, timedelta())


class _Asking:
    """Searches, and leaves out what this run wrote, or an earlier one that could not remove it."""

    def __init__(self, run: Run) -> None:
        self._client, self._number = run.client(), run.session.number
        asked = datetime.now(UTC)
        told = self._client.get("metadata").headers.get("date", "")
        self._before = run.session.began + ahead(told, asked, datetime.now(UTC))

    def some(self, query: str, most: int) -> list[Resource]:
        """Return the first of what a search finds, then ordered by id; none where it cannot be made."""
        kind, found, address = query.partition("?")[0], {}, f"{query}_count={_BOUNDS['page']}"
        for _ in range(_PAGES):
            answer = self._client.get(address)
            if not answer.ok:
                break
            for one in answer.entries:
                if one.get("resourceType") == kind and not self._ours(one):
                    found[str(one.get("id"))] = one
            address = answer.link("next")
            if not address or len(found) >= most:
                break
        # Cut before it is sorted: how full a page is of test data must not say what is looked at.
        return [found[name] for name in sorted(list(found)[:most])]

    def read(self, name: str) -> Resource | None:
        """Return a resource, None where it cannot be read or is of a run."""
        answer = self._client.get(name)
        return answer.body if answer.ok and not self._ours(answer.body) else None

    def _ours(self, one: Resource) -> bool:
        written = moment(pick(one, "meta.lastUpdated"))
        if written is not None and written >= self._before:
            return True
        text = dumps(one)
        return self._number in text or _OURS.search(text) is not None


def references_of(one: Resource) -> Iterator[str]:
    """Return the relative references in a resource, ``Type/id``, as often as they stand there."""
    for value in _texts(one, "reference"):
        if re.fullmatch(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}(/_history/.+)?", value):
            yield value.partition("/_history")[0]


def _references(by_kind: dict[str, list[Resource]]) -> list[str]:
    return sorted({name for listed in by_kind.values() for one in listed for name in references_of(one)})


def _some_of_each(names: list[str], most: int) -> list[str]:
    """Return so many names, the same number of each type as far as there are any."""
    order: dict[str, int] = {}
    ranked = []
    for name in names:
        kind = name.partition("/")[0]
        order[kind] = order.get(kind, 0) + 1
        ranked.append((order[kind], name))
    return [name for _, name in sorted(ranked)[:most]]


def _texts(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key == name and isinstance(one, str):
                yield one
            else:
                yield from _texts(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, name)


def codings(listed: list[Resource], path: str) -> Iterator[Resource]:
    """Return the codings at a path of several resources."""
    for one in listed:
        for found in each(one, f"{path}.coding"):
            if isinstance(found, dict):
                yield found
