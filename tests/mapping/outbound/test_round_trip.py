"""FHIR → HL7 v2 → FHIR through the ordinary maps: what the maps that lead out declare is not lost.

The resources are made from the rows themselves and from the R4 definitions: each path of a map becomes an
element of its type, so that a row that is added is tested without a word here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.canonical import Envelope
from gateway.errors import Rejected
from gateway.feed.writeback.wire import of_version
from gateway.mapping import Maps
from gateway.mapping.outbound import Dialect, OutMap, OutMaps, Resources, said_segments
from gateway.mapping.outbound.coded import Codes
from gateway.mapping.outbound.outmap import Segments
from gateway.mapping.outbound.path import Path, _tokens
from gateway.mapping.outbound.rows import Row
from gateway.mapping.outbound.speech import Speech
from gateway.validation.r4 import Definitions
from gateway.wire import er7
from gateway.wire.er7.write import write

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
HAN = "阿安白柏蔡岑程崔邓丁董范方冯高顾韩何贺洪侯胡华江"
MARKS = "|^~\\&#"
FIRM = ("Patient.identifier", "Patient.name", "MedicationRequest.identifier", "ServiceRequest.identifier",
        "MedicationRequest.medicationCodeableConcept", "ServiceRequest.code", "Encounter.identifier",
        "ServiceRequest.specimen", "Specimen.identifier",
        "Encounter.class", "MedicationRequest.groupIdentifier", "ServiceRequest.status",
        "Condition.code", "ContactPoint.value", "ContactPoint.system")  # fmt: skip
"""Without these a message names nobody and nothing: no HIS could take it."""
AROUND = ("Practitioner", "PractitionerRole", "Organization", "Medication", "Condition", "Specimen")
"""Types that orders refer to."""
REGISTERS = {"Practitioner": "urn:oid:2.16.156.10011.1.4", "Organization": "urn:oid:2.16.156.10011.1.5"}
"""Registers that v2 does not name beside their numbers."""

TEXT = st.text(st.sampled_from(f"{HAN}{MARKS}aZ09 -.𠮷é"), min_size=1, max_size=12).map(
    lambda one: f"甲{one}乙"
)  # fmt: skip
WORD = st.text("ABCDEFGHKLMNPQ0123456789", min_size=2, max_size=8).map(lambda one: f"K{one}")
NAME = st.text(HAN, min_size=2, max_size=4)
NUMBER = st.tuples(st.integers(1, 99999), st.integers(0, 4)).map(lambda one: Decimal(one[0]).scaleb(-one[1]))
DAY = st.dates(date(1901, 1, 2), date(2098, 12, 30)).map(lambda one: one.isoformat())
MONTH = DAY.map(lambda one: one[:7])
YEAR = DAY.map(lambda one: one[:4])
CLOCK = st.tuples(DAY, st.times()).map(lambda one: f"{one[0]}T{one[1]:%H:%M:%S}")
MOMENT = CLOCK.map(lambda one: f"{one}+08:00")
FINE = st.tuples(CLOCK, st.integers(0, 999)).map(lambda one: f"{one[0]}.{one[1]:03}+08:00")
PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT, "markdown": TEXT, "code": WORD, "id": WORD, "uri": st.just("https://his.example/codes"),
    "boolean": st.booleans(), "decimal": NUMBER, "integer": st.integers(0, 99),
    "positiveInt": st.integers(1, 99), "unsignedInt": st.integers(0, 99),
    "date": st.one_of(DAY, MONTH, YEAR), "dateTime": st.one_of(DAY, MONTH, YEAR, MOMENT, FINE),
    "instant": MOMENT,
}  # fmt: skip

WHOLE = {
    "HumanName": ("text", "family", "given"), "CodeableConcept": ("coding", "text"),
    "Coding": ("system", "code", "display"), "Quantity": ("value", "unit"), "Timing": ("code",),
    "Duration": ("value", "unit"), "Period": ("start", "end"), "Identifier": ("system", "value"),
}  # fmt: skip
"""What belongs together in a datatype, and is made together."""


@dataclass
class Need:
    """What a map wants to know of an element.

    Attributes:
        kids: name → what it wants to know of it; ``"/"``: of what it refers to.
        variants: ``[key=value]`` → what it wants to know of those.
        most: elements that it tells apart; 3: all.
        codes: tables by which it is said.
    """

    kids: dict[str, Need] = field(default_factory=dict)
    variants: dict[tuple[str, str, str], Need] = field(default_factory=dict)
    most: int = 1
    codes: list[Codes] = field(default_factory=list)

    def leaves(self) -> Iterator[tuple[list[tuple[str, str, str]], Need]]:
        """Yield the variants, one within the other, with what is wanted to know of each."""
        for key, inner in self.variants.items():
            merged = Need({**self.kids, **inner.kids}, inner.variants, inner.most, inner.codes)
            if not inner.variants or inner.kids:
                yield [key], Need(merged.kids, {}, merged.most, merged.codes)
            for more, one in merged.leaves():
                yield [key, *more], one

    def at(self, path: Path) -> Need:
        """Return the need at a path that begins here."""
        here = self
        for token in list(_tokens(path.text))[0 if path.text.startswith(".") else 1 :]:
            if token["name"]:
                here = here.kids.setdefault(token["name"], Need())
            elif token["index"]:
                here.most = max(here.most, int(token["index"]) + 1)
            elif token["key"]:
                here = here.variants.setdefault((token["key"], token["sign"], token["value"]), Need())
            elif token["follow"]:
                here = here.kids.setdefault("/", Need())
        return here


class Needs:
    """What a message wants to know, by resource type."""

    def __init__(self, map_: OutMap) -> None:
        self.roots: dict[str, Need] = {}
        self._segments(map_.segments, None)

    def _place(self, path: Path, here: Need | None) -> Need | None:
        if path.fact or path.text.startswith("._"):  # which test of a panel it is says the way out alone
            return None
        if path.text.startswith("."):
            return here.at(path) if here else None
        return self.roots.setdefault(re.split(r"[.\[]", path.text, maxsplit=1)[0], Need()).at(path)

    def _row(self, one: Row, here: Need | None) -> None:
        ends = [self._place(path, here) for path in ([one.each] if one.each else one.paths)]
        for end in filter(None, ends or [here]):
            end.most = 3 if one.each else end.most
            end.codes += [one.codes] if one.codes else []
            for rows in (one.inside or {}).values():
                for inner in rows:
                    self._row(inner, end)

    def _segments(self, several: tuple[Segments, ...], here: Need | None) -> None:
        for one in several:
            assert one.row is not None
            if one.name:
                self._row(one.row, here)
                continue
            assert one.row.each is not None
            end = self._place(one.row.each, here)
            if end is not None:
                end.most = 3
            self._segments(one.inner, end)


@cache
def elements(type_: str) -> dict[str, Any]:
    """Return the elements of an R4 type by their path."""
    found = Definitions().structure(type_)
    assert found is not None, type_
    return {one["path"]: one for one in found["snapshot"]["element"]}


def kind_of(path: str, name: str) -> tuple[str, bool, str]:
    """Return type, whether there may be several, and path of an element: a choice by its name in JSON."""
    known = elements(path.split(".", maxsplit=1)[0])
    one = known.get(f"{path}.{name}")
    if one is None:
        for other, said in known.items():
            stem = other.removesuffix("[x]")
            if other != stem and f"{path}.{name}".startswith(stem) and "." not in other[len(path) + 1 :]:
                rest = f"{path}.{name}"[len(stem) :]
                code = next(t["code"] for t in said["type"] if t["code"].lower() == rest.lower())
                return code, False, code
        raise AssertionError(f"R4 has no {path}.{name}")
    code = one["type"][0]["code"].rpartition("/")[2]
    code = "string" if code.startswith("System.") or "fhirpath" in code else code
    return code, one["max"] == "*", f"{path}.{name}" if code in ("BackboneElement", "Element") else code


def targets(where: str) -> list[str]:
    """Return the types that a reference may be to, of those that orders refer to."""
    profiles = elements(where.split(".", maxsplit=1)[0])[where]["type"][0].get("targetProfile", ["Resource"])
    found = [one.rpartition("/")[2] for one in profiles]
    return [one for one in AROUND if "Resource" in found or one in found]


class Maker:
    """Makes resources that answer the needs of a map."""

    def __init__(self, draw: st.DrawFn, dialect: Dialect) -> None:
        self.draw, self.dialect = draw, dialect
        self.made: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}
        self._numbers = 0

    def resource(self, type_: str, need: Need) -> dict[str, Any]:
        number = self._counts[type_] = self._counts.get(type_, 0) + 1
        body = {"resourceType": type_, "id": f"{type_.lower()}{number}"}
        self.made.append(body)
        self._fill(body, type_, need)
        return body

    def _fill(self, body: dict[str, Any], path: str, need: Need) -> None:
        for name, inner in need.kids.items():
            if name in body or name in ("/", "resourceType"):
                continue
            if name == "extension":
                if self.draw(st.booleans()):
                    body["extension"] = [self._extension(key, one) for key, one in inner.variants.items()]
                continue
            kind, many, at = kind_of(path, name)
            if self._same_choice(body, path, name):
                continue
            if f"{path}.{name}" not in FIRM and not self.draw(st.booleans()):
                continue
            if values := self._values(kind, at, inner, many, f"{path}.{name}"):
                body[name] = values if many else values[0]

    @staticmethod
    def _same_choice(body: Mapping[str, Any], path: str, name: str) -> bool:
        """Tell whether another type of the same choice is there: medication[x], deceased[x]."""
        known = elements(path.split(".", maxsplit=1)[0])
        stems = [one.removesuffix("[x]").rpartition(".")[2] for one in known if one.endswith("[x]")]
        return any(name.startswith(stem) and other.startswith(stem) for stem in stems for other in body)

    def _extension(self, key: tuple[str, str, str], need: Need) -> dict[str, Any]:
        made: dict[str, Any] = {key[0]: key[2]}
        for name, inner in need.kids.items():
            made[name] = self._value(name.removeprefix("value"), name.removeprefix("value"), inner)
        return made

    def _values(self, kind: str, at: str, need: Need, many: bool, where: str) -> list[Any]:
        found: list[Any] = []
        for variants, merged in need.leaves():
            for _ in range(self.draw(st.integers(1, merged.most))):
                made = self._value(kind, at, merged, where)
                for key, sign, wanted in variants:
                    made = self._constrained(made, key, sign, wanted)
                found.append(made)
        if not need.variants:
            for _ in range(self.draw(st.integers(1, need.most)) if many else 1):
                found.append(self._value(kind, at, need, where))
        return [one for one in found if one not in (None, {})]

    def _constrained(self, made: Any, key: str, sign: str, wanted: str) -> Any:
        if not isinstance(made, dict):  # the name of an Organization
            return made
        if sign == "!=":
            return {name: one for name, one in made.items() if (name, one) != (key, wanted)}
        if key.startswith("coding."):
            made.setdefault("coding", [{"code": self.draw(WORD)}])
        *steps, last = key.split(".")
        here = made
        for step in steps:
            several = step == "coding" or (step == "type" and "individual" in made)
            inner = here.setdefault(step, [{}] if several else {})
            here = inner[0] if isinstance(inner, list) else inner
        here[last] = wanted
        if key == "type.coding.code" and "individual" not in made:
            made["type"]["coding"][0]["system"] = V2
        return made

    def _value(self, kind: str, at: str, need: Need, where: str = "") -> Any:
        if need.codes and kind in ("code", "string"):
            return self.draw(st.sampled_from(self._plain(need.codes[0])))
        if kind in PRIMITIVES:
            return self.draw(PRIMITIVES[kind])
        if kind == "Reference":
            return self._reference(need.kids.get("/", Need()), targets(where))
        special = getattr(self, f"_{kind.lower()}", None)
        made: dict[str, Any] = special(need) if special else {}
        rest = {name: one for name, one in need.kids.items() if name not in WHOLE.get(kind, ())}
        self._fill(made, at, Need(rest))
        return made

    def _reference(self, need: Need, among: Sequence[str]) -> dict[str, Any]:
        """Refer to a new resource of a type that has what is wanted of it, as far as any has."""
        wanted = set(need.kids) - {"resourceType"}
        fitting = [one for one in among if any(f"{one}.{name}" in elements(one) for name in wanted)]
        most = max(sum(f"{one}.{name}" in elements(one) for name in wanted) for one in fitting)
        best = [one for one in fitting if sum(f"{one}.{name}" in elements(one) for name in wanted) == most]
        type_ = self.draw(st.sampled_from(best))
        known = {name: kid for name, kid in need.kids.items() if f"{type_}.{name}" in elements(type_)}
        if "practitioner" in known:  # who a role is of says name and number
            known.pop("identifier", None)
        if type_ in REGISTERS:
            known.setdefault("identifier", Need())
        made = self.resource(type_, Need(known))
        if type_ == "PractitionerRole" and "practitioner" not in made:
            made["practitioner"] = self._reference(known["practitioner"].kids["/"], ["Practitioner"])
        if system := REGISTERS.get(type_):
            self._numbers += 1  # nobody else has it
            made["identifier"] = [{"system": system, "value": f"{self.draw(WORD)}{self._numbers}"}]
        return {"reference": f"{type_}/{made['id']}"}

    def _plain(self, codes: Codes) -> list[str]:
        if codes.own is not None:
            return [one for one in codes.own if one != "*"]
        every = {one.code for one in self.dialect.tables[codes.table].entries.values() if one.code}
        return sorted(every - {"old"})  # what was replaced is not told

    def _identifier(self, need: Need) -> dict[str, Any]:
        self._numbers += 1
        made = {"value": f"{self.draw(WORD)}{self._numbers}"}
        if self.draw(st.booleans()):
            made["system"] = self.draw(st.sampled_from(["urn:oid:1.2.156.4711.9", "https://his.example/n"]))
        return made

    def _humanname(self, need: Need) -> dict[str, Any]:
        whole, family = self.draw(NAME), self.draw(NAME)
        return self.draw(st.sampled_from([
            {"text": whole}, {"family": family[:1], "given": [whole], "text": family[:1] + whole},
            {"family": "O'Neil", "given": ["Mary", "Ann"]},
        ]))  # fmt: skip

    def _quantity(self, need: Need) -> dict[str, Any]:
        return {"value": self.draw(NUMBER), "unit": self.draw(st.sampled_from(["片", "盒", "支"]))}

    def _range(self, need: Need) -> dict[str, Any]:
        """A range with both ends, of one unit: no message has a place for another."""
        low = self._quantity(need)
        return {"low": low, "high": {**low, "value": low["value"] + 1}}

    def _period(self, need: Need) -> dict[str, Any]:
        """A period whose end is not before its start: another one is none on the way in."""
        days = dict(zip(("start", "end"), sorted((self.draw(DAY), self.draw(DAY))), strict=True))
        return {name: one for name, one in days.items() if name in need.kids and self.draw(st.booleans())}

    def _duration(self, need: Need) -> dict[str, Any]:
        return {"value": self.draw(NUMBER), "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}

    def _timing(self, need: Need) -> dict[str, Any]:
        return {"code": {"text": self.draw(st.sampled_from(["QD", "BID", "TID", "QN", "每日两次"]))}}

    def _coding(self, need: Need) -> dict[str, Any]:
        for codes in need.codes:
            return {"code": self.draw(st.sampled_from(self._plain(codes)))}
        return {"system": "https://his.example/codes", "code": self.draw(WORD), "display": self.draw(TEXT)}

    def _codeableconcept(self, need: Need) -> dict[str, Any]:
        if "coding" in need.kids and need.kids["coding"].variants:
            return {"coding": [{key: wanted, "code": self.draw(WORD), "display": self.draw(TEXT)}
                               for key, _, wanted in need.kids["coding"].variants]}  # fmt: skip
        for codes in need.codes:
            if codes.own is not None:
                return {"coding": [{"code": self.draw(st.sampled_from(self._plain(codes)))}]}
            source, entry = self.draw(st.sampled_from([
                (key, one) for key, one in self.dialect.tables[codes.table].entries.items() if one.code
            ]))  # fmt: skip
            return {"coding": [entry.coding()], "text": entry.display or source}
        texts = self.draw(st.lists(TEXT, min_size=1, max_size=3))
        if self.draw(st.integers(0, 4)) == 0:
            return {"text": texts[0]}
        coding = [{"system": f"https://his.example/codes{at or ''}", "code": self.draw(WORD), "display": one}
                  for at, one in enumerate(texts)]  # fmt: skip
        return {"coding": coding, "text": self.draw(st.one_of(st.just(texts[0]), TEXT))}


def pools(map_: OutMap, dialect: Dialect) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Resources that answer everything that a map asks, each thing there or not."""
    return st.composite(lambda draw: _pool(draw, map_, dialect))()


