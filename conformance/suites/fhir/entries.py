"""Entries of transactions and batches: made, sent, and what is answered (R4 http#transaction)."""

from __future__ import annotations

from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import SYSTEM, taken


def need(run: Run, code: str) -> None:
    """Go on only where the target claims this interaction, and patients."""
    claims = Claims.of(run)
    claims.need_system(code)
    claims.need("Patient", "create", "read")


def transaction(run: Run, *entries: Resource) -> Answer:
    """Post a transaction."""
    need(run, "transaction")
    return bundle(run, "transaction", *entries)


def bundle(run: Run, kind: str, *entries: Resource) -> Answer:
    """Post entries as a Bundle of a type to the base."""
    return run.client().post("", {"resourceType": "Bundle", "type": kind, "entry": list(entries)})


def posted(body: Resource) -> Resource:
    """Return the entry that creates a resource."""
    return entry("POST", str(body["resourceType"]), body)


def entry(method: str, url: str, body: Resource | None = None) -> dict[str, Any]:
    """Return an entry."""
    return {**({"resource": body} if body else {}), "request": {"method": method, "url": url}}


def responses(answer: Answer) -> list[Resource]:
    """Return what the entries of an answer say."""
    entries = [one for one in answer.body.get("entry") or [] if isinstance(one, dict)]
    return [one.get("response") or {} for one in entries]


def statuses(answer: Answer) -> list[str]:
    """Return the status codes of the entries."""
    return [str(one.get("status", ""))[:3] for one in responses(answer)]


def placed(run: Run, answer: Answer, count: int = 1) -> list[str]:
    """Return what was created, in the order of the entries, and note it."""
    found = []
    for one in responses(answer):
        parts = str(one.get("location", "")).split("/_history")[0].split("/")
        found.append("/".join(parts[-2:]))
        if len(parts) >= 2 and str(one.get("status", "")).startswith("201"):
            run.wrote(found[-1])
    run.expect(len(found) >= count, "每条都有答复", "each entry is answered", same(str(len(found))))
    return found


def rejected(run: Run, answer: Answer, zh: str, en: str) -> None:
    """Expect that a transaction failed: "an HTTP 400 or 500 type response" (R4 http#trules)."""
    taken(run, answer)
    run.expect(400 <= answer.status < 600, f"{zh}（4xx 或 5xx）", f"{en} (4xx or 5xx)", answer)


def counted(run: Run, suffix: str = "") -> int:
    """Return how many patients of this check there are."""
    return len(found_of(run, suffix))


def found_of(run: Run, suffix: str = "") -> list[Resource]:
    """Return the patients of this check."""
    Claims.of(run).need_parameters("Patient", ["identifier"])
    return run.client().get(f"Patient?identifier={SYSTEM}|{run.number}{suffix}").entries
