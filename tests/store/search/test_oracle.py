"""Random searches of random resources: what the index finds is what the filters mean, told one by one."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.store import Change
from gateway.store.index import references, unversioned, values
from gateway.store.search import Criteria, driver, far, joined, planner, scan, sight, sources

Json = dict[str, Any]
DAYS = [f"2026-0{month}-{day:02}" for month in (1, 2) for day in (1, 2, 15, 28)]
CODES = ["718-7", "2-2", "WBC", "Wbc"]
SYSTEMS = ["http://loinc.org", "urn:lis"]
NAMES = ["Müller", "muller", "Mul", "张三", "张", "Al Bo", "x" * 60, "x" * 50 + "y"]


class Chance:
    """Makes resources and searches."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)

    def some(self, **elements: Any) -> Json:
        """Return some of the elements."""
        return {name: value for name, value in elements.items() if self.pick.random() < 0.7}

    def coding(self) -> Json:
        code = {"code": self.pick.choice(CODES), **self.some(system=self.pick.choice(SYSTEMS))}
        return code | self.some(display=self.pick.choice(["White cells", "Red cells"]))

    def concept(self) -> Json:
        codings = [self.coding() for _ in range(self.pick.randint(0, 2))]
        return {"coding": codings, "text": "cells"} if codings else {"text": "no code"}

    def reference(self, type_: str) -> Json:
        version = self.pick.choice(["", "", "/_history/1"])
        named = self.some(identifier={"system": "urn:mrn", "value": self.pick.choice("123")})
        return {"reference": f"{type_}/{type_[0].lower()}{self.pick.randint(0, 9)}{version}", **named}

    def times(self) -> Json:
        day, other = sorted(self.pick.choices(DAYS, k=2))
        return self.pick.choice([
            {"effectiveDateTime": day},
            {"effectiveDateTime": f"{day}T10:00:00+08:00"},
            {"effectivePeriod": {"start": day, "end": other}},
            {"effectivePeriod": {"start": day}},
            {},
        ])  # fmt: skip

    def patient(self, n: int) -> Json:
        name = self.pick.choice([{"text": self.pick.choice(NAMES)}, {"family": "Mul", "given": ["Bo"]}])
        return {"resourceType": "Patient", "id": f"p{n}"} | self.some(
            name=[name, {"text": self.pick.choice(NAMES)}],
            gender=self.pick.choice(["male", "female"]),
            birthDate=self.pick.choice(["1990", "1990-03", "1990-03-07"]),
            active=self.pick.choice([True, False]),
            managingOrganization=self.reference("Organization"),
            meta={"tag": [self.coding()], "profile": ["http://example.org/p/a|1"]},
        )

    def organization(self, n: int) -> Json:
        return {"resourceType": "Organization", "id": f"o{n}"} | self.some(
            name=self.pick.choice(NAMES), partOf=self.reference("Organization")
        )

    def observation(self, n: int) -> Json:
        value = {"value": self.pick.choice([1, 1.5, 2, 100]), **self.some(unit="g", code="g", system="urn:u")}
        status = self.pick.choice(["final", "amended"])
        made = {"resourceType": "Observation", "id": f"x{n}", "status": status, "code": self.concept()}
        component = [{"code": self.concept(), "valueQuantity": value} for _ in range(2)]
        some = self.some(subject=self.reference("Patient"), valueQuantity=value, component=component)
        return made | some | self.times()

    def encounter(self, n: int) -> Json:
        at = [{"location": {"reference": "Location/l"}, "period": self.hours()} for _ in range(2)]
        return {"resourceType": "Encounter", "id": f"e{n}", "status": "finished"} | self.some(
            location=at, period=self.hours()
        )

    def hours(self) -> Json:
        day = self.pick.choice(DAYS)
        return {"start": f"{day}T10:00:00+08:00", "end": f"{day}T11:00:00+08:00"}

    def questionnaire(self, n: int) -> Json:
        named = {"url": self.url(), "version": self.pick.choice("12"), "title": self.pick.choice(NAMES)}
        return {"resourceType": "Questionnaire", "id": f"q{n}", "status": "active"} | self.some(**named)

    def response(self, n: int) -> Json:
        version = self.pick.choice(["", "", "|1", "|2", "|9", "#a", "|1#a"])
        named = self.pick.choice([self.url() + version, f"Questionnaire/q{self.pick.randint(0, 9)}"])
        status = self.pick.choice(["completed", "amended"])
        made = {"resourceType": "QuestionnaireResponse", "id": f"r{n}", "status": status}
        return made | self.some(questionnaire=named, subject=self.reference("Patient"))

    def url(self) -> str:
        return f"http://example.org/q/{self.pick.randint(0, 5)}"

    def search(self, type_: str) -> list[tuple[str, str]]:
        """Return one to three random filters."""
        return [self.filter(type_) for _ in range(self.pick.choice([1, 1, 2, 3]))]

    def filter(self, type_: str) -> tuple[str, str]:
        code, system, day = self.pick.choice(CODES), self.pick.choice(SYSTEMS), self.pick.choice(DAYS)
        prefix = self.pick.choice(["", "ne", "gt", "lt", "ge", "le", "sa", "eb"])
        name, number = self.pick.choice(NAMES), self.pick.choice(["1", "1.5", "2.0", "1e2", "99"])
        token = self.pick.choice([code, f"{system}|{code}", f"|{code}", f"{system}|", f"{code},none"])
        text = self.pick.choice([name, name[:2], name.upper(), name[:49]])
        one = str(self.pick.randint(0, 9))
        url, answered = self.url(), "_has:QuestionnaireResponse:questionnaire"
        common = [("_id", f"p{one},o{one},x{one}"), ("_id:not", f"x{one}"), ("_lastUpdated", "ge2020")]
        of_type: dict[str, list[tuple[str, str]]] = {
            "Patient": [
                ("name" + self.pick.choice(["", ":exact", ":contains"]), text),
                ("family", "mul"), ("given:missing", "true"), ("gender", "male"), ("gender:not", "male"),
                ("birthdate", prefix + "1990-03"), ("active", "true"), ("_tag", token),
                ("_profile", "http://example.org/p/a"), ("_profile:below", "http://example.org"),
                ("organization", f"o{one},Organization/o1"), ("organization.name", text),
                ("organization.partof.name:missing", "false"), ("organization:identifier", "urn:mrn|2"),
                ("_has:Observation:patient:code", token), ("_has:Observation:subject:date", prefix + day),
            ],
            "Organization": [
                ("name", text), ("partof", f"o{one}"), ("partof:missing", "true"),
                ("partof.partof.name", text),
                ("_has:Patient:organization:gender", "male"),
                ("_has:Patient:organization:_has:Observation:patient:status", "final"),
            ],
            "Encounter": [
                ("location-period", prefix + day), ("location-period", f"ge{day}"),
                ("location-period", f"lt{day}"), ("date", f"ge{day}"), ("date", prefix + day[:7]),
            ],
            "Questionnaire": [
                ("url", url), ("title", text), ("version", "1"), (f"{answered}:status", "completed"),
                (f"{answered}:subject.name", text), (f"{answered}:questionnaire", url),
            ],
            "QuestionnaireResponse": [
                ("questionnaire", f"{url},q{one}"), ("questionnaire", f"Questionnaire/q{one}"),
                ("questionnaire", f"{url}|1"), ("questionnaire.url", url), ("questionnaire.title", text),
                ("questionnaire:Questionnaire.version", "2"), ("questionnaire.title:missing", "true"),
                (f"questionnaire.{answered}:status", "amended"), ("questionnaire._id:not", f"q{one}"),
                ("_has:Provenance:target:agent", "Practitioner/1"), ("patient.name", text),
            ],
            "Observation": [
                ("code", token), ("code:not", token), ("code:text", "red"), ("code:missing", "true"),
                ("combo-code", token), ("status", "final"), ("status:not", "final"),
                ("date", prefix + day), ("date", f"{prefix}{day[:7]}"), ("date:missing", "true"),
                ("date", f"ge{day},lt2026-01-02"), ("value-quantity", prefix + number),
                ("value-quantity", f"{prefix}{number}|urn:u|g"), ("value-quantity", f"{number}||g"),
                ("code-value-quantity", f"{code}${prefix}{number}"),
                ("component-code-value-quantity", f"{code}$gt1"), ("patient", f"p{one},p1"),
                ("subject:Patient", f"p{one}"), ("subject:identifier", "2"), ("patient.name", text),
                ("subject.organization.name", text), ("patient.gender:not", "male"), ("_content", "cells"),
            ],
        }  # fmt: skip
        return self.pick.choice([*of_type[type_], *of_type[type_], *common])


