"""A ward in the store, and short ways to search it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.canonical import Draft
from gateway.store import Page

Resource = dict[str, Any]


def patient(id_: str, **elements: Any) -> Resource:
    return {"resourceType": "Patient", "id": id_, **elements}


def observation(id_: str, subject: str = "p1", code: str = "718-7", **elements: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{subject}"},
        **elements,
    }


class Ward:
    """A store that whole resources are put into."""

    patient = staticmethod(patient)
    observation = staticmethod(observation)

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.store = desk.store

    def put(self, *resources: Resource) -> None:
        """Write resources, each a version of its own."""
        drafts = [Draft(each["resourceType"], each["id"], each) for each in resources]
        self.desk.stored(*drafts)

    def page(self, type_: str, *pairs: tuple[str, str], **more: Any) -> Page:
        """Return one page of a search."""
        return self.store.search("default", type_, pairs, **more)

    def found(self, type_: str, *pairs: tuple[str, str], **more: Any) -> list[str]:
        """Return the ids of the first page."""
        return [match.id for match in self.page(type_, *pairs, **more).matches]

    def names(self, page: Page) -> list[str]:
        """Return ``Type/id`` of the matches."""
        return [f"{match.type}/{match.id}" for match in page.matches]

    def included(self, type_: str, *pairs: tuple[str, str]) -> list[str]:
        """Return what a search includes, sorted; nothing comes twice."""
        page = self.page(type_, *pairs)
        names = [f"{each.type}/{each.id}" for each in page.included]
        assert len(names) == len(set(names))
        assert not set(names) & set(self.names(page))
        return sorted(names)

    def pages(self, ask: Callable[[list[tuple[str, str]]], Page]) -> list[list[str]]:
        """Return the names on all pages that a search gives."""
        shown: list[list[str]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = ask([("_cursor", cursor)] if cursor else [])
            shown.append(self.names(page))
            cursor = page.cursor
        return shown


@pytest.fixture
def ward(desk: Any) -> Ward:
    return Ward(desk)


@pytest.fixture
def full(ward: Ward) -> Ward:
    """Two patients, their observations, a visit, a report, and who did it."""
    ward.put(
        {"resourceType": "Organization", "id": "g0", "name": "Root"},
        {
            "resourceType": "Organization",
            "id": "g1",
            "name": "Alpha",
            "partOf": {"reference": "Organization/g0"},
        },
        {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "Wang"}]},
        patient(
            "p1",
            name=[{"family": "张", "given": ["三"]}],
            birthDate="1990-03-07",
            managingOrganization={"reference": "Organization/g1"},
            generalPractitioner=[{"reference": "Practitioner/d1"}],
        ),
        patient("p2", name=[{"family": "Lee"}], birthDate="1980"),
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "class": {"code": "IMP"},
            "subject": {"reference": "Patient/p1"},
            "period": {"start": "2026-03-05", "end": "2026-03-06"},
        },
        observation(
            "o1",
            effectiveDateTime="2026-03-05",
            valueQuantity={"value": 5.4},
            encounter={"reference": "Encounter/e1"},
            performer=[{"reference": "Practitioner/d1"}],
        ),
        observation("o2", code="2-2", effectiveDateTime="2026-03-07", valueQuantity={"value": 6.4}),
        observation("o3", "p2", effectiveDateTime="2026-03-06", valueQuantity={"value": 7}),
        observation("o4", "p2", code="2-2"),
        {
            "resourceType": "DiagnosticReport",
            "id": "r1",
            "status": "final",
            "code": {"text": "CBC"},
            "subject": {"reference": "Patient/p1"},
            "result": [{"reference": "Observation/o1"}, {"reference": "Observation/o2"}],
        },
        {
            "resourceType": "Provenance",
            "id": "v1",
            "recorded": "2026-03-05T08:00:00+08:00",
            "target": [{"reference": "Observation/o1/_history/1"}],
            "agent": [{"who": {"reference": "Practitioner/d1"}}],
        },
        {
            "resourceType": "List",
            "id": "l1",
            "status": "current",
            "mode": "working",
            "entry": [
                {"item": {"reference": "Patient/p2"}},
                {"item": {"reference": "Observation/o3"}},
                {"item": {"reference": "Observation/o4"}, "deleted": True},
            ],
        },
    )
    return ward
