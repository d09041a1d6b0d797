"""The demo as a target: who may do what there, and that the harness understands its file."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.harness import target_file

PATIENT = {"resourceType": "Patient", "gender": "female"}


def ask(standing: Any, identity: str, method: str = "GET", path: str = "/Patient", **more: Any) -> int:
    who = standing.said["identities"][identity]
    headers = {"Authorization": f"Bearer {who['token']}"}
    return httpx.request(
        method, f"{who.get('fhir', standing.fhir)}{path}", headers=headers, **more
    ).status_code


def test_the_harness_understands_the_file_which_nobody_else_may_read(standing: Any) -> None:
    target = target_file.read(standing.target)
    assert target.fhir == standing.fhir
    assert target.jurisdictions == ("cn-chongqing",)
    lines = {name: one.options["charset"] for name, one in target.doors.items() if one.protocol == "mllp"}
    assert lines == {"his": "UTF-8", "lis": "UTF-8", "ris": "UTF-8"}
    assert {one.protocol for one in target.doors.values()} == {
        "mllp",
        "astm",
        "chemistry",
        "counter",
        "law",
        "sql",
        "soap",
        "cda",
        "files",
        "interface",
    }
    for capability in (
        "signing",
        "platform",
        "feed",
        "actions.submit",
        "identities.foreign",
        "on_file.physician",
    ):
        assert target.has(capability), capability
    for role in ("physician", "pharmacist"):
        assert (Path(target.signing["keys"]) / f"{target.signing[role]}.key.pem").is_file()
        assert target.identities[role].practitioner.startswith("Practitioner/")
    assert target.identities["bound"].practitioner == ""
    assert stat.S_IMODE(standing.target.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("identity", "method", "path", "status"),
    [
        ("operator", "GET", "/Patient", 200),
        ("operator", "POST", "/Patient", 201),
        ("write", "POST", "/Patient", 201),
        ("physician", "POST", "/Patient", 201),
        ("read", "GET", "/Patient", 200),
        ("read", "POST", "/Patient", 403),
        ("write", "GET", "/$feed", 403),
        ("regulator", "GET", "/$feed", 200),
        ("regulator", "POST", "/Patient", 403),
        ("foreign", "GET", "/Patient", 200),
        ("expired", "GET", "/Patient", 401),
        ("revoked", "GET", "/Patient", 401),
    ],
)
def test_everybody_may_do_what_his_name_says(
    standing: Any, identity: str, method: str, path: str, status: int
) -> None:
    more = {"json": PATIENT} if method == "POST" else {}
    assert ask(standing, identity, method, path, **more) == status


def test_nobody_comes_in_without_a_token_or_into_the_other_hospital(standing: Any) -> None:
    assert httpx.get(f"{standing.fhir}/Patient").status_code == 401
    headers = {"Authorization": f"Bearer {standing.token('foreign')}"}
    assert httpx.get(f"{standing.fhir}/Patient", headers=headers).status_code == 404


def test_the_regulator_stands_beside_it_and_behaves(standing: Any) -> None:
    assert httpx.get(f"{standing.platform}/state").json()["misbehaving"]["mode"] == ""


def test_another_jurisdiction_and_tls_with_a_certificate_that_the_file_names(
    stand: Any, tmp_path: Path
) -> None:
    with stand(tmp_path, "--tls", "--jurisdiction", "cn") as one:
        target = target_file.read(one.target)
        assert target.jurisdictions == ("cn",)
        assert target.fhir.startswith("https://")
        headers = {"Authorization": f"Bearer {one.token('read')}"}
        answer = httpx.get(f"{one.fhir}/Patient", headers=headers, verify=_trusting(target.ca))
        assert answer.status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{one.fhir}/metadata")
    assert not one.target.exists()


def _trusting(ca: str) -> Any:
    import ssl

    return ssl.create_default_context(cafile=ca)