class Told:
    """Answers about other resources by looking at every one."""

    def __init__(self, resources: list[Json]) -> None:
        self.resources = resources

    def fetch(self, type_: str, id_: str) -> Json | None:
        return next((r for r in self.resources if (r["resourceType"], r["id"]) == (type_, id_)), None)

    def names(self, kind: str, reference: str, resource: Json) -> bool:
        """Tell whether a reference or canonical names a resource."""
        if unversioned(reference) == f"{resource['resourceType']}/{resource['id']}":
            return True
        url, _, version = reference.partition("|")
        return kind == "canonical" and url == resource.get("url") and version in ("", resource.get("version"))

    def leads(self, chain: Any, kind: str, reference: str) -> bool:
        return any(
            resource["resourceType"] == type_
            and self.names(kind, reference, resource)
            and inner.holds(resource, self)
            for resource in self.resources
            for type_, inner in chain.links
        )

    def refers(self, has: Any, resource: Json) -> bool:
        return any(
            self.names(kind, reference, resource) and has.inner.holds(far, self)
            for far in self.resources
            if far["resourceType"] == has.type
            for kind, value in values(has.parameter, far)
            for reference in references(kind, value)
        )

    def canonicals(self, resources: Any) -> frozenset[str]:
        found = [each for each in self.resources if (each["resourceType"], each["id"]) in resources]
        urls = [(each["url"], each.get("version")) for each in found if "url" in each]
        return frozenset(name for url, version in urls for name in (url, f"{url}|{version}"))

    def listed(self, list_: str) -> frozenset[str]:
        return frozenset()


