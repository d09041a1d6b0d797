"""Transactions: all or nothing, their order, and what their entries say of each other (R4 §3.1.0.11.2)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.store import Change, Result, Transacted

ROOM = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
ONE = "urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9"


def patient(mrn: str = "1", **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": mrn}], **elements}


def observation(subject: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "subject": {"reference": subject}, **elements}


def create(body: dict[str, Any], full_url: str = "", where: str = "") -> Change:
    condition = (("identifier", where),) if where else None
    return Change("create", body["resourceType"], body=body, full_url=full_url, condition=condition)


def update(id_: str, body: dict[str, Any], full_url: str = "") -> Change:
    return Change("update", body["resourceType"], id_, body, full_url=full_url)


def done(transacted: Transacted) -> list[Result]:
    assert transacted.error is None, (transacted.at, transacted.error)
    return transacted.results


def body(result: Result) -> dict[str, Any]:
    assert result.version is not None
    loaded: dict[str, Any] = orjson.loads(result.version.body)
    return loaded


def refused(transacted: Transacted) -> tuple[str, int]:
    assert transacted.error is not None
    assert not transacted.results
    return transacted.error.code, transacted.at


def test_entries_refer_to_each_other_in_any_order(desk: Any) -> None:
    first, second = done(desk.transact(create(observation(ONE)), create(patient(), ONE)))
    assert first.version is not None
    assert body(first)["subject"]["reference"] == f"Patient/{body(second)['id']}"
    found = desk.store.search("default", "Observation", [("patient", body(second)["id"])]).matches
    assert [match.id for match in found] == [body(first)["id"]]


def test_links_are_rewritten_wherever_the_specification_says(desk: Any) -> None:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{ONE}">1</a><img src=\'{ONE}\'/>{ONE}</div>'
    said = {
        "resourceType": "DocumentReference",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": ONE}],
        "text": {"status": "generated", "div": div},
        "extension": [
            {"url": "urn:e", "valueUri": ONE},
            {"url": "urn:e", "valueCanonical": ONE},
            {"url": "urn:e", "valueString": ONE},
            {"url": "urn:e", "valueReference": {"reference": f"{ONE}/_history/4"}},
        ],
        "contained": [observation(ONE, id="c", note=[{"text": ONE}])],
        "content": [{"attachment": {"url": ONE}}],
        "context": {"related": [{"reference": ONE, "display": ONE}, {"reference": "#c"}]},
    }
    made, subject = done(desk.transact(create(said), create(patient(), ONE)))
    to = f"Patient/{body(subject)['id']}"
    result = body(made)
    assert result["identifier"][0]["value"] == ONE
    assert result["text"]["div"] == div.replace(f'"{ONE}"', f'"{to}"').replace(f"'{ONE}'", f"'{to}'")
    uri, canonical, string, versioned = result["extension"]
    assert uri["valueUri"] == to
    assert canonical["valueCanonical"] == string["valueString"] == ONE
    assert versioned["valueReference"]["reference"] == f"{to}/_history/1"
    assert result["contained"][0]["subject"]["reference"] == to
    assert result["contained"][0]["note"][0]["text"] == ONE
    assert result["content"][0]["attachment"]["url"] == to
    assert result["context"]["related"] == [{"reference": to, "display": ONE}, {"reference": "#c"}]


def test_absolute_and_relative_references_between_entries(desk: Any) -> None:
    base = "http://sender.example/fhir"
    changes = [
        create(observation(f"{base}/Patient/7"), f"{base}/Observation/1"),
        create(observation("Patient/7"), f"{base}/Observation/2"),
        create(observation("Patient/8"), f"{base}/Observation/3"),
        create(observation(f"{base}/Patient/7/_history/3"), f"{base}/Observation/4"),
        update("mine", patient(), f"{base}/Patient/7"),
    ]
    changes[-1].id = "7"
    desk.transact(update("7", patient("old")))
    results = done(desk.transact(*changes))
    said = [body(result)["subject"]["reference"] for result in results[:4]]
    assert said == ["Patient/7", "Patient/7", "Patient/8", "Patient/7/_history/3"]


def test_deletes_go_first_then_creates_then_updates(desk: Any) -> None:
    desk.transact(update("p1", patient()))
    results = done(
        desk.transact(
            update("p2", patient("2")),
            create(patient(), where="urn:mrn|1"),
            Change("delete", "Patient", condition=(("identifier", "urn:mrn|1"),)),
        )
    )
    assert [result.status for result in results] == ["created", "created", "deleted"]
    order = sorted(range(3), key=lambda at: results[at].version.seq)  # type: ignore[union-attr]
    assert order == [2, 1, 0]


def test_one_bad_entry_stores_nothing_and_is_named(desk: Any) -> None:
    desk.transact(update("p1", patient("old")))
    good = [create(patient(str(number)), f"urn:uuid:{number}") for number in range(20)]
    bad = update("p1", patient("new"))
    bad.if_match = frozenset((7,))
    before = desk.store.newest("default")
    for at in (0, 10, 20):
        changes = [*good[:at], bad, *good[at:]]
        assert refused(desk.transact(*changes)) == ("precondition", at)
    assert desk.store.newest("default") == before
    assert desk.store.counts("default").resources == {"Patient": 1}
    done(desk.transact(*good))


def test_a_bad_transaction_costs_its_batch_nothing(desk: Any) -> None:
    from gateway.store import Transact

    batch = [
        Transact("default", "r", [create(patient("1"), where="urn:mrn|1")]),
        Transact("default", "r", [create(patient("2")), create(patient("3"), where="urn:mrn|1"),
                                  create(observation("Patient?identifier=nobody"))]),
        Transact("default", "r", [create(patient("1"), where="urn:mrn|1")]),
    ]  # fmt: skip
    first, second, third = desk.store.write(batch)
    assert refused(second) == ("unprocessable", 2)
    assert [done(first)[0].status, done(third)[0].status] == ["created", "unchanged"]
    assert desk.store.counts("default").resources == {"Patient": 1}
    seqs = [found.seq for found in desk.store.history("default", count=10).versions]
    assert len(seqs) == 1


@pytest.mark.parametrize(
    "changes",
    [
        [update("p1", patient()), update("p1", patient("2"))],
        [update("p1", patient()), Change("delete", "Patient", "p1")],
        [
            Change("patch", "Patient", "p1", patch=dict),
            Change("delete", "Patient", condition=(("_id", "p1"),)),
        ],
        [create(patient("5"), ONE), create(patient("6"), ONE)],
        [Change("update", "Patient", body=patient("9"), condition=(("identifier", "urn:mrn|9"),))] * 2,
    ],
)
def test_the_same_resource_twice_is_refused(desk: Any, changes: list[Change]) -> None:
    desk.transact(update("p1", patient("1")))
    assert refused(desk.transact(*changes))[0] == "invalid"
    assert desk.store.counts("default").resources == {"Patient": 1}


def test_the_same_conditional_create_twice_is_one(desk: Any) -> None:
    other = "urn:uuid:another"
    results = done(
        desk.transact(
            create(patient(), ONE, "urn:mrn|1"),
            create(patient(), other, "urn:mrn|1"),
            create(observation(other)),
        )
    )
    assert [result.status for result in results] == ["created", "unchanged", "created"]
    assert results[0].version == results[1].version
    assert body(results[2])["subject"]["reference"] == f"Patient/{body(results[0])['id']}"


def test_a_conditional_create_that_finds_one_is_what_others_refer_to(desk: Any) -> None:
    desk.transact(update("p1", patient()))
    found, made = done(
        desk.transact(create(patient(active=True), ONE, "urn:mrn|1"), create(observation(ONE)))
    )
    assert found.status == "unchanged"
    assert body(made)["subject"]["reference"] == "Patient/p1"


def test_a_conditional_reference_means_one_resource(desk: Any) -> None:
    reference = "Patient?identifier=urn%3Amrn%7C1"
    assert refused(desk.transact(create(patient("2")), create(observation(reference)))) == (
        "unprocessable",
        1,
    )
    desk.transact(update("p1", patient()))
    (made,) = done(desk.transact(create(observation(reference))))
    assert body(made)["subject"]["reference"] == "Patient/p1"
    (made,) = done(desk.transact(create(observation(f"http://me/fhir/{reference}")), base="http://me/fhir"))
    assert body(made)["subject"]["reference"] == "Patient/p1"
    desk.transact(update("p2", patient()))
    assert refused(desk.transact(create(observation(reference)))) == ("multiple-matches", 0)


def test_a_conditional_reference_may_mean_what_the_transaction_itself_makes(desk: Any) -> None:
    reference = "Patient?identifier=urn:mrn|1"
    desk.transact(update("gone", patient()))
    results = done(
        desk.transact(
            create(observation(reference)),
            create(
                patient(link=[{"other": {"reference": "Patient?identifier=urn:mrn|2"}, "type": "seealso"}])
            ),
            create(patient("2")),
            Change("delete", "Patient", "gone"),
        )
    )
    one, two = body(results[1]), body(results[2])
    assert body(results[0])["subject"]["reference"] == f"Patient/{one['id']}"
    assert one["link"][0]["other"]["reference"] == f"Patient/{two['id']}"
    assert [one["meta"]["versionId"], two["meta"]["versionId"]] == ["1", "1"]
    seqs = [found.seq for found in desk.store.history("default", count=10).versions]
    assert seqs == list(range(seqs[0], seqs[0] - 5, -1))


def test_a_patch_in_a_transaction_may_refer_to_what_it_makes(desk: Any) -> None:
    desk.transact(update("o1", observation("Patient/p0")))

    def moved(said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "subject": {"reference": ONE}}

    patched, made = done(
        desk.transact(Change("patch", "Observation", "o1", patch=moved), create(patient(), ONE))
    )
    assert body(patched)["subject"]["reference"] == f"Patient/{body(made)['id']}"


def test_an_empty_transaction_is_nothing(desk: Any) -> None:
    assert done(desk.transact()) == []
    assert desk.store.history("default", count=0).total == 0


def test_a_large_transaction_is_whole_or_absent(desk: Any) -> None:
    changes = [create(patient("0"), ONE, "urn:mrn|0")]
    changes += [create(observation(ONE, note=[{"text": str(number)}])) for number in range(4998)]
    bad = [*changes, update("not an id", patient())]
    assert refused(desk.transact(*bad)) == ("value", 4999)
    assert desk.store.history("default", count=0).total == 0
    results = done(desk.transact(*changes))
    assert {result.status for result in results} == {"created"}
    assert desk.store.counts("default").resources == {"Observation": 4998, "Patient": 1}
