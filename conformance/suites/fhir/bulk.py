"""Bulk data: ``$export`` (Bulk Data Access IG 2.0.0)."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from conformance.harness.answer import Answer
from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators.exact import Resource, loads
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import created, name_of, observation, patient

_SOME = {"Prefer": "respond-async"}


@check(
    "R4-BULK",
    zh="导出受理为 202，完成后清单齐全，文件含所写资源",
    en="an export is accepted with 202, its manifest is whole, its files have what was written",
)
def export(run: Run) -> None:
    """Export patients since just before one was written."""
    body = _ground(run)
    manifest = _exported(run, "", _type="Patient", _since=_before(body))
    missing = [one for one in ("transactionTime", "request", "output", "error") if one not in manifest]
    run.expect(
        not missing and isinstance(manifest.get("requiresAccessToken"), bool),
        "清单必填项齐全",
        "nothing mandatory is missing in the manifest",
        same(", ".join(missing)),
    )
    found = _resources(run, manifest)
    run.expect(
        name_of(body) in {name_of(one) for one in found},
        "含所写患者",
        "the patient is in it",
        same(str(len(found))),
    )
    mine = next(one for one in found if name_of(one) == name_of(body))
    run.expect(mine == body, "内容与读取一致", "it is what a read gives")


@check("R4-BULK", zh="_type 之外的类型不导出", en="types other than _type are not exported")
def export_types(run: Run) -> None:
    """A patient and an observation; only observations are asked for."""
    body = _ground(run)
    other = created(run, observation(run, name_of(body), "5.40"))
    found = _resources(run, _exported(run, "", _type="Observation", _since=_before(body)))
    run.expect(
        {one["resourceType"] for one in found} == {"Observation"},
        "只有 Observation",
        "observations only",
        same(", ".join(sorted({str(one["resourceType"]) for one in found}))),
    )
    run.expect(
        name_of(other) in {name_of(one) for one in found}, "含所写观察", "the one written is among them"
    )


@check("R4-BULK", zh="导出遵守 _since", en="an export keeps to _since")
def export_since(run: Run) -> None:
    """Two patients; what came after the first."""
    first, second = _ground(run), created(run, patient(run, "b"))
    found = {
        name_of(one) for one in _resources(run, _exported(run, "", _type="Patient", _since=_time(second, -1)))
    }
    run.expect(name_of(second) in found, "之后的在", "what came later is there")
    same_moment = _time(first) >= _time(second, -1)
    run.expect(
        same_moment or name_of(first) not in found,
        "之前的不在",
        "what came before is not",
        same(str(len(found))),
    )
    last = str(_exported(run, "", _type="Patient", _since=_before(first)).get("transactionTime"))
    empty = {name_of(one) for one in _resources(run, _exported(run, "", _type="Patient", _since=last))}
    run.expect(
        not empty & {name_of(first), name_of(second)},
        "自上次 transactionTime 起没有旧的",
        "since the last transactionTime there is nothing old",
    )


@check("R4-BULK", zh="患者级导出含患者及其区隔", en="an export of patients has them and their compartments")
def export_patients(run: Run) -> None:
    """``Patient/$export``; an Organization is in nobody's compartment."""
    claims = Claims.of(run)
    claims.need_operation("export", "Patient")
    claims.need("Organization", "create", "read")
    body = _ground(run)
    mine = created(run, observation(run, name_of(body), "5.40"))
    place = created(run, {"resourceType": "Organization", "name": "渡桥诊所"})
    found = {name_of(one) for one in _resources(run, _exported(run, "Patient/", _since=_before(body)))}
    run.expect(
        {name_of(body), name_of(mine)} <= found,
        "患者及其观察都在",
        "the patient and the observation are there",
    )
    run.expect(name_of(place) not in found, "机构不在", "the organization is not")


@check("R4-BULK", zh="取消的导出不可再取", en="an export that was cancelled is gone")
def export_cancelled(run: Run) -> None:
    """DELETE on the status address: 202, then 404."""
    body = _ground(run)
    where = _asked(run, "", _type="Patient", _since=_before(body)).headers["content-location"]
    run.expect(
        run.client().get(where, Accept="").status in (200, 202), "起初可查询", "at first its state is told"
    )
    answer = run.client().delete(where)
    run.expect(answer.status == 202, "取消为 202", "to cancel it is 202", answer)
    gone = run.client().get(where, Accept="")
    run.expect(gone.status == 404, "此后为 404", "then it is 404", gone)


@check("R4-BULK", zh="不合规的导出请求被拒绝", en="an export that cannot be is refused")
def export_refused(run: Run) -> None:
    """A type that is none, a moment that is none; the twin is accepted."""
    body = _ground(run)
    for wrong in ({"_type": "Qiaoxing"}, {"_since": "yesterday"}, {"_outputFormat": "text/csv"}):
        answer = _kicked(run, "", **wrong)
        run.expect(400 <= answer.status < 500, "被拒绝（4xx）", "it is refused (4xx)", answer)
    run.client().delete(_asked(run, "", _type="Patient", _since=_before(body)).headers["content-location"])


def _ground(run: Run) -> Resource:
    Claims.of(run).need_operation("export")
    return created(run, patient(run, "a"))


def _kicked(run: Run, level: str, **given: str) -> Answer:
    return run.client().get(f"{level}$export?{urlencode(given, quote_via=quote)}", **_SOME)


def _asked(run: Run, level: str, **given: str) -> Answer:
    answer = _kicked(run, level, **given)
    run.expect(answer.status == 202, "受理为 202", "it is accepted with 202", answer)
    run.expect(
        bool(answer.headers.get("content-location")), "有 Content-Location", "Content-Location is there"
    )
    return answer


def _exported(run: Run, level: str, **given: str) -> Resource:
    """Return the manifest of an export, and let the server forget it."""
    where = _asked(run, level, **given).headers["content-location"]

    def over() -> Answer | None:
        answer = run.client().get(where, Accept="application/json")
        run.expect(
            answer.status in (200, 202, 429, 503), "状态为 202 或 200", "its state is 202 or 200", answer
        )
        return answer if answer.status == 200 else None

    manifest = run.until(over, "导出完成", "the export is done").body
    run.session.once(f"fhir.export.{where}", lambda: run.session.stack.callback(run.client().delete, where))
    return manifest


def _resources(run: Run, manifest: Resource) -> list[Resource]:
    """Return what all files hold; each line is a resource of the type that the manifest says."""
    found: list[Resource] = []
    for one in manifest.get("output") or []:
        answer = run.done(
            run.client().get(str(one.get("url")), Accept="application/fhir+ndjson"),
            "文件可取",
            "the file is had",
        )
        run.expect(
            answer.type in ("application/fhir+ndjson", "application/ndjson"),
            "为 NDJSON",
            "it is NDJSON",
            answer.type,
        )
        lines = [loads(line) for line in answer.raw.splitlines() if line]
        run.expect(
            all(line.get("resourceType") == one.get("type") for line in lines),
            "类型与清单一致",
            "its lines are of the type that the manifest says",
        )
        found += lines
    return found


def _time(body: Resource, seconds: int = 0) -> str:
    moment = datetime.fromisoformat(str(body["meta"]["lastUpdated"]))
    return (moment + timedelta(milliseconds=seconds)).isoformat()


def _before(body: Resource) -> str:
    return _time(body, -1)
