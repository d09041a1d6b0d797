"""Telling: what errors, headers and pages of operation must not say (NAT article 23, SC article 48)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from conformance.harness.answer import Answer
from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource, dumps
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import SYSTEM, created, discerning, name_of, observation, patient
from conformance.suites.security.raw import needs_tls

_INSIDE = re.compile(
    r"Traceback \(most recent|File \"[^\"]+\.py\"|\bat [\w.$]+\([\w]+\.java:\d+\)"
    r"|sqlite3\.|psycopg|SQLSTATE|ORA-\d{5}"
    r"|System\.[A-Z]\w+Exception|/site-packages/|node_modules/",
    re.IGNORECASE,
)
_PAGES = (
    "metrics",
    "healthz",
    "readyz",
    "health",
    "status",
    "actuator",
    "openapi.json",
    "server-status",
    "debug",
    "",
)


def _names(run: Run) -> tuple[str, str]:
    """Return a family name and a resident number that nobody else has."""
    return f"讳{run.number}", f"99010119900307{run.number[-4:]}"


def _ill(run: Run, **more: Any) -> Resource:
    family, number = _names(run)
    return patient(run, name=[{"family": family}], identifier=[{"system": SYSTEM, "value": number}], **more)


def _twice(run: Run) -> Answer:
    number = _names(run)[1]
    for _ in range(2):
        created(run, _ill(run))
    return run.client().send("PUT", f"Patient?identifier={SYSTEM}|{number}", _ill(run))


def _patched(run: Run) -> Answer:
    body, family = created(run, _ill(run)), _names(run)[0]
    change = [{"op": "test", "path": "/name/0/family", "value": f"{family}x"}]
    return run.client().send(
        "PATCH", name_of(body), dumps(change).encode(), "", {"Content-Type": "application/json-patch+json"}
    )


def _entries(run: Run) -> Answer:
    bad = [{"resource": _ill(run, gender="unfit"), "request": {"method": "POST", "url": "Patient"}}]
    return run.client().post("", {"resourceType": "Bundle", "type": "transaction", "entry": bad})


_ERRORS: Mapping[str, tuple[str, str, Callable[[Run], Answer]]] = {
    "invalid": (
        "不合规资源",
        "an invalid resource",
        lambda run: run.client().post("Patient", _ill(run, gender=_names(run)[0])),
    ),
    "date": (
        "不合规日期",
        "a date that is none",
        lambda run: run.client().post("Patient", _ill(run, birthDate=_names(run)[1])),
    ),
    "element": (
        "未知元素",
        "an unknown element",
        lambda run: run.client().post("Patient", _ill(run, secret=_names(run)[0])),
    ),
    "malformed": (
        "畸形 JSON",
        "malformed JSON",
        lambda run: run.client().post("Patient", dumps(_ill(run)).encode()[:-5]),
    ),
    "xml": (
        "畸形 XML",
        "malformed XML",
        lambda run: run.client().post(
            "Patient",
            f'<Patient xmlns="http://hl7.org/fhir"><name>{_names(run)[0]}</wrong>'.encode(),
            Content_Type="application/fhir+xml",
        ),
    ),
    "reference": (
        "条件引用无匹配",
        "a conditional reference that finds nobody",
        lambda run: run.client().post(
            "",
            {
                "resourceType": "Bundle",
                "type": "transaction",
                "entry": [
                    {
                        "resource": observation(run, f"Patient?identifier={SYSTEM}|{_names(run)[1]}", "5.4"),
                        "request": {"method": "POST", "url": "Observation"},
                    }
                ],
            },
        ),
    ),
    "transaction": ("事务中的坏条目", "a bad entry of a transaction", _entries),
    "search": (
        "不合规检索值",
        "a search by a value that is none",
        lambda run: run.client().get(f"Patient?birthdate={quote(_names(run)[0])}", Prefer="handling=strict"),
    ),
    "path": (
        "不合规标识",
        "an id that is none",
        lambda run: run.client().get(f"Patient/{quote(_names(run)[0])}"),
    ),
    "several": ("条件更新匹配多个", "a conditional update that matches several", _twice),
    "patch": ("补丁的 test 不成立", "a patch whose test fails", _patched),
}


@checks(
    [
        Case(
            name,
            "NAT-23",
            Words(f"错误信息不含姓名和证件号：{zh}", f"an error tells no name and no number: {en}"),
            (go,),
            critical=True,
        )
        for name, (zh, en, go) in _ERRORS.items()
    ]
)
def error(run: Run, go: Callable[[Run], Answer]) -> None:
    """Provoke it with a name and a number of its own; neither comes back. What is no error tells nothing."""
    discerning(run)
    Claims.of(run).need("Patient", "create", "read")
    answer = go(run)
    said = "" if answer.ok else answer.raw.decode("utf-8", "replace") + dumps(dict(answer.headers))
    told = [one for one in (*_names(run), quote(_names(run)[0])) if one in said]
    run.expect(
        not told,
        "不含姓名和证件号",
        "neither name nor number comes back",
        Words("含所提交的值", "what was sent comes back") if told else "",
    )


@check(
    "NAT-23", zh="运行状态页不含患者资料", en="pages of operation tell nothing of a patient", critical=True
)
def pages(run: Run) -> None:
    """/metrics, /healthz and the like, with and without a token, after a patient was written and read."""
    discerning(run)
    family, number = _names(run)
    body = created(run, _ill(run))
    run.client().get(f"Patient?identifier={SYSTEM}|{number}")
    found = []
    for page in _PAGES:
        said = run.client().get(f"//{page}", Accept="*/*").raw.decode("utf-8", "replace")
        found += [page or "/" for one in (family, number, str(body["id"])) if one in said]
    run.expect(not found, "均不含", "none does", same(", ".join(sorted(set(found)))))
    shown = run.client().get(name_of(body)).raw.decode()
    run.expect(family in shown, "经授权可读取", "who may read it sees it")


@check(
    "NAT-23",
    zh="患者资料不得被缓存",
    en="patient data are not to be kept by caches",
    lesser="a header for caches between: nothing leaves the target by its absence alone",
)
def caching(run: Run) -> None:
    """Cache-Control: a browser may otherwise keep on its disk what has Last-Modified (RFC 9111 §4.2.2)."""
    name = name_of(created(run, patient(run)))
    for path in (name, f"Patient?identifier={SYSTEM}|{run.number}"):
        answer = run.client().get(path)
        said = answer.headers.get("cache-control", "")
        good = any(one in said for one in ("no-store", "no-cache", "private"))
        run.expect(answer.ok and good, "Cache-Control 限制缓存", "Cache-Control limits it", same(said or "-"))


@check("R4-SECURITY", zh="错误信息不含程序内部情况", en="errors tell nothing of the inside of the program")
def inside(run: Run) -> None:
    """Stack traces, database messages, paths."""
    answers = [go(run) for _, _, go in _ERRORS.values()] + [
        run.client().get("Patient?_sort=%00"),
        run.client().get("%ff%fe"),
    ]
    found = [one.status for one in answers if _INSIDE.search(one.raw.decode("utf-8", "replace"))]
    run.expect(not found, "不含", "none does", same(str(len(found))))


@check("R4-SECURITY", zh="不透露软件版本", en="headers do not tell the version of the software")
def banner(run: Run) -> None:
    """Server and X-Powered-By; the CapabilityStatement may name it."""
    discerning(run)
    answer = run.client().get("metadata")
    run.done(answer, "应答", "it answers")
    said = " ".join(answer.headers.get(one, "") for one in ("server", "x-powered-by", "x-aspnet-version"))
    run.expect(
        not re.search(r"\d+\.\d+", said),
        "不含版本号",
        "there is no version in them",
        same("version" if said else ""),
    )


@check("R4-SECURITY", zh="答复禁止浏览器猜测内容类型", en="answers forbid browsers to guess their type")
def sniffing(run: Run) -> None:
    """X-Content-Type-Options: nosniff, on what a client may have written."""
    answer = run.client().get(name_of(created(run, patient(run))))
    run.expect(
        answer.headers.get("x-content-type-options", "").lower() == "nosniff",
        "X-Content-Type-Options: nosniff",
        "X-Content-Type-Options: nosniff",
        same(answer.headers.get("x-content-type-options", "-")),
    )


@check(
    "R4-SECURITY",
    zh="以 TLS 提供时要求浏览器此后只用 TLS",
    en="over TLS it tells browsers to use nothing else from now on",
)
def transport_security(run: Run) -> None:
    """Strict-Transport-Security (RFC 6797); it is not sent over plain HTTP."""
    needs_tls(run)
    answer = run.client().get("metadata")
    run.expect(
        "max-age" in answer.headers.get("strict-transport-security", ""),
        "有 Strict-Transport-Security",
        "Strict-Transport-Security is there",
        same("-"),
    )
