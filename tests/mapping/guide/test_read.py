"""The guide is read as it is: every row with a target, each under one id that stays."""

from __future__ import annotations

from collections import Counter

import pytest

from gateway.mapping.guide import Guide, read_guide


@pytest.fixture(scope="module")
def guide() -> Guide:
    return read_guide()


def test_counts_of_rows_with_a_target(guide: Guide) -> None:
    assert Counter(row.kind for row in guide.rows()) == {"segments": 1055, "datatypes": 617, "messages": 402}
    codes = list(guide.codes())
    assert len(codes) == 4763
    assert sum(not one.code for one in codes) == 2439


def test_ids_are_unique(guide: Guide) -> None:
    ids = [one.id for one in [*guide.rows(), *guide.codes()]]
    assert len(ids) == len(set(ids))


def test_columns_that_vary(guide: Guide) -> None:
    bare = guide.tables["ParticipantOrganizationUnitType"][0]
    assert (bare.target, bare.display) == ("prov", "Healthcare Provider")
    plain = guide.tables["AdministrativeSex"][0]
    assert (plain.code, plain.system, plain.target) == ("F", "HL70001", "female")
    assert plain.target_system == "http://hl7.org/fhir/administrative-gender"


def test_a_row(guide: Guide) -> None:
    row = next(one for one in guide.maps["PV1[Encounter]"] if one.id == "PV1[Encounter]/PV1-7")
    assert (row.target, row.convert, row.repeats) == (
        "participant[1].individual(Practitioner)",
        "XCN[Practitioner]",
        True,
    )
    assert guide.map_name("CWE[Code]") == "CWE[code]"
    assert guide.table_name("Yes/NoIndicator") == "YesNoIndicator"
