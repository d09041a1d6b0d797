"""Egress: whom a target sends data to: nobody but those who are listed (SC article 48, CQ49 article 3(5))."""

from __future__ import annotations

from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import CODES, declined, placed, read

_PLACES = (
    (
        "unlisted",
        "SC-48.3",
        "协议之外的主机",
        "a host that no agreement names",
        "https://cloud-archive.example/hook",
    ),
    (
        "credentials",
        "SC-48.3",
        "以用户名伪装的主机",
        "a host behind a false user name",
        "https://localhost@cloud-archive.example/hook",
    ),
    (
        "link-local",
        "SC-48.3",
        "云主机元数据地址",
        "the metadata address of a cloud",
        "http://169.254.169.254/latest/meta-data",
    ),
    ("file", "SC-48.3", "本地文件", "a file", "file:///etc/passwd"),
    (
        "internet",
        "CQ49-3.5a",
        "专网之外的公网地址",
        "a public address outside of the health network",
        "https://203.0.113.17/hook",
    ),
    (
        "other-port",
        "CQ49-3.5a",
        "未列明的主机名",
        "a host name that is not listed",
        "https://hook.example.net:8443/hook",
    ),
    ("abroad", "CQ49-3.5b", "境外主机", "a host abroad", "https://hook.example.co.uk/hook"),
    ("abroad-address", "CQ49-3.5b", "境外地址", "an address abroad", "https://198.51.100.17/hook"),
)


@checks(
    [
        Case(
            name,
            row,
            Words(f"不向{zh}发送数据", f"nothing is sent to {en}"),
            (url,),
            critical=row != "CQ49-3.5a",
        )
        for name, row, zh, en, url in _PLACES
    ]
)
def receiver(run: Run, url: str) -> None:
    """As the endpoint of a Subscription; the twin is the harness, whom the target may notify."""
    Claims.of(run).need("Subscription", "create", "read")
    good = run.client().post("Subscription", _subscription(run, run.inbox().url))
    run.given(good, "向受许可的地址订阅", "a subscription to an address that is allowed is taken")
    run.wrote(placed(good, "Subscription"))
    answer = run.client().post("Subscription", _subscription(run, url))
    if answer.ok:
        name = placed(answer, "Subscription")
        run.wrote(name)
        run.expect(
            read(run, name).get("status") in ("off", "error"),
            "被拒绝或置为 off",
            "it is refused, or off",
            answer,
        )
    else:
        declined(run, answer, "被拒绝", "it is refused")


@check(
    "SC-48.3",
    zh="不能以更新把订阅改到未列明的主机",
    en="no update moves a subscription to a host that is not listed",
    critical=True,
)
def moved(run: Run) -> None:
    """The endpoint of one that was taken is changed."""
    Claims.of(run).need("Subscription", "create", "read", "update")
    good = run.client().post("Subscription", _subscription(run, run.inbox().url))
    name = placed(run.given(good, "订阅", "a subscription is taken"), "Subscription")
    run.wrote(name)
    body = read(run, name)
    answer = run.client().put(
        {**body, "channel": {**body["channel"], "endpoint": "https://cloud-archive.example/hook"}}
    )
    if answer.ok:
        run.expect(
            read(run, name).get("status") in ("off", "error"),
            "被拒绝或置为 off",
            "it is refused, or off",
            answer,
        )
    else:
        declined(run, answer, "被拒绝", "it is refused")
    kept = read(run, name)["channel"]["endpoint"]
    run.expect(
        answer.ok or kept == run.inbox().url,
        "原地址未变",
        "the address is as it was",
        same("changed" if kept != run.inbox().url else ""),
    )


def _subscription(run: Run, url: str) -> Resource:
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "conformance",
        "criteria": f"Observation?code={CODES}|{run.number}",
        "channel": {"type": "rest-hook", "endpoint": url, "payload": "application/fhir+json"},
    }
