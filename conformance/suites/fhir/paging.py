"""Paging: every match exactly once, also while others write (R4 http#paging)."""

from __future__ import annotations

from collections.abc import Callable

from conformance.harness.answer import Answer
from conformance.harness.check import check
from conformance.harness.paths import pick
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import (
    CODES,
    created,
    name_of,
    observation,
    own_patient,
    patient,
    placed,
    sample,
)

_MANY, _PAGE, _LIMIT = 12, 5, 50


@check(
    "R4-PAGING",
    zh="逐页读取不重不漏，每页不超过 _count",
    en="page by page each match comes once, and no page is above _count",
)
def pages_whole(run: Run) -> None:
    """Twelve in pages of five."""
    made = _many(run)
    found = _walked(run, _first(run))
    run.expect(
        sorted(found) == sorted(made), "每条恰好一次", "each comes once", same(f"{len(found)}/{len(made)}")
    )


@check(
    "R4-PAGING",
    zh="翻页期间有人写入，原有的仍恰好各出现一次",
    en="while others write between pages, what was there comes exactly once",
)
def pages_under_writes(run: Run) -> None:
    """After each page one is added and one of those not yet seen is changed."""
    made = _many(run)
    Claims.of(run).need("Observation", "update")
    bodies = {name: run.client().get(name).body for name in made}
    subject = str(pick(bodies[made[0]], "subject.reference"))

    def write(seen: list[str]) -> None:
        late = run.client().post("Observation", observation(run, subject, "6.0"))
        run.wrote(placed(late, "Observation"))
        left = [one for one in made if one not in seen]
        if left:
            run.given(
                run.client().put({**bodies[left[0]], "issued": "2025-03-07T00:00:00Z"}),
                "更新",
                "one is changed",
            )

    found = _walked(run, _first(run), write)
    old = [one for one in found if one in made]
    run.expect(
        sorted(old) == sorted(made),
        "原有的每条恰好一次",
        "each that was there comes once",
        same(f"{len(old)}/{len(made)}"),
    )


@check(
    "R4-PAGING",
    zh="翻页期间删除一条，其余的不受影响",
    en="while one is deleted between pages, the others come all the same",
)
def pages_under_deletes(run: Run) -> None:
    """After the first page one that was on it is deleted: a server that counts places would miss one."""
    made = _many(run)
    Claims.of(run).need("Observation", "delete")
    gone: list[str] = []

    def write(seen: list[str]) -> None:
        if not gone:
            gone.append(seen[0])
            run.given(run.client().delete(seen[0]), "删除", "one is deleted")

    found = _walked(run, _first(run), write)
    rest = sorted(one for one in found if one not in gone)
    run.expect(
        rest == sorted(one for one in made if one not in gone),
        "其余每条恰好一次",
        "each of the others comes once",
        same(f"{len(rest)}/{len(made) - 1}"),
    )


@check("R4-PAGING", zh="_count=0 等同 _summary=count", en="_count=0 is the same as _summary=count")
def page_count(run: Run) -> None:
    """R4 search#count: SHALL be treated the same."""
    made = _many(run)
    answer = run.done(
        run.client().get(f"Observation?code={CODES}|{run.number}&_count=0"), "检索成功", "it is answered"
    )
    run.expect(not answer.entries, "无条目", "no entries", answer)
    run.expect(answer.body.get("total") == len(made), "有总数", "the total is there", answer)


@check(
    "R4-PAGING",
    zh="被改动的翻页地址被拒绝或仍在原检索之内",
    en="a page address that was tampered with is refused, or stays within its search",
)
def page_tampered(run: Run) -> None:
    """Its last characters are other ones."""
    made = _many(run)
    first = _first(run)
    run.done(run.client().get(first.link("next")), "原地址可用", "as it stands it works")
    for link in (first.link("next")[:-2], first.link("next") + "zz", first.link("next").replace("=", "=x")):
        answer = run.client().get(link)
        within = answer.ok and all(name_of(one) in made for one in answer.entries if one.get("id"))
        run.expect(
            400 <= answer.status < 500 or within,
            "4xx，或仍在原检索之内",
            "4xx, or still the same search",
            answer,
        )


@check("R4-PAGING", zh="只读检索同样分页不重", en="pages of whatever there is do not repeat")
def pages_of_any(run: Run) -> None:
    """On any server, read-only ones too: a type that has more than one page."""
    claims = Claims.of(run)
    kind = str(sample(run)["resourceType"])
    claims.need(kind, "search-type")
    if claims.can(kind, "create") and kind == "Patient":
        for letter in "abc":
            created(run, patient(run, letter))
    answer, found = run.done(run.client().get(f"{kind}?_count=2"), "检索成功", "it is answered"), []
    for _ in range(5):
        run.expect(
            len(answer.entries) <= 2,
            "每页不超过 _count",
            "no page is above _count",
            Words("超出", "more"),
        )
        found += [name_of(one) for one in answer.entries]
        if not answer.link("next"):
            break
        answer = run.done(run.client().get(answer.link("next")), "下一页", "the next page")
    run.expect(
        len(found) == len(set(found)) and bool(found),
        "不重复",
        "none comes twice",
        same(f"{len(set(found))}/{len(found)}"),
    )


def _many(run: Run) -> list[str]:
    claims = Claims.of(run)
    claims.need("Observation", "create", "read")
    claims.need_parameters("Observation", ["code"])
    body: Resource = observation(run, own_patient(run), "5.4")
    made = [
        placed(run.given(run.client().post("Observation", body), "写入", "it is written"), "Observation")
        for _ in range(_MANY)
    ]
    for one in made:
        run.wrote(one)
    return made


def _first(run: Run) -> Answer:
    answer = run.client().get(f"Observation?code={CODES}|{run.number}&_count={_PAGE}")
    run.done(answer, "检索成功", "it is answered")
    if len(answer.entries) == _MANY and not answer.link("next"):
        raise Skipped("目标不分页（R4 允许）", "the target has no pages, as R4 lets it")
    return answer


def _walked(run: Run, answer: Answer, between: Callable[[list[str]], None] | None = None) -> list[str]:
    found: list[str] = []
    for _ in range(_LIMIT):
        run.expect(
            len(answer.entries) <= _PAGE,
            "每页不超过 _count",
            "no page is above _count",
            same(str(len(answer.entries))),
        )
        found += [name_of(one) for one in answer.entries]
        if not answer.link("next"):
            return found
        if between is not None:
            between(found)
        answer = run.done(run.client().get(answer.link("next")), "下一页", "the next page")
    return found
