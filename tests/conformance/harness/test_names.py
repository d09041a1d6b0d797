"""Names: a target's references stand where it is asked, the check's where it looks."""

from __future__ import annotations

from conformance.harness.names import Names


def test_both_ways() -> None:
    names = Names()
    names.made("Encounter/v1", "Encounter/20881", "V-7")
    ours = {
        "resourceType": "Encounter",
        "id": "v1",
        "text": "see https://gateway.example/fhir/Encounter/v1/_history/2 and Encounter/v11",
        "partOf": [{"reference": "Encounter/v1"}, {"reference": "Encounter/v11"}],
    }
    theirs = names.theirs(ours)
    assert theirs["id"] == "20881"
    assert theirs["partOf"] == [{"reference": "Encounter/20881"}, {"reference": "Encounter/v11"}]
    assert theirs["text"].startswith("see https://gateway.example/fhir/Encounter/20881/_history/2 and")
    assert names.ours(theirs) == ours


def test_an_address_is_renamed_too() -> None:
    names = Names()
    names.made("Patient/p1", "Patient/880001")
    assert names.theirs("Flag?patient=Patient/p1&_count=2") == "Flag?patient=Patient/880001&_count=2"
    assert names.theirs("Patient/p12") == "Patient/p12"


def test_numbers_are_the_targets_where_it_has_some() -> None:
    names = Names()
    names.made("Encounter/v1", "Encounter/20881", "V-7")
    names.made("Patient/p1", "Patient/880001")
    assert [names.number(one) for one in ("Encounter/v1", "Patient/p1", "Practitioner/w1", "7")] == [
        "V-7",
        "880001",
        "w1",
        "7",
    ]