@pytest.fixture(params=["usual", "each tested", "small steps", "joined", "worth while", "turned"])
def strategy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Bounds that make small stores run through what large ones do."""
    if request.param == "each tested":
        for module, name in ((far, "MAX_FAR"), (planner, "MAX_KNOWN"), (sources, "MAX_CODES")):
            monkeypatch.setattr(module, name, 0)
        monkeypatch.setattr(far, "MAX_JOINED", -1)
    if request.param in ("joined", "worth while"):
        for module, name in ((far, "MAX_FAR"), (far, "MAX_READ"), (planner, "FEW"), (joined, "MAX_ROWS")):
            monkeypatch.setattr(module, name, -1 if name == "FEW" else 1 if name == "MAX_ROWS" else 0)
    if request.param == "worth while":
        monkeypatch.setattr(far, "MAX_JOINED", -1)
        monkeypatch.setattr(far, "PATIENCE", 1)
        monkeypatch.setattr(far, "_CHUNK", 3)
    if request.param == "turned":
        for module, name in (
            (planner, "COUNT_CAP"),
            (planner, "MAX_KNOWN"),
            (sight, "_CHUNK"),
            (sight, "_MAX_CHUNK"),
            (sight, "_PATIENCE"),
            (sight, "_PATIENCE_TESTED"),
        ):
            monkeypatch.setattr(module, name, 2)
        monkeypatch.setattr(driver, "MAX_LISTS", 1)
    if request.param == "small steps":
        for module, name in (
            (sight, "_CHUNK"),
            (sight, "_MAX_CHUNK"),
            (sight, "_READ"),
            (planner, "MAX_LISTS"),
        ):
            monkeypatch.setattr(module, name, 3)
        monkeypatch.setattr(scan, "COUNT_CAP", 0)
        monkeypatch.setattr(scan, "_CHUNK", 3)
        monkeypatch.setattr(planner, "FEW", -1)
    return str(request.param)


def current(ward: Any) -> Iterator[Json]:
    for type_ in TYPES:
        yield from (json.loads(each.body) for each in ward.page(type_, ("_count", "1000")).matches)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_index_finds_what_the_filters_mean(ward: Any, strategy: str, seed: int) -> None:
    chance = Chance(seed)
    makers = {
        chance.patient: 10,
        chance.organization: 10,
        chance.observation: 30,
        chance.questionnaire: 10,
        chance.response: 20,
        chance.encounter: 15,
    }
    for _ in range(2):  # the second round writes new versions of some
        made = [make(n) for make, many in makers.items() for n in range(many)]
        ward.put(*[each for each in made if chance.pick.random() < 0.7])
    ward.desk.transact(Change("delete", "Observation", "x1"), Change("delete", "Patient", "p1"))
    resources = list(current(ward))
    told = Told(resources)
    for _ in range(150):
        type_ = chance.pick.choice([*TYPES, "Observation"])
        pairs = chance.search(type_)
        criteria = Criteria(type_, pairs, zone="+08:00", resolver=told)
        expected = {each["id"] for each in resources if criteria.matches(each)}
        order = chance.pick.choice(
            [[], [("_sort", "_lastUpdated")], [("_sort", "-_id")], [("_sort", SORTS[type_])]]
        )
        count = ("_count", str(chance.pick.choice([1, 4, 100])))

        def ask(more: list[tuple[str, str]], asked: Any = (type_, *pairs, *order, count)) -> Any:
            return ward.page(*asked, *more)

        shown = [name.partition("/")[2] for page in ward.pages(ask) for name in page]
        assert len(shown) == len(set(shown)), (type_, pairs, order)
        assert set(shown) == expected, (type_, pairs, order)
        counted = ward.page(type_, *pairs, ("_total", "accurate"), ("_count", "1"))
        assert counted.total == len(expected), (type_, pairs)


SORTS = {
    "Patient": "-name",
    "Organization": "name",
    "Observation": "-date",
    "Questionnaire": "-title",
    "Encounter": "location-period",
    "QuestionnaireResponse": "status",
}
TYPES = tuple(SORTS)
