"""Every row of every map: a message that carries it makes the element that the row names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.canonical import Envelope
from gateway.mapping import Maps, load_maps
from gateway.mapping.conditions import condition
from gateway.mapping.elements import is_resource
from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.handles import Handle
from gateway.mapping.paths import Source, source, target
from gateway.mapping.rows import MapFile, Row
from gateway.mapping.run import Run
from gateway.mapping.texts import EMPTY, count_of, is_han, is_numeric, is_resident
from gateway.wire import er7


def check_digit(text: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return text[:17] + "10X98765432"[sum(int(a) * b for a, b in zip(text[:17], weights, strict=True)) % 11]


RESIDENT = check_digit("990101199003071230")
UUID = "6f1d2a8e-5c0b-4b7e-9a4d-71696f616f31"
SAMPLES = {
    "boolean": "Y",
    "date": "19900307",
    "dateTime": "20260301083015",
    "instant": "20260301083015",
    "time": "0830",
    "decimal": "5.6",
    "integer": "5",
    "positiveInt": "5",
    "unsignedInt": "5",
    "base64Binary": "QUJDRA==",
    "uri": "urn:x",
    "url": "urn:x",
    "canonical": "urn:x",
    "oid": "1.2.3",
    "code": "X",
}
"""Texts that are good for a FHIR primitive."""

BY_FUNCTION = {
    "resident_id": RESIDENT,
    "oid_uri": "1.2.3",
    "frequency": "BID",
    "tq_duration": "D5",
    "quantity": "5.6",
    "unit": "mg",
    "authority": "AUTH",
    "hd_name": "AUTH",
}
WORDS = ("and", "or", "not", "valued", "in", "is", "count")
"""Words of the condition language."""

GUESSES = (
    "X",
    "",
    "1",
    "0",
    "Y",
    "N",
    "张",
    "三",
    RESIDENT,
    "20260301083015",
    "12345678901",
    "D",
    "U",
    "I",
    "F",
    "5",
    "20260301",
    UUID,
    "a~b",
    "1~2",
    "^application^pdf^Base64^QUJDRA==",
    "^TX^PLAIN^A^text",
    "5^mg~6^mg",
    "PTR^HIS^image^png~P2^HIS^image^png",
    "AUTH",
    "1.2.3",
    "R",
    "P",
    "urn:x",
    "mg",
    "min",
    "a b",
    "NM",
    "TX",
    "CWE",
    "ED",
    "RP",
    "SN",
    '""',
)
"""Values that conditions and functions may want."""

Fields = dict[str, dict[int, dict[int, dict[int, str]]]]


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


def solutions(row: Row, more: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield values of the paths in a condition under which it holds."""
    if not row.when:
        yield {}
        return
    paths: list[str] = []

    def access(text: str, _: bool) -> str:
        if text not in paths:
            paths.append(text)
        return f"V[{text!r}]"

    test = compile(condition(row.when, access, row.where), "when", "eval")
    literals = re.findall(r'"([^"]*)"|([^\s()",=<>!]+)', row.when)
    words = [a or b for a, b in literals if (a or b) not in paths]
    likely = [
        word.strip("%") for word in words if word not in ("and", "or", "not", "valued", "in", "is", "count")
    ]
    if " count " in row.when:
        likely.insert(0, "C1^T~C2^U")
    choices = list(dict.fromkeys([*more, *likely, *GUESSES]))
    if len(paths) > 2:
        choices = list(dict.fromkeys(["", "X", *likely, *GUESSES[:8], *more[:2]]))[:26]
    if len(paths) > 4:
        choices = list(dict.fromkeys([*likely[:6], "X", "", "1"]))
    names = {"EMPTY": EMPTY, "count_of": count_of, "is_han": is_han, "is_numeric": is_numeric}
    found = 0
    for values in itertools.product(choices, repeat=len(paths)):
        given = dict(zip(paths, values, strict=True))
        if eval(test, names | {"is_resident": is_resident, "V": given}):  # our own condition
            yield given
            found += 1
            if found > 60:
                return


def texts(maps: Maps, file: MapFile, row: Row) -> list[str]:
    """Return raw texts to try as the row's source value."""
    steps = target(file.target, row.to, row.where) if row.to != "$this" else []
    fhir = steps[-1].type if steps else file.target
    codes = (
        [key for key in maps.tables[row.codes]._entries if maps.tables[row.codes].get(key)]
        if row.codes
        else []
    )
    some = codes[:3] + codes[-2:]
    how = row.convert or {"CodeableConcept": "CWE[CodeableConcept]", "Coding": "CWE[Coding]"}.get(fhir, "")
    if row.has_value:
        return [*GUESSES[:4], "20260301083015", "1.2.3", UUID, "C1^Text^L"]
    if how in maps.maps:
        return [*some, *whole(maps, maps.maps[how])]
    if how in FUNCTIONS:
        return [*some, BY_FUNCTION.get(how, SAMPLES.get(FUNCTIONS[how].result, "X")), *GUESSES]
    return [*some, SAMPLES.get(fhir, "X"), *GUESSES]