def _pool(draw: st.DrawFn, map_: OutMap, dialect: Dialect) -> list[dict[str, Any]]:
    maker = Maker(draw, dialect)
    for type_, need in Needs(map_).roots.items():
        for _ in range(draw(st.integers(1, need.most))):
            maker.resource(type_, need)
    patient = next(one for one in maker.made if one["resourceType"] == "Patient")
    for one in patient["identifier"]:
        one.setdefault("type", {"coding": [{"system": V2, "code": "MR"}]})
    firsts = {_first(one): one["id"] for one in maker.made if one["resourceType"] == "Condition"}
    maker.made = [one for one in maker.made if firsts.get(_first(one), one["id"]) == one["id"]]
    for one in maker.made:
        if one["resourceType"] in ("MedicationRequest", "ServiceRequest", "Encounter", "Condition"):
            one["subject"] = {"reference": f"Patient/{patient['id']}"}
    visits = [one["id"] for one in maker.made if one["resourceType"] == "Encounter"]
    for one in maker.made:
        if one["resourceType"] in ("MedicationRequest", "ServiceRequest") and visits:
            one["encounter"] = {"reference": f"Encounter/{visits[0]}"}
    return maker.made


def _first(condition: dict[str, Any]) -> str:
    """Return what tells the diagnoses of a visit apart: the first code, else the words."""
    code = condition["code"] if condition["resourceType"] == "Condition" else {}
    return str(code["coding"][0]["code"]) if code.get("coding") else str(code.get("text", ""))


