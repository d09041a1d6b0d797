"""Uploading: each kind of data, and the yearly certificate, reach the supervision platform.

渝卫发〔2019〕49号 article 2 asks that the data connection is complete, 川卫规〔2023〕10号 article 57 that the
MLPS certificate is uploaded every year.
"""

from __future__ import annotations

import base64
from datetime import timedelta

from conformance.harness.check import Case, check, checks
from conformance.harness.feed import Feed, Told
from conformance.harness.run import Run
from conformance.harness.scene import ground
from conformance.harness.words import Words
from conformance.harness.writing import write
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import moment
from conformance.simulators.jws import place
from conformance.suites.supervision.acts import FEED, SIGNS
from conformance.suites.supervision.events import coding
from conformance.suites.supervision.pulled import arrived, number, untold
from conformance.suites.supervision.whole import whole


@check(
    "CQ49-2.1",
    zh="数据对接完成：一次就诊的各类数据均送达监管平台",
    en="the data connection is complete: every kind of data of a visit reaches the platform",
    needs=("platform", *FEED, *SIGNS, "actions.review"),
    waits=True,
)
def connected(run: Run) -> None:
    """Play a visit with consent, prescription, request and record; each of them arrives."""
    feed = Feed(run)
    before = feed.size()
    scene, parts, request = whole(run)
    made = {
        f"Consent/z{scene.visit.number}": Words("知情同意", "the consent"),
        scene.encounter: Words("就诊", "the visit"),
        place(parts[0]): Words("处方", "the prescription"),
        place(request): Words("检验申请单", "the request"),
        f"Composition/r{scene.visit.number}": Words("病历", "the record"),
    }
    mine = feed.of(made, before)
    run.step("等待送达", "they are waited for")
    there = arrived(run, [one.n for one in mine], before)
    for name, words in made.items():
        same = [one for one in mine if one.document == name and there.get(one.n) == one.hash]
        run.expect(bool(same), f"{words.zh}已送达", f"{words.en} has arrived", number(same))


_YEARS = {
    "this-year": (
        0,
        Words("当年的等保三级证书送达监管平台", "this year's MLPS certificate reaches the platform"),
    ),
    "next-year": (
        1,
        Words("次年更换的等保三级证书再次送达监管平台", "the certificate of the year after reaches it again"),
    ),
}


@checks(
    [
        Case(name, "SC-57.2", words, (years,), False, ("platform", *FEED, "writes.DocumentReference"))
        for name, (years, words) in _YEARS.items()
    ]
)
def certificate_uploaded(run: Run, years: int) -> None:
    """File a certificate, and one for each year after it; each arrives with what was filed."""
    ground(run)
    feed = Feed(run)
    before = feed.size()
    filed = [_certificate(run, year) for year in range(years + 1)]
    for one in filed:
        run.given(
            write(run, [one], identity="operator"), "登记等保三级证书", "the MLPS certificate is put on file"
        )
    pages = feed.pages(before, about=map(place, filed))
    mine = [one for page in pages for one in page.entries if one.document in map(place, filed)]
    missing = untold([place(one) for one in filed], mine)
    run.expect(not missing, "证书进入监管数据", "the certificate is in the feed", number(missing))
    resources = {name: one for page in pages for name, one in page.resources.items()}
    for one in filed:
        come = resources.get(place(one), {})
        same = come.get("content") == one["content"] and come.get("context") == one["context"]
        run.expect(same, "证书内容与有效期随之上报", "the certificate itself and its period come along")
    _arrived(run, mine, before)


def _arrived(run: Run, mine: list[Told], before: int) -> None:
    there = arrived(run, [one.n for one in mine], before)
    missing = [one for one in mine if there.get(one.n) != one.hash]
    run.expect(not missing, "平台已收到证书", "the platform has the certificate", number(missing))


def _certificate(run: Run, year: int) -> Resource:
    """Return the certificate of a year, counted from this one. Raises Skipped: its code is not declared."""
    begins = run.session.today + timedelta(days=365 * year - 10)
    text = f"信息系统安全等级保护三级证书（第{year + 1}年）"
    kind = coding(run, "evidence-kind", "mlps-certificate")
    organization = run.target.on_file.get("organization", "")
    return {
        "resourceType": "DocumentReference",
        "id": f"db{run.number}{year}",
        "status": "current",
        "type": {"coding": [kind], "text": "国家信息安全等级保护三级证书"},
        "date": moment(),
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "title": text,
                    "data": base64.b64encode(f"{text} {run.number}".encode()).decode(),
                }
            }
        ],
        "context": {
            "period": {"start": f"{begins:%Y-%m-%d}", "end": f"{begins + timedelta(days=365):%Y-%m-%d}"},
            **({"related": [{"reference": organization}]} if organization else {}),
        },
    }
