"""Readiness: what an institution must be, have and keep in date; each case has an institution of its own."""

from __future__ import annotations

from pathlib import Path

from conformance.harness.check import Suite, check, checks
from conformance.harness.gate.case import Gate, read
from conformance.harness.gate.cast import Cast
from conformance.harness.gate.judged import hold
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators.internet.documents import with_

SUITE = Suite("readiness_evidence", zh="机构就绪与有效证明", en="Readiness and dated evidence")


@checks(read(Path(__file__).with_suffix("")))
def gate(run: Run, one: Gate) -> None:
    """Try one case of the suite's folder."""
    hold(run, one)


@check(
    "YN-49",
    zh="实际情况与登记内容不符时，指明不符的项目",
    en="where reality differs from the registration, the element is named",
    needs=("seed", "actions.readiness"),
)
def drift(run: Run) -> None:
    """Register an institution, change its address, and ask whether it is as registered."""
    cast = Cast(run, {}, ("hospital", "physician"), "")
    parts = [cast.parts[name] for name in cast.ground]
    for one in parts:
        run.wrote(one)
    run.given(run.client().transaction(parts), "登记机构", "the institution is registered")
    name = cast.who("organization")
    before = run.given(run.act("readiness", subject=name), "查询就绪状态", "readiness is asked for")
    moved = with_(
        cast.parts["Internet"], address=[{"state": "云南省", "city": "昆明市", "line": ["翠湖路1号"]}]
    )
    run.given(run.client().put(moved), "变更地址", "its address changes")
    after = run.act("readiness", subject=name)
    run.done(after, "再次查询", "readiness is asked for again")
    known = set(map(str, each(before.body, "issue.expression")))
    new = [one for one in map(str, each(after.body, "issue.expression")) if one not in known]
    run.expect(
        any("address" in one for one in new),
        "指明地址与登记不符",
        "the address is named as what differs",
        same(str(len(new))),
    )


_DUTIES = {"medical-service": "医疗服务", "information-security": "信息安全", "privacy": "隐私保护"}


@check(
    "NAT-17",
    zh="合作协议及其责权利条款、有效期可登记并查到",
    en="the agreement with its clauses on care, security and privacy, and its period, is kept and found",
    needs=("seed",),
)
def agreement_kept(run: Run) -> None:
    """Put an agreement with three clauses on file, and search it by the institution."""
    cast = Cast(run, {}, ("hospital",), "")
    terms = [
        {"type": {"coding": [{"code": code}]}, "offer": {"text": f"各方{text}的责权利"}}
        for code, text in _DUTIES.items()
    ]
    cast.parts["Agreement"] = with_(cast.parts["Agreement"], term=terms)
    parts = [cast.parts[name] for name in cast.ground]
    for one in parts:
        run.wrote(one)
    run.given(run.client().transaction(parts), "登记机构和合作协议", "institution and agreement are on file")
    answer = run.client().get(f"Contract?subject={cast.who('organization')}")
    run.done(answer, "按机构查询协议", "agreements are searched by the institution")
    found = [one for one in answer.entries if f"Contract/{one.get('id')}" == cast.reference("Agreement")]
    run.expect(len(found) == 1, "查到该协议", "the agreement is found", len(found))
    run.expect(
        found[0].get("applies") == cast.parts["Agreement"]["applies"], "有效期无误", "its period is as it was"
    )
    codes = set(each(found[0], "term.type.coding.code"))
    run.expect(codes == set(_DUTIES), "三方面条款齐全", "its three clauses are there", len(codes))