def sent_and_back(
    maps: Maps,
    map_: OutMap,
    dialect: Dialect,
    sent: list[dict[str, Any]],
    charset: str,
    facts: Mapping[str, str],
) -> tuple[list[dict[str, Any]], bytes]:
    """Return what comes back, and the message."""
    if any(one.get("status") == "revoked" for one in sent):
        facts = {**facts, "happened": "cancelled"}
    segments = said_segments(map_, Resources(sent), dialect, facts)
    kinds = [facts.get(one[1:], "") if one.startswith("$") else one for one in map_.message]
    header = {
        "3": ["QIAO"], "7": ["20260305090000"], "9": [{str(at): [one] for at, one in enumerate(kinds, 1)}],
        "10": ["Q1"], "11": ["P"], "12": [facts["version"]], "17": ["CHN"], "18": [charset],
    }  # fmt: skip
    raw = write([("MSH", header), *segments], charset)
    envelope = Envelope("i", "default", "his/hl7v2", "default", 0, "x-application/hl7-v2+er7", "", raw)
    made = maps.translate(er7.parse(raw), envelope, maps.profiles["default"])
    return [dict(one.body) for one in made.drafts], raw


def leaves(
    speech: Speech, several: tuple[Segments, ...], here: Any = None, at: str = ""
) -> Iterator[tuple[str, list[Any]]]:
    """Yield every place that a map declares with the values that it finds there."""
    for one in several:
        assert one.row is not None
        if one.row.when is not None and not one.row.when(speech.pool, here, speech.facts):
            continue
        for many, element in enumerate(speech.elements(one.row, here)):
            if not one.name:
                yield from leaves(speech, one.inner, element, f"{at}{many}.")
                continue
            for number, rows in (one.row.inside or {}).items():
                for row in rows:
                    yield from told(speech, row, element, f"{at}{one.name}[{many}]-{number}")


