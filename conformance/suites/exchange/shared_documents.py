"""Shared documents (WS/T 500): every section is kept, entries are discrete, the original stands."""

from __future__ import annotations

import base64
import hashlib
import re

from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators import papers
from conformance.simulators.exact import Resource, dumps
from conformance.simulators.visits import Visit
from conformance.suites.exchange.arrived import expect_orders, expect_person, expect_results
from conformance.suites.exchange.branch import Branch, branch, status
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.reading import codes

_NARRATIVE = re.compile(r"<section>.*?<text>([^<]+)</text>", re.DOTALL)


def _handed(run: Run, branch: Branch, raw: bytes) -> None:
    answer = branch.hand_over(raw)
    run.expect(answer.ok, "文档被接收", "the document is taken", status(answer))


def _composition(run: Run, branch: Branch, visit: Visit, raw: bytes) -> Resource:
    """Expect the document, with each of its sections and what stands in it to be read."""
    query = f"Composition?patient.identifier={visit.person.mrn}"
    found = branch.one(query, "文档成为 Composition", "the document becomes a Composition")
    wanted = [one.strip() for one in _NARRATIVE.findall(raw.decode())]
    sections = list(each(found, "section"))
    run.expect(len(sections) >= len(wanted), "每一节都保留", "every section is kept", counted(sections))
    texts = re.sub(r"<[^>]*>", "", dumps(sections))
    kept = [one for one in wanted if one in texts]
    run.expect(kept == wanted, "每节的叙述都保留", "the narrative of each is kept", counted(kept))
    return found


def _original(run: Run, branch: Branch, visit: Visit, raw: bytes) -> None:
    """Expect the bytes as they came, and their hash (R4 Attachment.hash: SHA-1 in base64)."""
    query = f"DocumentReference?patient.identifier={visit.person.mrn}"
    found = branch.one(query, "有 DocumentReference", "there is a DocumentReference")
    attached = pick(found, "content.attachment") or {}
    data = attached.get("data")
    if data is None:
        answer = run.client().get(str(attached.get("url") or ""), Accept="*/*")
        held = answer.raw if answer.kind != "Binary" else base64.b64decode(str(answer.body.get("data") or ""))
    else:
        held = base64.b64decode(str(data))
    run.expect(
        held == raw, "原文逐字节不变", "the original is kept byte for byte", same(f"{len(held)}/{len(raw)}")
    )
    digest = base64.b64encode(hashlib.sha1(raw, usedforsecurity=False).digest()).decode()
    run.expect(attached.get("hash") == digest, "有原文的哈希", "there is the hash of its bytes")


@branch(
    "cda",
    zh="西药处方文档（C0004）：各节、用药申请与原文",
    en="a prescription document (C0004): sections, orders, original",
)
def document_prescription(run: Run, branch: Branch) -> None:
    """Two drugs of a visit."""
    visit = branch.visit()
    raw = papers.prescription(visit, f"CF{run.number}", branch.drugs).encode()
    _handed(run, branch, raw)
    expect_person(run, branch, visit)
    _composition(run, branch, visit, raw)
    expect_orders(run, branch, visit)
    _original(run, branch, visit, raw)


@branch(
    "cda",
    zh="检验报告文档（C0007）：各节、离散结果与原文",
    en="a laboratory document (C0007): sections, discrete results, original",
)
def document_laboratory(run: Run, branch: Branch) -> None:
    """Three results; 38.0 stays 38.0."""
    visit = branch.visit()
    raw = papers.laboratory(visit, f"JY{run.number}").encode()
    _handed(run, branch, raw)
    _composition(run, branch, visit, raw)
    expect_results(run, branch, visit)
    _original(run, branch, visit, raw)


@branch(
    "cda",
    zh="其他类型的共享文档同样保留各节与原文",
    en="a document of any other type keeps sections and original, too",
)
def document_other(run: Run, branch: Branch) -> None:
    """C0028 is one of the types that nobody has a table of its own for."""
    visit = branch.visit()
    told = papers.laboratory(visit, f"HL{run.number}").replace('code="C0007"', 'code="C0028"')
    raw = told.replace("2.16.156.10011.2.1.1.27", "2.16.156.10011.2.1.1.48").encode()
    _handed(run, branch, raw)
    found = _composition(run, branch, visit, raw)
    run.expect("C0028" in codes(found, "type"), "类型编码一致", "the code of its type is the same")
    _original(run, branch, visit, raw)


@branch("cda", zh="重复提交的文档不重复入库", en="a document that is handed over again stores nothing twice")
def document_repeated(run: Run, branch: Branch) -> None:
    """The same bytes twice."""
    visit = branch.visit()
    raw = papers.laboratory(visit, f"JY{run.number}").encode()
    _handed(run, branch, raw)
    first = expect_results(run, branch, visit)
    _handed(run, branch, raw)
    again = expect_results(run, branch, visit)
    run.expect(again.get("id") == first.get("id"), "仍为同一报告", "it is the same report")
    for kind in ("Composition", "DocumentReference"):
        listed = branch.found(f"{kind}?patient.identifier={visit.person.mrn}")
        run.expect(len(listed) == 1, f"{kind} 只有一个", f"there is one {kind}", counted(listed))
