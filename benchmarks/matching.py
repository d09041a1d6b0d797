"""Matching: Patient/$match in a store of a hundred thousand, and how good it is where the truth is known.

The people are invented: one in ten is there twice, under the numbers of another system and with what clerks
make of a name, a day, a number; beside them families on one telephone, twins, and people of one name and day.
``python -m benchmarks.matching [patients]``.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.store import Store

Resource = dict[str, Any]

RESIDENT = "urn:oid:2.16.156.10011.1.3"
MEDICAL = "urn:oid:2.16.156.10011.1.13"
OTHER = "urn:qiao:bench:id:internet-hospital"
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任"
    "姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红玲建国文辉力健清飞雪琴春梅晓宇浩欣怡雨涵子轩"
    "梓一诺佳思琪俊熙博宏志远嘉天"
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHANGES = ("card", "phone", "address", "name", "date", "typed", "bare")
"""How the second record of a person says what the first says (see :func:`_again`)."""


@dataclass(slots=True)
class People:
    """Patients, and which of them are one person.

    Attributes:
        patients: in the order in which they came.
        same: id of a second record → id of the first.
        changes: id of a second record → member of :data:`CHANGES`.
    """

    patients: list[Resource] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)


def population(count: int, seed: int = 8) -> People:
    """Return about ``count`` Patients; the same ones for the same seed."""
    some, made = random.Random(seed), People()
    while len(made.patients) < count:
        number = len(made.patients)
        one = _person(some, number)
        made.patients.append(one)
        kind = some.random()
        if kind < 0.1:
            change = CHANGES[len(made.same) % len(CHANGES)]
            again = _again(some, one, number, change)
            made.same[again["id"]], made.changes[again["id"]] = one["id"], change
            made.patients.append(again)
        elif kind < 0.14:
            made.patients.append(_relative(some, one, number, twin=kind < 0.105))
    return made


def _person(some: random.Random, number: int) -> Resource:
    day = f"{some.randint(1930, 2024)}-{some.randint(1, 12):02}-{some.randint(1, 28):02}"
    given = "".join(some.choices(GIVEN, k=some.choice((1, 2, 2, 2))))
    male = some.random() < 0.5
    one: Resource = {
        "resourceType": "Patient",
        "id": f"a{number}",
        "identifier": [{"system": MEDICAL, "value": f"{number:08}"}],
        "name": [{"text": some.choice(SURNAMES) + given}],
        "gender": "male" if male else "female",
        "birthDate": day,
        "telecom": [{"system": "phone", "value": _phone(some)}],
        "address": [{"text": f"渡桥市石桥路{some.randint(1, 999)}号{some.randint(101, 2804)}室"}],
    }
    if some.random() < 0.9:
        order = some.randrange(0, 998, 2) + male
        one["identifier"].append({"system": RESIDENT, "value": _card(day, order)})
    return one


def _phone(some: random.Random) -> str:
    return f"1{some.choice('3578')}{some.randrange(10**9):09}"


def _card(day: str, order: int) -> str:
    body = f"990101{day.replace('-', '')}{order:03}"
    check = sum(a * int(b) for a, b in zip(WEIGHTS, body, strict=True)) % 11
    return body + "10X98765432"[check]


def _again(some: random.Random, one: Resource, number: int, change: str) -> Resource:
    """Return a second record of a person, from a system with other numbers.

    card: with the resident ID · phone, address: without it, with the one or the other · name, date: with one
    character or digit wrong and the telephone · typed: a resident ID that is mistyped · bare: name, day and
    sex alone, of which nobody can say who it is.
    """
    cards = [each for each in one["identifier"] if each["system"] == RESIDENT]
    again: Resource = {**one, "id": f"b{number}", "identifier": [{"system": OTHER, "value": f"{number}"}]}
    if change == "card" and cards:
        again["identifier"] += cards
        again["telecom"] = [{"system": "phone", "value": _phone(some)}]
    if change == "name":
        text = one["name"][0]["text"]
        again["name"] = [{"text": text[:-1] + some.choice(GIVEN.replace(text[-1], ""))}]
    if change == "date":
        digits = one["birthDate"]
        again["birthDate"] = digits[:-1] + str((int(digits[-1]) + 1) % 8 + 1)
    if change == "typed" and cards:
        value = cards[0]["value"]
        at = some.randrange(14, 17)
        wrong = value[:at] + str((int(value[at]) + 1) % 10) + value[at + 1 :]
        again["identifier"].append({"system": RESIDENT, "value": wrong})
        del again["telecom"]
    if change == "address":
        del again["telecom"]
    if change == "phone":
        del again["address"]
    if change == "bare":
        del again["telecom"], again["address"]
    return again


def _relative(some: random.Random, one: Resource, number: int, *, twin: bool) -> Resource:
    """Return a child, or a twin, with the telephone and the door of a person, and cards of their own."""
    other = _person(some, number)
    name = one["name"][0]["text"][0] + "".join(some.choices(GIVEN, k=2))
    other |= {
        "id": f"r{number}",
        "name": [{"text": name}],
        "telecom": one["telecom"],
        "address": one["address"],
    }
    other["identifier"][0] = {"system": MEDICAL, "value": f"{number:08}r"}
    return other | {"birthDate": one["birthDate"]} if twin else other


def fill(store: Store, people: People, at_once: int = 1000) -> None:
    """Write the people to a store."""
    from gateway.store import Transact
    from gateway.store.model import Change

    for begin in range(0, len(people.patients), at_once):
        some = people.patients[begin : begin + at_once]
        changes = [Change("update", "Patient", one["id"], one) for one in some]
        (done,) = store.write([Transact("default", "bench", changes)])
        if done.error is not None:
            raise done.error


@dataclass(slots=True)
class Quality:
    """What matching says, against the truth; of second records and as many that are there once.

    Attributes:
        certain, likely: (right, wrong) of who is found as certain, and as certain or probable.
        found: change → (found with any grade, found as certain or probable, how many).
        milliseconds: of each answer.
    """

    certain: list[int] = field(default_factory=lambda: [0, 0])
    likely: list[int] = field(default_factory=lambda: [0, 0])
    found: dict[str, list[int]] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)


def judged(store: Store, people: People, most: int) -> Quality:
    """Ask for ``most`` second records, and for as many people who are there once."""
    from gateway.feed.matching import find
    from gateway.matching import load_rules

    rules, result, truth = load_rules(), Quality(), dict(people.same)
    truth |= {first: second for second, first in people.same.items()}
    known = {one["id"]: one for one in people.patients}
    for id_ in [*list(people.same)[:most], *_once(people, truth, most)]:
        begun = time.perf_counter()
        candidates = find(store, "default", rules, known[id_])
        result.milliseconds.append(1000 * (time.perf_counter() - begun))
        grades = {one.patient.id: one.match.grade for one in candidates}
        for other, grade in grades.items():
            right = truth.get(id_) == other
            result.certain[not right] += grade == "certain"
            result.likely[not right] += grade in ("certain", "probable")
        if id_ in people.same:
            grade = grades.get(truth[id_], "certainly-not")
            counted = result.found.setdefault(people.changes[id_], [0, 0, 0])
            counted[0] += grade != "certainly-not"
            counted[1] += grade in ("certain", "probable")
            counted[2] += 1
    return result


def _once(people: People, truth: dict[str, str], most: int) -> Iterator[str]:
    alone = (one["id"] for one in people.patients if one["id"] not in truth)
    yield from (id_ for id_, _ in zip(alone, range(most), strict=False))


def main(count: int) -> None:
    """Print how long it takes and how good it is."""
    from gateway.store import open_store

    people = population(count)
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'matching.db'}")
        fill(store, people)
        result = judged(store, people, 2000)
        store.close()
    print(f"{len(people.patients):,} patients, {len(people.same):,} of them there twice")
    cuts = quantiles(result.milliseconds, n=20)
    print(f"$match: p50 {median(result.milliseconds):.1f} ms, p95 {cuts[18]:.1f} ms")
    for name, (right, wrong) in (("certain", result.certain), ("certain or probable", result.likely)):
        print(f"{name}: {right} right, {wrong} wrong, precision {right / max(right + wrong, 1):.4f}")
    for change, (any_, likely, asked) in result.found.items():
        print(f"  {change:8} {any_ / asked:6.1%} found, {likely / asked:6.1%} proposed, of {asked}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
