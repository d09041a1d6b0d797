"""Target files: what is declared, and what is told of a bad one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.harness.target import Undeclared
from conformance.harness.target_file import made, of_url, read

WHOLE = """
extends: qiao
name: 渡桥市人民医院互联网医院
fhir: http://127.0.0.1:8080/fhir/
jurisdiction: [cn-chongqing]
identities:
  operator: {token: tk-4711}
  read: {token: "file:token.txt"}
doors:
  his: {protocol: mllp, host: 127.0.0.1, port: 2575, charset: GB18030}
signing: {keys: ca/keys, physician: physician}
actions:
  redeem: null
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "token.txt").write_text("other\n", "utf-8")
    found = tmp_path / "target.yaml"
    found.write_text(WHOLE, "utf-8")
    return found


def test_what_is_declared_is_a_capability(file: Path) -> None:
    target = read(file)
    assert target.fhir == "http://127.0.0.1:8080/fhir"
    for name in (
        "actions.submit",
        "identities.read",
        "doors.his",
        "doors.mllp",
        "signing",
        "seed",
        "on_file.physician",
    ):
        assert target.has(name), name
    for name in ("actions.redeem", "doors.lis", "platform"):
        assert not target.has(name), name


def test_secrets_may_stand_elsewhere_and_are_not_shown(file: Path) -> None:
    target = read(file)
    assert target.identities["read"].headers["Authorization"] == "Bearer other"
    assert "tk-4711" not in repr(target)


def test_paths_are_beside_the_file(file: Path) -> None:
    assert read(file).signing["keys"] == str(file.parent / "ca/keys")


def test_a_url_alone_is_a_fhir_server_of_which_nothing_else_is_known() -> None:
    target = of_url("https://example.org/r4")
    assert target.capabilities == {"fhir", "identities.operator"}
    assert not target.actions


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"fhir": "ftp://x"}, "fhir:"),
        ({"fhir": "http://x/fhir?x=1"}, "fhir: a base has no"),
        ({"fhir": "http://x/fhir#x"}, "fhir: a base has no"),
        ({"fhir": "http://x", "extends": "nobody"}, "there is no profile nobody"),
        ({"fhir": "http://x", "extends": "../../secret"}, "there is no profile"),
        ({"fhir": "http://x", "identites": {}}, "unknown key identites"),
        ({"fhir": "http://x", "doors": {"his": {"host": "h"}}}, "doors.his"),
        ({"fhir": "http://x", "identities": {"a": {"tokn": "x"}}}, "identities.a: unknown key tokn"),
        ({"fhir": "http://x", "identities": {"a": {"token": "env:QIAO_TEST_NOT_SET"}}}, "identities.a.token"),
        ({"fhir": "http://x", "actions": {"submit": {"verb": "POST"}}}, "actions.submit: unknown key verb"),
        ({"fhir": "http://x", "patience": "long"}, "patience"),
        ({"fhir": "http://x", "settings": {"serials": {"pattern": "[0-9"}}}, "settings.serials.pattern"),
    ],
)
def test_a_bad_file_says_where(said: dict[str, object], told: str) -> None:
    with pytest.raises(Undeclared, match=told.replace(".", r"\.")):
        made(said)


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "\x00"])
def test_what_is_no_mapping_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(Undeclared, match=r"t\.yaml"):
        read(file)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"tls": {"ca": "nowhere.pem"}}, "tls.ca"),
        ({"tls": {"ca": "text.pem"}}, "tls.ca"),
        ({"identities": {"operator": {"cert": "text.pem"}}}, "identities.operator"),
        ({"fhir": "https://u:secret@gateway.example/fhir"}, "no user and password"),
        ({"actions": {"submit": {"path": "x", "done": "0"}}}, "actions.submit.done"),
    ],
)
def test_what_the_harness_cannot_use_is_told_before_the_first_check(
    tmp_path: Path, said: dict[str, object], told: str
) -> None:
    (tmp_path / "text.pem").write_text("none")
    with pytest.raises(Undeclared, match=told):
        made({"fhir": "https://gateway.example/fhir", **said}, tmp_path)


def test_whom_a_profile_names_is_there_only_with_credentials_where_others_have_some() -> None:
    profile: dict[str, Any] = {"extends": "qiao", "fhir": "http://127.0.0.1:9/fhir"}
    assert "identities.physician" in made(profile).capabilities  # a target that asks nobody for a token
    some = {**profile, "identities": {"operator": {"token": "t"}, "public": {}}}
    assert set(made(some).identities) == {"operator", "public"}
