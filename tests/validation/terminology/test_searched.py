"""What a search asks of terminology: members of value sets, codes below and above a code."""

from __future__ import annotations

import pytest

from gateway.errors import Rejected
from gateway.store.search import Criteria
from gateway.validation.terminology import Searched, Terminology

ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
GENDERS = "http://hl7.org/fhir/administrative-gender"


def test_members_of_a_value_set(terminology: Terminology) -> None:
    found = Searched(terminology).expand("http://hl7.org/fhir/ValueSet/administrative-gender")
    assert found == {(GENDERS, code) for code in ("male", "female", "other", "unknown")}


def test_codes_below_and_above(terminology: Terminology) -> None:
    searched = Searched(terminology)
    assert {"PRN", "MTH", "FTH"} <= searched.below(ROLES, "PRN")
    assert "SIB" not in searched.below(ROLES, "PRN")
    assert {"MTH", "PRN", "FAMMEMB"} <= searched.above(ROLES, "MTH")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("relationship:in", "http://nobody.example/vs", "value"),
        ("relationship:below", "http://nobody.example/cs|X", "value"),
        ("relationship:above", f"{ROLES}|NOTHING", "value"),
    ],
)
def test_what_is_not_known_is_said(terminology: Terminology, name: str, value: str, code: str) -> None:
    with pytest.raises(Rejected) as raised:
        Criteria("RelatedPerson", [(name, value)], zone="Z", terms=Searched(terminology))
    assert (raised.value.code, raised.value.where) == (code, "relationship")


def test_a_search_by_hierarchy(terminology: Terminology) -> None:
    relationship = [{"coding": [{"system": ROLES, "code": "MTH"}]}]
    mother = {"resourceType": "RelatedPerson", "relationship": relationship}
    for code, expected in (("PRN", True), ("SIB", False)):
        pairs = [("relationship:below", f"{ROLES}|{code}")]
        criteria = Criteria("RelatedPerson", pairs, zone="Z", terms=Searched(terminology))
        assert criteria.matches(mother) is expected
