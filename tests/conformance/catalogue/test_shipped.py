"""The catalogue as it is shipped: whole, in both languages, and true to the texts where they are at hand."""

from __future__ import annotations

import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from conformance.catalogue import Catalogue, examine, load
from conformance.catalogue.source import compare, texts
from conformance.harness.suite import load as load_suites

PROVINCES = ("cn-chongqing", "cn-sichuan", "cn-yunnan")
DAY = date(2025, 6, 1)
LOOKED_AT = (
    *("SC-48.3", "NAT-16", "NAT-28", "NATA-2", "NATA-3.1", "NAT-12", "NAT-13", "NAT-32", "CQ49-1", "SC-17"),
    *("YN-4", "YN-15", "YN-49", "NAT-5", "NAT-23", "CQ49-3.2", "CQ49-3.1", "CQ49-4.2", "SC-35.1", "SC-22.2"),
)
"""Rows of which the checks show only that a violation is pointed out, or cannot show all."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def test_every_requirement_of_the_five_documents_is_there(catalogue: Catalogue) -> None:
    assert len(catalogue.legal) == 102
    documents = Counter(one.document for one in catalogue.legal)
    assert documents == {"SC": 34, "NAT": 27, "CQ49": 19, "NATA": 11, "YN": 6, "CQ18": 5}
    assert {one.number for one in catalogue.documents.values() if one.legal} >= {
        "渝卫发〔2019〕49号", "国卫医发〔2018〕25号", "川卫规〔2023〕10号", "渝府办发〔2018〕179号",
    }  # fmt: skip


def test_every_article_of_every_document_has_its_place(catalogue: Catalogue) -> None:
    numbers = {one.id: len(one.articles) for one in catalogue.documents.values()}
    assert numbers == {"CQ49": 25, "NAT": 36, "NATA": 13, "SC": 62, "YN": 58, "CQ18": 33, "R4": 0}
    promised = {f"x.{one.id}": one.id for one in catalogue.requirements.values() if one.automatic}
    assert examine(catalogue, promised) == []


def test_four_of_five_rows_that_are_no_duty_of_the_organisation_promise_a_check(catalogue: Catalogue) -> None:
    own = [one for one in catalogue.legal if not one.organisational]
    assert len(own) == 90
    assert sum(one.automatic for one in own) >= 0.8 * len(own)


def test_what_no_machine_tests_says_why_and_what_to_look_at(catalogue: Catalogue) -> None:
    quiet = [one for one in catalogue.requirements.values() if not one.automatic]
    assert quiet
    assert all(one.reason is not None and one.attest is not None and one.organisational for one in quiet)


@pytest.mark.parametrize(
    "name",
    LOOKED_AT,
)
def test_what_a_gateway_can_only_point_out_somebody_must_look_at(catalogue: Catalogue, name: str) -> None:
    row = catalogue.requirements[name]
    assert row.automatic and len(row.methods) > 1
    assert row.attest is not None and "评审员须见" in row.attest.zh and "To be seen" in row.attest.en


def test_a_check_of_a_critical_row_caps_the_score_or_says_why_not(catalogue: Catalogue) -> None:
    checks = load_suites().checks
    caps = {one.id: one.critical for one in checks if not one.lesser}
    assert examine(catalogue, {one.id: one.requirement for one in checks}, caps) == []


def test_every_text_is_in_both_languages(catalogue: Catalogue) -> None:
    for one in catalogue.requirements.values():
        for words in (one.title, one.advice, one.reason, one.attest, *(also.difference for also in one.also)):
            if words is not None:
                assert any("一" <= letter <= "鿿" for letter in words.zh), (one.id, words.zh)
                assert words.en.isascii() or "互联网诊疗" in words.en or "以下" in words.en, (
                    one.id,
                    words.en,
                )


@pytest.mark.parametrize("province", PROVINCES)
def test_national_law_holds_in_every_province(catalogue: Catalogue, province: str) -> None:
    national = [one for one in catalogue.legal if one.document in {"NAT", "NATA"}]
    assert all(catalogue.applies(one, ("cn", province), DAY) for one in national)


def test_the_yearly_test_and_the_serials_are_asked_for_in_chongqing_only(catalogue: Catalogue) -> None:
    for name in ("CQ49-3.4c", "CQ49附3.5"):
        assert catalogue.requirements[name].jurisdictions == ("cn-chongqing",)
    assert catalogue.requirements["CQ49-1"].jurisdictions == ("cn-chongqing",)
    assert catalogue.requirements["SC-35.1"].jurisdictions == ("cn-sichuan",)


def test_sichuan_ran_out_after_two_years(catalogue: Catalogue) -> None:
    stack = ("cn", "cn-sichuan")
    assert catalogue.state("SC-35.1", stack, date(2026, 1, 31)) == "applies"
    assert catalogue.state("SC-35.1", stack, date(2026, 2, 1)) == "expired"
    assert catalogue.applies("SC-34.2", ("cn", "cn-yunnan"), date(2026, 2, 1))


def test_what_protects_patients_is_critical(catalogue: Catalogue) -> None:
    critical = {one.id for one in catalogue.requirements.values() if one.critical}
    assert {
        "NAT-20.4",
        "NAT-20.5",
        "NAT-20.6",
        "CQ49附3.1",
        "CQ49附3.5",
        "NAT-21.2",
        "NAT-23",
        "SC-32",
    } <= critical
    assert not {one.id for one in catalogue.technical} & critical


# The texts are not shipped: where they are at hand, every sentence is compared; elsewhere nothing is skipped.
if seeds := os.environ.get("QIAO_SEEDS"):

    def test_every_sentence_stands_in_its_article(catalogue: Catalogue) -> None:
        assert [f"{one.where}: {one.what.zh}" for one in compare(catalogue, texts(Path(seeds)))] == []