def told(speech: Speech, row: Row, here: Any, where: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield what a row finds: the values themselves, or what its function or table makes of them."""
    if row.value is not None or (row.when is not None and not row.when(speech.pool, here, speech.facts)):
        return
    if row.inside is None:
        plain = row.codes is None and (row.function is None or row.function.__name__ == "digits")
        if not plain or row.each is not None:
            yield where, list(speech.values(row, here))
            return
        found = (values for path in row.paths if (values := path.values(speech.pool, here, speech.facts)))
        yield where, next(found, [])[:1]
        return
    for at, element in enumerate(speech.elements(row, here)):
        arranged = speech._arranged(row, element)
        for name, rows in row.inside.items():
            for inner in rows:
                yield from told(speech, inner, arranged, f"{where}[{at}].{name}")


def declared(
    map_: OutMap, resources: list[dict[str, Any]], dialect: Dialect, facts: Mapping[str, str]
) -> dict[str, list[Any]]:
    """Return every place of a message that has something to say, with the values of the resources."""
    return {where: one for where, one in
            leaves(Speech(Resources(resources), dialect, facts), map_.segments) if one}  # fmt: skip


FACTS = {"control": "NW", "event": "I12", "structure": "ADT_A01", "moment": "20260305090000"}
MESSAGES = [("RDE_O11", {}), ("OMP_O09", {}), ("ORM_O01", {}), ("OML_O21", {}), ("OML_O33", {}),
            ("REF_I12", {}),
            ("ADT_A01", {"event": "A04"})]  # fmt: skip
VERSIONS = [("2.5.1", name, more) for name, more in MESSAGES]
VERSIONS += [("2.4", "OML_O21", {})]
VERSIONS += [
    (one, name, more)
    for one in ("2.3.1", "2.4")
    for name, more in MESSAGES
    if name not in ("OMP_O09", "OML_O21", "OML_O33")
]


@pytest.mark.parametrize(("version", "name", "more"), VERSIONS, ids=[f"{a}-{b}" for a, b, _ in VERSIONS])
def test_nothing_that_a_map_declares_is_lost(
    maps: Maps, out: OutMaps, dialect: Dialect, version: str, name: str, more: dict[str, str]
) -> None:
    map_, facts = out.maps[name], {**FACTS, "version": version, **of_version(version), **more}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(pools(map_, dialect), st.sampled_from(["UNICODE UTF-8", "GB 18030-2000"]))
    def whole(sent: list[dict[str, Any]], charset: str) -> None:
        try:
            came, raw = sent_and_back(maps, map_, dialect, sent, charset, facts)
        except Rejected:  # an older version has no place for everything, and says so
            assume(version >= "2.5")
            raise
        had, has = declared(map_, sent, dialect, facts), declared(map_, came, dialect, facts)
        lost = [(where, one, has.get(where)) for where, one in had.items() if has.get(where) != one]
        assert not lost, f"{lost[:3]}\n" + raw.decode("utf-8" if "UTF" in charset else "gb18030").replace(
            "\r", "\n"
        )

    whole()
