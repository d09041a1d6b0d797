"""Results to report on: a realistic run of 150 requirements and 250 checks, invented and seeded."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from conformance.result.model import Result

Json = dict[str, Any]

TOPICS = "ABCDEFGH"
SUITES = {
    "exchange_his": ("与HIS系统的数据交换", "Data exchange with the HIS"),
    "exchange_lis": ("与LIS系统的数据交换", "Data exchange with the LIS"),
    "fhir_api": ("FHIR R4 接口", "FHIR R4 interface"),
    "prescription_gates": ("处方拦截", "Gates of prescriptions"),
    "serials": ("唯一流水号", "Unique serials"),
    "feed_completeness": ("监管数据上传的完整性", "Completeness of the regulator's feed"),
    "feedback": ("异常反馈的处置", "Handling of abnormal feedback"),
    "practitioners": ("医务人员资质", "Practitioners"),
    "consent_and_visit": ("知情同意与复诊", "Consent and visit"),
    "records_and_retention": ("病历与留存", "Records and retention"),
    "access_control": ("数据访问控制", "Access control"),
    "audit_trail": ("服务全程留痕", "Audit trail"),
    "security_transport": ("传输与存储安全", "Security of transport and storage"),
    "disclosure": ("执业信息公开", "Public disclosure"),
    "terminology": ("术语与编码", "Terminology"),
    "data_quality": ("数据质量", "Data quality"),
}
DOCUMENTS = ("CQ49", "NAT", "NATA", "SC", "YN", "CQ18")
JURISDICTIONS = {
    "CQ49": ["cn-chongqing"],
    "CQ18": ["cn-chongqing"],
    "SC": ["cn-sichuan"],
    "YN": ["cn-yunnan"],
}
SUBJECTS = (
    (
        "与市监管平台完成数据对接",
        "Connection to the municipal platform",
        "申请设置互联网医院应当依托实体医疗机构，同时需要与“重庆市互联网医疗服务监管平台”完成数据对接。",
    ),
    (
        "处方、检查检验申请单具有唯一流水号",
        "Prescriptions and requests carry a unique serial",
        "通过市监管平台的处方单、检查检验申请单、入/转院申请单等均须有唯一流水号。",
    ),
    (
        "不得开具麻醉药品、精神药品处方",
        "No narcotic or psychotropic drugs",
        "不得在互联网上开具麻醉药品、精神药品处方以及其他用药风险较高、有其他特殊管理规定的药品处方。",
    ),
    (
        "为低龄儿童开具处方须有监护人和专科医师陪伴",
        "A young child's prescription needs guardian and specialist",
        "为低龄儿童（6岁以下）开具互联网儿童用药处方时，应当确定患儿有监护人和相关专业医师陪伴。",
    ),
    (
        "服务全程留痕和可追溯",
        "Every service leaves a trace that can be followed",
        "互联网医院应当建立数据访问控制信息系统，确保系统稳定和服务全程留痕。",
    ),
    (
        "公开机构与医师执业信息",
        "Institution and physicians are published",
        "互联网医院应当主动向患者公开医疗机构信息和执业医师信息。",
    ),
    (
        "病历保存时间不得少于15年",
        "Records are kept for fifteen years",
        "互联网医院电子病历保存时间不得少于15年，诊疗中的图文对话、音视频资料等过程记录保存时间不得少于3年。",
    ),
    (
        "患者知情同意",
        "Informed consent of the patient",
        "互联网医院必须对患者进行风险提示，获得患者的知情同意。",
    ),
)
ACTIONS = (
    (
        "向被测系统提交一份合规处方",
        "Submit a prescription that is in order",
        "接受，HTTP 201",
        "accepted, HTTP 201",
    ),
    (
        "以同一标识重复提交",
        "Submit it again under the same identifier",
        "返回同一流水号",
        "the same serial is returned",
    ),
    (
        "撤去监护人后再次提交",
        "Submit it without the guardian",
        "拒绝，HTTP 422，并说明规则",
        "refused, HTTP 422, naming the rule",
    ),
    (
        "以另一名患者的令牌读取",
        "Read it with another patient's token",
        "HTTP 403，且不泄露内容",
        "HTTP 403, and nothing is disclosed",
    ),
    (
        "等待监管平台收到上传",
        "Wait for the regulator's platform to receive it",
        "60秒内收到一次且仅一次",
        "received once and only once within 60 s",
    ),
)
ACTUALS = (
    ("HTTP 201，流水号 CQ-99-0000000017", "HTTP 201, serial CQ-99-0000000017"),
    ("HTTP 200，流水号 CQ-99-0000000017", "HTTP 200, serial CQ-99-0000000017"),
    ("HTTP 422，OperationOutcome：young-child-guardian", "HTTP 422, OperationOutcome: young-child-guardian"),
    ("HTTP 403，无正文", "HTTP 403, no body"),
    ("1.8秒后收到1次", "received once after 1.8 s"),
)
SKIPPED = {"zh": "被测系统未声明能力“oauth”", "en": "the target does not declare the capability “oauth”"}
HARNESS = {
    "zh": "测试程序出错：等待通知时连接被关闭",
    "en": "error of the harness: the connection closed while it waited",
}
UNTESTED = {"zh": "需现场核查，本次未提交证明", "en": "shown on site; no attestation was submitted"}
OTHER = {"zh": "HTTP 201，流水号 CQ-99-0000000018", "en": "HTTP 201, serial CQ-99-0000000018"}
ADVICE = {
    "zh": "使同一申请的重复提交返回首次分配的流水号。",
    "en": "Return the serial that was given first when a request is repeated.",
}
ELSEWHERE = {"zh": "不属于本次适用地区", "en": "not of this run's jurisdictions"}


def words(zh: str, en: str) -> Json:
    return {"zh": zh, "en": en}


class Generator:
    """Makes one run, always the same for a seed."""

    def __init__(self, requirements: int, checks: int, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._exchange = 0
        self.requirements = [self._requirement(number) for number in range(requirements)]
        self.checks = [self._check(number) for number in range(checks)] if requirements else []
        self.attestations: list[Json] = []
        for one in self.requirements:
            self._judge(one)

    def _requirement(self, number: int) -> Json:
        technical = number % 10 == 9
        document = "R4" if technical else DOCUMENTS[number % len(DOCUMENTS)]
        zh, en, original = SUBJECTS[number % len(SUBJECTS)]
        method = (
            "automatic"
            if technical
            else self._random.choices(["automatic", "document", "onsite"], [7, 2, 1])[0]
        )
        places = JURISDICTIONS.get(document, ["cn"])
        return {
            "id": f"{document}-{number // 6 + 1}.{number % 6 + 1}",
            "document": document,
            "article": "RESTful API §3.1" if technical else f"第{number % 40 + 1}条",
            "title": words(zh, en),
            "original": "The server SHALL reject a resource that is not valid." if technical else original,
            "method": method,
            "jurisdictions": [] if technical else places,
            "applies": technical or places[0] in ("cn", "cn-chongqing"),
            "critical": number % 7 == 2,
            "organisational": method == "onsite",
            "verdict": "not-tested",
            "reason": words("", ""),
            "checks": [],
            "attestations": [],
            "technical": technical,
            "methods": [method],
            "topic": "R" if technical else TOPICS[number * len(TOPICS) // 150 % len(TOPICS)],
        }

    def _check(self, number: int) -> Json:
        applying = [one for one in self.requirements if one["applies"] and one["method"] == "automatic"]
        requirement = applying[number % len(applying)]
        suite = list(SUITES)[number % len(SUITES)]
        verdict = self._random.choices(["pass", "fail", "skip", "error", "not-tested"], [84, 7, 6, 2, 1])[0]
        steps = self._steps(number, verdict)
        check = {
            "id": f"{suite}.check_{number:03}",
            "suite": suite,
            "requirement": requirement["id"],
            "title": words(
                f"{requirement['title']['zh']}（情形{number + 1}）",
                f"{requirement['title']['en']} (case {number + 1})",
            ),
            "critical": bool(requirement["critical"]),
            "verdict": verdict,
            "reason": self._reason(verdict),
            "advice": ADVICE
            if verdict == "fail" else None,
            "steps": steps,
            "evidence": [name for step in steps for name in step["evidence"]],
            "seconds": round(self._random.random() * 2, 3),
        }  # fmt: skip
        requirement["checks"].append(check["id"])
        return check

    @staticmethod
    def _reason(verdict: str) -> Json | None:
        return {
            "skip": SKIPPED,
            "not-tested": SKIPPED,
            "error": HARNESS,
            "fail": words("流水号与首次不同", "the serial differs from the first"),
        }.get(verdict)

    def _steps(self, number: int, verdict: str) -> list[Json]:
        if verdict in ("skip", "not-tested"):
            return []
        self._exchange += 1
        steps = []
        for at in range(2 + number % 3):
            action, expected = ACTIONS[at], ACTUALS[at]
            good = verdict == "pass" or at < 1 + number % 3
            actual = words(*expected) if good else OTHER
            steps.append({
                "action": words(action[0], action[1]),
                "expected": words(action[2], action[3]),
                "actual": actual,
                "ok": good,
                "evidence": [f"E{self._exchange:04}-{at + 1}"],
            })  # fmt: skip
        return steps

    def _judge(self, one: Json) -> None:
        found = Counter(check["verdict"] for check in self.checks if check["requirement"] == one["id"])
        if not one["applies"]:
            one["verdict"], one["reason"] = "not-applicable", ELSEWHERE
        elif found["fail"]:
            worst = one["critical"] or not found["pass"]
            one["verdict"] = "nonconformant" if worst else "partial"
            one["reason"] = words(f"{found['fail']}项检查未通过", f"{found['fail']} checks failed")
        elif found["pass"]:
            whole = set(found) == {"pass"}
            one["verdict"] = "conformant" if whole else "partial"
            one["reason"] = words("", "") if whole else SKIPPED
        elif one["method"] != "automatic" and self._random.random() < 0.7:
            self._attest(one)
        else:
            one["reason"] = SKIPPED if found else UNTESTED

    def _attest(self, one: Json) -> None:
        attestation = {
            "requirement": one["id"],
            "method": one["method"],
            "finding": "conformant",
            "who": "周文敏",
            "role": "信息科主任",
            "when": "2026-11-20",
            "until": "2027-11-19",
            "note": "查阅了在有效期内的制度文件与合同原件。",
            "evidence": [
                {"file": f"attachments/{one['id']}.pdf", "sha256": f"{self._random.getrandbits(256):064x}"}
            ],
        }
        self.attestations.append(attestation)
        one["attestations"] = [{"attestation": attestation, "holds": True, "reason": None}]
        one["verdict"] = "conformant"
        one["reason"] = words("依据文审或现场核查的证明", "by an attestation of documents or on site")

    def suites(self) -> list[Json]:
        counts = {
            name: Counter(one["verdict"] for one in self.checks if one["suite"] == name) for name in SUITES
        }
        return [
            {"id": name, "title": words(*title), "counts": dict(sorted(counts[name].items())), "error": None}
            for name, title in sorted(SUITES.items())
        ]

    def topics(self) -> list[Json]:
        return [self._topic(name) for name in TOPICS]

    def _topic(self, name: str) -> Json:
        counted = [one for one in self.requirements if one["topic"] == name and one["applies"]]
        good = sum({"conformant": 1.0, "partial": 0.5}.get(one["verdict"], 0.0) for one in counted)
        value = round(100 * good / len(counted), 1) if counted else None
        return {"id": name, "value": value, "counted": len(counted), "weight": float(len(counted))}


def made(requirements: int = 150, checks: int = 250, **run: Any) -> Json:
    """Return a ``result.json`` of so many requirements and checks."""
    generated = Generator(requirements, checks)
    rows = generated.requirements
    law = [one for one in rows if not one["technical"]]
    failed = [one["id"] for one in law if one["critical"] and one["verdict"] == "nonconformant"]
    states = Counter(one["verdict"] for one in law if one["applies"])
    applicable = sum(states.values())
    value = round(100 * (states["conformant"] + states["partial"] / 2) / applicable, 1) if applicable else 0.0
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    return {
        "schema": "urn:qiao:conformance:result:1",
        "tool": {
            "name": "qiao",
            "version": "0.1.0",
            "definitions": {"catalogue": digest, "suites": dict.fromkeys(SUITES, digest), "harness": digest},
        },
        "run": {
            "id": "r3f9a1c2",
            "seed": 7,
            "started": "2026-11-22T01:15:04Z",
            "finished": "2026-11-22T01:16:37Z",
            "seconds": 93.2,
            "complete": True,
            "jurisdictions": ["cn", "cn-chongqing"],
            "suites": sorted(SUITES),
            "jobs": 4,
            "lang": "zh",
            "command": "qiao conformance run --target target.yaml --jurisdiction cn-chongqing",
            **run,
        },
        "target": {
            "name": "示范人民医院互联网医院",
            "fhir": "http://127.0.0.1:8080/fhir",
            "software": "qiao",
            "version": "0.1.0",
            "fhirVersion": "4.0.1",
            "capabilities": ["actions.cancel", "actions.submit", "fhir", "mllp:his", "mllp:lis", "signing"],
            "declared": digest,
            "clock_offset_seconds": 0.0,
        },
        "environment": {
            "python": "3.11.7",
            "platform": "Linux-6.1-x86_64",
            "packages": {"cryptography": "46.0.3", "httpx": "0.28.1", "jinja2": "3.1.6", "lxml": "6.1.3"},
        },
        "score": {
            "value": min(value, 59.0) if failed else value,
            "uncapped": value,
            "cap": 59.0 if failed else None,
            "capped_by": failed,
            "formula": words(
                "得分 = 100 × Σ(权重 × 结论值) ÷ Σ权重；结论值：符合 1，部分符合 0.5，不符合与未测 0；"
                "任一关键项不符合时不高于 59。",
                "Score = 100 × Σ(weight × verdict) ÷ Σ weight; conformant 1, partial 0.5, "
                "nonconformant and not tested 0; at most 59 when a critical requirement is nonconformant.",
            ),
            "explanation": words(f"{value} = 100 × … ÷ {applicable}", f"{value} = 100 × … ÷ {applicable}"),
            "weights": {"critical": 3.0, "ordinary": 1.0},
            "topics": generated.topics(),
            "technical": 93.3 if rows else None,
            "organisational": 80.0 if rows else None,
        },
        "coverage": {
            "requirements": len(law),
            "automatic": sum(bool(one["checks"]) for one in law),
            "attestable": sum(one["method"] != "automatic" for one in law),
            "with_reason": sum(one["method"] == "automatic" and not one["checks"] for one in law),
            "applicable": applicable,
            "tested": applicable - states["not-tested"],
            "attested": len(generated.attestations),
            "organisational": sum(one["organisational"] for one in law),
            "technical": len(rows) - len(law),
            "percent": 82.4 if rows else 0.0,
        },
        "checks": generated.checks,
        "requirements": rows,
        "attestations": generated.attestations,
        "suites": generated.suites() if rows else [],
        "left": ["Patient/qc-7-0013"],
        "errors": [{"where": "suites/imaging.py", "what": "ImportError: No module named 'pydicom'"}]
        if rows
        else [],
    }


Made = Callable[..., Result]


@pytest.fixture(scope="session")
def make() -> Made:
    """``make(requirements, checks, complete=False)`` → an invented result."""
    return lambda *sizes, **run: Result.from_json(made(*sizes, **run))


@pytest.fixture(scope="session")
def result(make: Made) -> Result:
    """150 requirements and 250 checks."""
    return make()
