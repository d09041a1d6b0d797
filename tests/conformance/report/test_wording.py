"""Texts of the report: each in both languages, with the same blanks, and used."""

from __future__ import annotations

import re
from importlib.resources import files

from conformance.catalogue import load
from conformance.harness.verdict import Verdict
from conformance.report import wording
from conformance.report.wording import (
    DOCUMENTS,
    JURISDICTIONS,
    OUTCOME_MEANINGS,
    OUTCOMES,
    TEXT,
    VERDICT_MEANINGS,
)
from conformance.result.requirement import State

PACKAGE = files("conformance.report")


def test_both_languages_have_the_same_blanks() -> None:
    for name, text in TEXT.items():
        blanks = [sorted(re.findall(r"\{(\w+)\}", said)) for said in (text.zh, text.en)]
        assert blanks[0] == blanks[1], name


def test_no_text_is_left_over() -> None:
    sources = [
        one for folder in (PACKAGE, PACKAGE / "templates") for one in folder.iterdir() if one.is_file()
    ]
    said = "".join(one.read_text("utf-8") for one in sources if one.name != "wording.yaml")
    parts = ("s-", "t-", "none-", "claim-", "complete-")
    used = {name for name in TEXT if name in said or name.startswith(parts)}
    assert set(TEXT) - used == set()


def test_every_verdict_has_words() -> None:
    assert set(OUTCOMES) == set(Verdict)
    assert set(VERDICT_MEANINGS) == set(State)
    assert set(OUTCOME_MEANINGS) <= set(Verdict)


def test_every_document_and_jurisdiction_of_the_catalogue_has_a_name() -> None:
    catalogue = load()
    assert {one.id for one in catalogue.documents.values()} <= set(DOCUMENTS)
    places = {place for one in catalogue.requirements.values() for place in one.jurisdictions}
    assert places <= {*JURISDICTIONS, "any"}


def test_the_table_says_what_it_owns() -> None:
    assert wording.__doc__
