"""$policy over HTTP: each tenant is told of its own rules."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from gateway.api import Context, Options, create_app
from gateway.policy import load_policy
from gateway.store import Store
from gateway.validation import Validator

JURISDICTIONS = {"default": (), "second": ("cn-sichuan",)}


@pytest.fixture
def ask(store: Store) -> Any:
    app = create_app(
        Context(
            store,
            Options(tenants=frozenset(JURISDICTIONS)),
            policy=lambda tenant: load_policy(JURISDICTIONS[tenant]),
        )
    )

    def get(path: str) -> httpx.Response:
        async def run() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://localhost"
            ) as client:
                return await client.get(path)

        return asyncio.run(run())

    return get


def rules(answer: httpx.Response) -> dict[str, dict[str, Any]]:
    parts = [one["part"] for one in answer.json()["parameter"] if one["name"] == "rule"]
    each = [{one["name"]: next(v for k, v in one.items() if k != "name") for one in part} for part in parts]
    return {one["id"]: one for one in each}


def test_each_tenant_is_told_of_its_rules(ask: Any, validator: Validator) -> None:
    answer = ask("/fhir/$policy")
    assert answer.status_code == 200
    assert [one for one in validator.check(answer.json()) if one.severity == "error"] == []
    rule = rules(answer)["nat-20-forbidden-drug"]
    assert rule["article"] == "《互联网医院管理办法（试行）》第二十条"
    assert rule["quote"].startswith("不得在互联网上开具麻醉药品")
    assert (rule["verdict"], rule["requirement"], rule["from"]) == ("refuse", "NAT-20.6", "2018-07-17")
    assert rule["text"]
    assert rule["text-zh"]
    assert not any(one.startswith("sc-") for one in rules(answer))
    theirs = rules(ask("/t/second/fhir/$policy"))
    assert theirs["sc-23-filed"]["to"] == "2026-01-31"
    assert theirs["sc-23-filed"]["lapsed"] is True


def test_rules_are_asked_for_by_event_and_jurisdiction(ask: Any) -> None:
    dispense = rules(ask("/fhir/$policy?event=dispense"))
    assert "nat-20-approved" in dispense
    assert "nat-18-consent" not in dispense
    theirs = ask("/t/second/fhir/$policy?event=dispense&event=purge&jurisdiction=cn-sichuan")
    assert {one.partition("-")[0] for one in rules(theirs)} == {"sc"}
    assert {"sc-31-effective", "sc-35-records"} <= rules(theirs).keys()
    packs = [one for one in theirs.json()["parameter"] if one["name"] == "pack"]
    assert [one["part"][0]["valueCode"] for one in packs] == ["cn-sichuan"]


@pytest.mark.parametrize("query", ["event=teatime", "jurisdiction=cn-sichuan"])
def test_what_is_no_event_or_not_this_tenants_is_told(ask: Any, query: str) -> None:
    answer = ask(f"/fhir/$policy?{query}")
    assert answer.status_code == 400
    (issue,) = answer.json()["issue"]
    assert "there are" in str(issue)


def test_the_statement_names_it(ask: Any) -> None:
    (rest,) = ask("/fhir/metadata").json()["rest"]
    assert "policy" in {one["name"] for one in rest["operation"]}


def test_other_tenants_and_parameters_are_refused(ask: Any) -> None:
    assert ask("/t/third/fhir/$policy").status_code == 404
    assert ask("/fhir/$policy?day=2020-01-01").status_code == 400


def test_a_parameter_that_is_an_empty_list_is_left_out(ask: Any) -> None:
    told = ask("/fhir/$policy").json()["parameter"]
    parts = [one["part"] for one in told if one["name"] == "parameter"]
    assert all(parts)
    assert "offered-diagnoses" not in {one[0]["name"] for one in parts}