def whole(maps: Maps, file: MapFile, depth: int = 0) -> list[str]:
    """Return texts of a datatype, from a full one to a single component."""
    parts: dict[int, list[str]] = {}
    for row in file.rows:
        for text in row.sources:
            at = source(text, row.where)
            if at.component and depth < 2:
                given = texts(maps, file, row)
                separator = "&" if depth else None
                inner = given[0] if separator is None or "^" not in given[0] else given[0].replace("^", "&")
                parts.setdefault(at.component, []).append(inner)
    full = [parts.get(at, [""])[0] for at in range(1, max(parts, default=1) + 1)]
    names = ["张", "三", "", "", "", "", "L"]
    return [
        "^".join(full),
        "A1^^^AUTH^MR",
        "C1^Text^L",
        "^".join(names),
        "X",
        "5^mg",
        "20260301^20260302",
        RESIDENT,
        "^^CP^^86^23^12345678",
        "A1",
        "^NET^Internet^a@b.cn",
        "<^5^-^10",
        "ADT^A01^ADT_A01",
        "^^^H^305^12^^B^F",
        "^application^pdf^Base64^QUJDRA==",
        *GUESSES,
    ]


def put(fields: dict[tuple[str, int], str], at: Source, text: str, row: Row) -> None:
    """Write a text at a source path into raw fields."""
    key = (at.segment, at.field)
    repetitions = fields.get(key, "").split("~")
    number = at.repetition or 1
    repetitions += [""] * (number - len(repetitions))
    if at.component:
        components = repetitions[number - 1].split("^")
        components += [""] * (at.component - len(components))
        if at.subcomponent:
            parts = components[at.component - 1].split("&")
            parts += [""] * (at.subcomponent - len(parts))
            parts[at.subcomponent - 1] = text
            text = "&".join(parts)
        components[at.component - 1] = text
        repetitions[number - 1] = "^".join(components)
    elif text or "^" not in repetitions[number - 1]:
        first = repetitions[number - 1].split("^")
        repetitions[number - 1] = text if not first[1:] or "^" in text else "^".join([text, *first[1:]])
    fields[key] = "~".join(repetitions)


def run_of(maps: Maps, message: er7.Message, raw: bytes) -> Run:
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 1_790_000_000_000_000, "", "", raw)
    profile = replace(maps.profiles["default"], tests=("lis-astm", "lis-haematology"))
    memory = maps._memory(message, envelope, profile)
    return Run(message, envelope, profile, maps.tables, maps._functions, memory, maps.version)


def segment_carries(maps: Maps, file: MapFile, row: Row, number: int) -> bool:
    """Return whether some message makes the row write."""
    ats = [source(text, row.where) for text in row.sources]
    for given in solutions(row, tuple(texts(maps, file, row)[:3]) if row.sources else ()):
        for text in texts(maps, file, row) if ats else [""]:
            fields: dict[tuple[str, int], str] = {}
            if ats and not ats[0].variable:
                put(fields, ats[0], text, row)
            for path, value in given.items():
                at = source(path, row.where)
                if (path,) == row.sources[:1] and text and row.convert in FUNCTIONS:
                    continue  # the source value itself is tried
                if not at.variable and at.field:
                    put(fields, at, value, row)
                elif not at.field and value:
                    fields.setdefault((at.segment, 1), "1")
            if any(writes(maps, file, number, fields, event) for event in ("ADT^A01", "ADT^A08", "ORM^O01")):
                return True
    return False


def writes(maps: Maps, file: MapFile, number: int, fields: dict[tuple[str, int], str], event: str) -> bool:
    segments: dict[str, list[str]] = {"MSH": ["MSH", "|", r"^~\&"], file.source: [file.source]}
    for (name, at), text in fields.items():
        one = segments.setdefault(name, [name])
        one += [""] * (at + 1 - len(one))
        if (name, at) not in (("MSH", 1), ("MSH", 2)):
            one[at] = text
    header = segments["MSH"]
    header += [""] * (13 - len(header))
    header[9], header[10] = header[9] or event, header[10] or "1"
    lines = ["MSH|" + "|".join(header[2:])] + [
        "|".join(one) for name, one in segments.items() if name != "MSH"
    ]
    raw = "\r".join(lines).encode()
    run = run_of(maps, er7.parse(raw), raw)
    run.segment = file.source
    for name, one in segments.items():
        run.frame.place(name, one)
    handle = Handle(file.target.split(".")[0], run.frame, None, [], 1)
    if "." in file.target or not is_resource(file.target):
        handle.body = {}
    maps._functions[file.name](segments[file.source], handle, run)
    return number in run.lineage and stands(handle.body, file, maps.rules[number])


