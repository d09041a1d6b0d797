"""The whole resource: the form of all JSON of R4, texts that can be read, and what a validator says."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.verdict import NotTested
from conformance.harness.words import same
from conformance.simulators.exact import Resource, dumps
from conformance.suites.fhir.ground import validating
from conformance.suites.quality import forms
from conformance.suites.quality.sample import PROFILE, sample
from conformance.suites.quality.shares import least, share
from conformance.testscript.content import Content
from conformance.testscript.unusable import Unusable
from conformance.testscript.validators import ERRORS, ProcessValidator

_BASE = "http://hl7.org/fhir/StructureDefinition/"


@check("R4-INVALID", zh="资源符合 R4 的 JSON 通则", en="resources keep the rules that R4 lays on all JSON")
def shaped(run: Run) -> None:
    """No nulls, nothing empty, ids and instants as they must be."""
    listed = sample(run).all()
    wrong = Counter(what for one in listed for what in set(forms.misshapen(one)))
    if wrong:
        run.step(f"不符合：{wrong.most_common(1)[0][0]}", f"broken: {wrong.most_common(1)[0][0]}")
    share(
        run,
        listed,
        lambda one: not any(forms.misshapen(one)),
        least("shaped"),
        "符合通则",
        "it keeps the rules",
        "resources",
    )


@check("CQ49-3.4b", zh="没有乱码", en="no text is garbled")
def garbled(run: Run) -> None:
    """Signs of a wrong charset anywhere in the sample."""
    listed = sample(run).all()
    share(
        run,
        listed,
        lambda one: not forms.garbled(dumps(one)),
        least("garbled"),
        "没有乱码",
        "its texts can be read",
        "resources",
    )


@check("R4-INVALID", zh="抽样资源通过 R4 校验", en="sampled resources are valid R4")
def valid(run: Run) -> None:
    """By the program of ``settings.validator``, else by the target's own ``$validate``."""
    listed = _spread(run)
    validate = _by_program(run) or _by_target(run)
    judged = [(str(one["resourceType"]), validate(one)) for one in listed]
    wrong = {kind for kind, bad in judged if bad}
    share(
        run,
        judged,
        lambda two: not two[1],
        least("validated"),
        "校验无错误",
        "no error is found",
        "resources",
    )
    run.expect(not wrong, "没有不合规的资源", "none is invalid", same(", ".join(sorted(wrong))))


def _spread(run: Run) -> list[Resource]:
    """Return a few of each type, so that none crowds out the others."""
    found = sample(run)
    kinds = [kind for kind, listed in found.by_kind.items() if listed]
    each = max(1, PROFILE["sample"]["validated"] // len(kinds))
    return [one for kind in kinds for one in found.by_kind[kind][:each]]


def _by_program(run: Run) -> Callable[[Resource], bool] | None:
    said = run.target.setting("validator", "")
    command = shlex.split(said) if isinstance(said, str) else [str(one) for one in said]
    if not command:
        return None
    program = ProcessValidator(command)

    def wrong(one: Resource) -> bool:
        try:
            issues = program(Content(dumps(one).encode(), {}, 0), f"{_BASE}{one['resourceType']}")
        except Unusable as error:
            raise NotTested(f"校验程序不可用：{error}", f"the validator cannot be used: {error}") from None
        return any(issue.severity in ERRORS for issue in issues)

    return wrong


def _by_target(run: Run) -> Callable[[Resource], bool]:
    client = run.client()
    validating(run, "Patient")

    def wrong(one: Resource) -> bool:
        answer = client.post(f"{one['resourceType']}/$validate", one)
        if answer.kind != "OperationOutcome" or answer.status in (404, 405, 501):
            raise NotTested(
                "目标不支持 $validate，也未声明校验程序（settings.validator）",
                "the target has no $validate, and no validator is declared (settings.validator)",
            )
        return bool(answer.errors)

    return wrong
