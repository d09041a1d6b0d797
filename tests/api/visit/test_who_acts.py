"""Who acts: clients bound to a person, trusted to name one, or neither; and what is said of operations."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.api import Context, create_app
from gateway.api.front import protect
from gateway.canonical.json import dumps
from gateway.feed.visit.governor import Visits
from gateway.security.client import PREFIX, Client, digest
from gateway.security.clients import Clients
from gateway.security.clients_file import add
from gateway.validation import examine

NUMBER = "urn:qiao:id:practice-certificate|110990101000017"


@pytest.fixture
def guarded(clinic: Any, tmp_path: Any) -> Any:
    """The clinic behind clients: one bound to the physician, one that asserts, one that is neither."""
    file = tmp_path / "clients.toml"
    for name, more in (("bound", {"practitioner": NUMBER}), ("asserts", {"asserts": True}), ("plain", {})):
        add(file, Client(name, digest(f"{PREFIX}{name}".encode()), "write", **more))
    add(file, Client("regulator", digest(f"{PREFIX}regulator".encode()), "regulator"))
    clinic.app = protect(clinic.app, Clients(file))
    clinic.headers = {"authorization": f"Bearer {PREFIX}bound"}
    clinic.admit(by="")
    return clinic


def ask(
    clinic: Any,
    client: str,
    by: str = "",
    name: str = "RequestGroup/g1",
    operation: str = "submit",
    **given: Any,
) -> Any:
    clinic.headers = {"authorization": f"Bearer {PREFIX}{client}"}
    return clinic.call(name, operation, by, **given)


def test_each_client_acts_for_whom_it_may(guarded: Any) -> None:
    guarded.headers = {"authorization": f"Bearer {PREFIX}plain"}
    documents = guarded.draft()
    guarded.write(documents)
    signed = guarded.sign(documents)
    assert ask(guarded, "plain").status_code == 401, "nobody"
    assert ask(guarded, "plain", "Practitioner/w1", signature=signed).status_code == 403, "not trusted"
    assert ask(guarded, "bound", "Practitioner/y1", signature=signed).status_code == 403, "another person"
    assert ask(guarded, "asserts", "Practitioner/y1", signature=signed).status_code == 403, "not the author"
    assert ask(guarded, "asserts", "nobody at all").status_code == 400
    assert ask(guarded, "regulator", signature=signed).status_code == 403, "the role does not suffice"
    assert ask(guarded, "bound", signature=signed).status_code == 200
    assert ask(guarded, "asserts", NUMBER, signature=signed).status_code == 200
    assert ask(guarded, "plain", signature=signed).status_code == 200


def test_the_parameter_names_the_person_as_the_header_does(guarded: Any) -> None:
    guarded.headers = {"authorization": f"Bearer {PREFIX}asserts"}
    documents = guarded.draft()
    guarded.write(documents)
    signed = guarded.sign(documents)
    assert ask(guarded, "plain", signature=signed, practitioner="Practitioner/w1").status_code == 403
    assert ask(guarded, "asserts", signature=signed, practitioner="Practitioner/w1").status_code == 200


def test_only_who_may_gives_serials(guarded: Any) -> None:
    denied = ask(guarded, "asserts", name="RequestGroup/g1", operation="assign-serial", serial="S1")
    assert denied.status_code == 403
    missing = ask(guarded, "regulator", name="RequestGroup/g1", operation="assign-serial", serial="S1")
    assert missing.status_code == 404


def test_every_own_operation_is_described_and_the_statement_leads_there(clinic: Any, validator: Any) -> None:
    said = clinic.ask("GET", "metadata").json()["rest"][0]["resource"]
    own = {
        (one["type"], each["name"]): each["definition"]
        for one in said
        for each in one.get("operation", ())
        if each["definition"].startswith("urn:qiao:operation:")
    }
    names = {"submit", "review", "cancel", "terminate", "redeem", "refer", "assign-serial"}
    assert names <= {name for _, name in own}
    for (type_, name), url in own.items():
        found = clinic.ask("GET", f"OperationDefinition?url={url}").json()
        assert found["total"] == 1, url
        definition = found["entry"][0]["resource"]
        assert definition["code"] == name
        assert {type_, "Resource"} & set(definition.get("resource", [type_]))
        again = clinic.ask("GET", f"OperationDefinition/{definition['id']}").json()
        assert again == definition
        wrong = examine(validator, dumps(definition), ()).issues
        assert not [one.issue.text for one in wrong if one.issue.severity == "error"], url
        if name in names:
            assert clinic.ask(
                "POST", f"{type_}/none/${name}", {"resourceType": "Parameters"}
            ).status_code in (400, 404)
    assert clinic.ask("GET", "OperationDefinition?name=Sub").json()["total"] == 1
    for short in ("_elements=url", "_summary=true"):
        cut = clinic.ask("GET", f"OperationDefinition?name=Sub&{short}").json()["entry"][0]["resource"]
        assert cut["url"] == "urn:qiao:operation:submit" and "description" not in cut
        assert cut["meta"]["tag"][0]["code"] == "SUBSETTED"
    counted = clinic.ask("GET", "OperationDefinition?_summary=count").json()
    assert (counted["total"] >= len(names), "entry" in counted) == (True, False)
    assert len(clinic.ask("GET", "OperationDefinition?_count=2&_elements=url").json()["entry"]) == 2
    for bad in ("_elements=nothing", "_elements=url&_summary=true"):
        assert clinic.ask("GET", f"OperationDefinition?{bad}").status_code == 400
    assert clinic.ask("GET", "OperationDefinition/none").status_code == 404
    assert clinic.ask("POST", "OperationDefinition", {"resourceType": "OperationDefinition"}).status_code in (
        404,
        405,
    )


def test_without_a_governor_there_are_no_operations(store: Any) -> None:
    app = create_app(Context(store))
    assert app.state.context.visits is None
    assert isinstance(Visits(lambda _name: None).types, frozenset)  # type: ignore[arg-type, return-value]