def stands(made: object, file: MapFile, rule: str) -> bool:
    """Return whether the element that the row names is in what was made, somewhere in its lists."""
    row = next(one for one in file.rows if one.id == rule)
    if row.to == "$this":
        return bool(made)
    heres = [made]
    for step in target(file.target, row.to, row.where):
        inside = [one[step.name] for one in heres if isinstance(one, dict) and step.name in one]
        heres = [one for value in inside for one in (value if isinstance(value, list) else [value])]
    return bool(heres)


def part_carries(maps: Maps, file: MapFile, row: Row, number: int) -> bool:
    """The same for a datatype map."""
    others = [one for one in whole(maps, file) if one]
    for given in solutions(row, tuple(texts(maps, file, row)[:3]) if row.sources else ()):
        for text in [*texts(maps, file, row), None] if row.sources else [None]:
            for base in ("", *others):
                fields = {("", 0): base}
                for path in row.sources[:1] if text is not None else ():
                    at = source(path, row.where)
                    if at.variable:
                        fields["", 0] = text
                    else:
                        put(fields, at, text, row)
                for path, value in given.items():
                    at = source(path, row.where)
                    if not at.variable and text is not None:
                        put(fields, at, value, row)
                raw = rb"MSH|^~\&|||||||ADT^A01|1|P|2.5"
                run = run_of(maps, er7.parse(raw), raw)
                made = maps._functions[file.name](fields["", 0], run, "^")
                if number in run.lineage and stands(made, file, row.id):
                    return True
    return False


HINTS: dict[str, dict[tuple[str, int], str]] = {
    "PID[Patient]/PID-19.resident": {("PID", 3): "P1^^^H^MR", ("PID", 19): RESIDENT},
    "OBX[Observation]/OBX-3.loinc": {("OBX", 3): "WBC^WBC^L", ("OBX", 6): "10*9/L"},
    "OBX[Observation]/OBX-3.unmapped": {("OBX", 3): "WBC^WBC^L", ("OBX", 6): "g/L"},
    "OBX[Observation]/OBX-7.several": {("OBX", 7): "M:4.3-5.8 F:3.8-5.1"},
    "OBX[Observation]/OBX-5.susceptibility": {("OBX", 2): "ST", ("OBX", 5): "耐药"},
    "OBX[Observation]/OBX-5": {("OBX", 2): "NM", ("OBX", 3): "A^B^L", ("OBX", 5): "5"},
    "OBX[Observation]/OBX-5.abo": {("OBX", 2): "CWE", ("OBX", 3): "882-1^ABO^LN", ("OBX", 5): "A^A^L"},
    "OBX[Observation]/OBX-5.aboText": {("OBX", 2): "ST", ("OBX", 3): "882-1^ABO^LN", ("OBX", 5): "A"},
    "OBX[Observation]/OBX-5.rhd": {("OBX", 2): "CWE", ("OBX", 3): "10331-7^Rh^LN", ("OBX", 5): "P^P^L"},
    "OBX[Observation]/OBX-5.rhdText": {("OBX", 2): "ST", ("OBX", 3): "10331-7^Rh^LN", ("OBX", 5): "P"},
    "SCH[ServiceRequest]/status.unknown": {("SCH", 25): "zzz"},
    "SCH[Appointment]/SCH.times": {("SCH", 11): "^^^202603100900^202603100930"},
    "SCH[Appointment]/status.booked": {("MSH", 9): "SIU^S12", ("SCH", 11): "^^^202603100900"},
    "SCH[Appointment]/status.pending": {("SCH", 11): "^^^202603100900"},
}
"""Messages for rows whose conditions are too much for guessing."""


def test_every_row_writes_its_element_from_some_message(maps: Maps) -> None:
    numbers = {rule: at for at, rule in enumerate(maps.rules)}
    silent = []
    for file in maps.maps.values():
        for row in file.rows:
            if row.ignore or row.clears or row.convert == "sections":  # whole documents: tests/mapping/cda
                continue
            if row.id in HINTS:
                carried = writes(maps, file, numbers[row.id], HINTS[row.id], "ADT^A01")
            else:
                carried = (segment_carries if file.is_segment else part_carries)(
                    maps, file, row, numbers[row.id]
                )
            if not carried:
                silent.append(f"{row.where} {row.id} when {row.when!r}")
    assert not silent, f"{len(silent)} rows never wrote anything:\n" + "\n".join(silent)
