"""Calls of a vendor's own, at a real server: a login first, forms, XML, signatures, lists as answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from conformance.evidence.masking import Masker
from conformance.evidence.writer import EvidenceWriter
from conformance.harness.answer import Answer
from conformance.harness.check import Check
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target import Undeclared
from conformance.harness.target_file import made
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words

PASSWORD, KEY = "pa{ss}4711word", "shared-key-of-the-platform"
LOGIN = {
    "path": "//oauth/token",
    "form": True,
    "body": {"user": "qiao", "password": "env:QIAO_TEST_PASSWORD"},
    "answer": {"ticket": "data.ticket"},
    "header": "X-Ticket: {ticket}",
}
SIGN = {
    "secret": "env:QIAO_TEST_KEY",
    "text": "{method}\n{path}?{query}\n{timestamp}\n{nonce}\n{body}",
    "headers": {"X-Time": "{timestamp}", "X-Nonce": "{nonce}", "X-Sign": "HMAC {signature}"},
}
SOAP = """<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><ns2:submitResponse
 xmlns:ns2="http://his.example/"><return>&lt;response&gt;&lt;code&gt;0&lt;/code&gt;&lt;serial&gt;S1&lt;/serial&gt;
 &lt;/response&gt;</return></ns2:submitResponse></soap:Body></soap:Envelope>"""


class Vendor(ThreadingHTTPServer):
    """A server that lets in by tickets, of which each is good for so many calls."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.password, self.uses, self.logins, self.left = PASSWORD, 100, 0, 0
        self.bodies: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.forbids = False

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/fhir"

    def answer(self, path: str, headers: dict[str, str], body: str) -> tuple[int, str]:
        self.bodies.append(body)
        self.headers.append(headers)
        if path == "/oauth/token":
            return self._let_in(body)
        if headers.get("x-ticket") != f"ticket-{self.logins:08d}" or not self.left:
            return 401, "{}"
        if self.forbids:
            return 401, "{}"
        self.left -= 1
        return 200, {"/soap": SOAP, "/list": '[{"id": "R1", "code": 0}, {"id": "R2"}]'}.get(path, "{}")

    def _let_in(self, body: str) -> tuple[int, str]:
        if parse_qs(body) != {"user": ["qiao"], "password": [self.password]}:
            return 200, '{"code": 4003, "msg": "wrong password"}'
        self.logins, self.left = self.logins + 1, self.uses
        return 200, json.dumps({"code": 0, "data": {"ticket": f"ticket-{self.logins:08d}"}})


class _Asked(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        headers = {name.lower(): one for name, one in self.headers.items()}
        headers["line"] = f"{self.command}\n{self.path}"
        assert isinstance(self.server, Vendor)
        status, text = self.server.answer(self.path.partition("?")[0], headers, body)
        self.send_response(status)
        self.send_header("Set-Cookie", "JSESSIONID=of-somebody; Path=/")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST  # noqa: N815 -- of the base class

    def log_message(self, *_: object) -> None:
        """Nothing is told."""


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    monkeypatch.setenv("QIAO_TEST_PASSWORD", PASSWORD)
    monkeypatch.setenv("QIAO_TEST_KEY", KEY)
    server = Vendor()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run_at(vendor: Vendor, call: dict[str, Any], **identity: Any) -> Run:
    said = {
        "fhir": vendor.base,
        "identities": {"operator": identity or {"login": LOGIN}},
        "actions": {"submit": {"path": "//list", **call}},
    }
    check = Check("u.check", "u", "NAT-19.1", Words("题", "title"), lambda run: None)
    return Run(check, Session(made(said), "u1", 7, date(2026, 3, 6)))


def test_a_token_is_fetched_once_and_again_when_it_is_over(vendor: Vendor) -> None:
    run = run_at(vendor, {})
    vendor.uses = 3
    assert [run.act("submit").status for _ in range(3)] == [200] * 3
    assert vendor.logins == 1
    assert run.act("submit").status == 200  # the fourth
    assert vendor.logins == 2
    run.session.close()


def test_a_token_may_be_said_to_be_over_with_a_200(vendor: Vendor) -> None:
    run = run_at(vendor, {}, login={**LOGIN, "over": {"[0].code": "0"}})
    assert run.act("submit").ok
    assert vendor.logins == 2


def test_what_a_target_forbids_makes_it_not_log_in_again_and_again(vendor: Vendor) -> None:
    run = run_at(vendor, {})
    assert run.act("submit").ok
    vendor.forbids = True
    assert [run.act("submit").status for _ in range(5)] == [401] * 5
    assert vendor.logins == 2
    vendor.forbids = False
    assert run.act("submit").ok
    run.session.close()


def test_a_login_that_is_refused_skips_by_its_name_and_is_not_tried_again(vendor: Vendor) -> None:
    run = run_at(vendor, {})
    vendor.password = "another"
    for _ in range(3):
        with pytest.raises(Skipped, match=r"identities\.operator\.login"):
            run.act("submit")
    assert len(vendor.bodies) == 1
    run.session.close()


def test_neither_the_password_nor_the_token_stands_in_evidence(vendor: Vendor, tmp_path: Path) -> None:
    run = run_at(vendor, {"body": {"echo": "{number}"}})
    run.act("submit", number=f"ticket-{1:08d}")
    masker = Masker()
    for secret in run.target.identities["operator"].secrets:
        masker.learn("secret", secret)
    EvidenceWriter(tmp_path, masker).write(1, "u.check", run.book)
    kept = (tmp_path / "E0001.json").read_text()
    assert "/oauth/token" in kept
    assert "ticket-0000" not in kept
    assert "4711word" not in kept
    assert PASSWORD not in repr(run.target)
    run.session.close()


def test_no_session_of_one_identity_is_anothers(vendor: Vendor) -> None:
    run = run_at(vendor, {})
    run.act("submit")
    assert not any("cookie" in one for one in vendor.headers)
    run.session.close()


def test_a_session_may_be_a_cookie(vendor: Vendor) -> None:
    run = run_at(vendor, {}, login={**LOGIN, "answer": {}, "header": "Cookie: {cookie}"})
    run.act("submit")
    assert vendor.headers[1]["cookie"] == "JSESSIONID=of-somebody"
    run.session.close()


def test_a_form_has_fields_lists_and_json(vendor: Vendor) -> None:
    body = {"name": "{who}", "drug": "{drugs}", "whole": {"a": "{who}"}, "urgent": True, "no": "{nothing}"}
    run = run_at(vendor, {"body": body, "form": True})
    run.act("submit", who="张&三 +", drugs=["a", "b"])
    assert parse_qs(vendor.bodies[-1]) == {
        "name": ["张&三 +"], "drug": ["a", "b"], "whole": ['{"a":"张&三 +"}'], "urgent": ["true"],
    }  # fmt: skip
    assert vendor.headers[-1]["content-type"] == "application/x-www-form-urlencoded"
    run.session.close()


def test_xml_is_filled_and_escaped_and_its_answer_read(vendor: Vendor) -> None:
    xml = [
        "<rx no='{number}'><name>{who}</name><sex>",
        {"$of": "{sex}", "$codes": {"male": "1"}},
        "</sex><none>{nothing}</none><visit>{visit.number}</visit>",
        {"$each": "drugs", "$item": "<drug>{text}</drug>"},
        "</rx>",
    ]
    answer = {"serial": "Envelope.Body.submitResponse.return.response.serial"}
    done = {"Envelope.Body.submitResponse.return.response.code": "0"}
    run = run_at(vendor, {"path": "//soap", "xml": xml, "answer": answer, "done": done})
    run.session.line.names.made("Encounter/v1", "Encounter/77", "V77")
    given: dict[str, Any] = {"who": "A<b>&'\"\x00", "sex": "male", "drugs": [{"text": "x"}, {"text": "y"}]}
    told = run.act("submit", number="7", visit="Encounter/v1", **given)
    assert vendor.bodies[-1] == (
        "<rx no='7'><name>A&lt;b&gt;&amp;&#x27;&quot;</name><sex>1</sex><none></none><visit>V77</visit>"
        "<drug>x</drug><drug>y</drug></rx>"
    )
    assert vendor.headers[-1]["content-type"].startswith("text/xml")
    assert (told.ok, told.told) == (True, {"serial": "S1"})
    run.session.close()


def test_what_is_named_in_forms_and_xml_has_the_targets_names(vendor: Vendor) -> None:
    for call in ({"body": {"r": "{visit}"}, "form": True}, {"xml": "<r>{visit}</r>"}):
        run = run_at(vendor, call)
        run.session.line.names.made("Encounter/v1", "Encounter/77")
        run.act("submit", visit="Encounter/v1")
        assert "77" in vendor.bodies[-1]
        run.session.close()


def test_an_answer_that_is_a_list_is_told(vendor: Vendor) -> None:
    run = run_at(
        vendor, {"answer": {"first": "[0].id", "last": "[-1].id", "any": "id"}, "done": {"[0].code": "0"}}
    )
    answer = run.act("submit")
    assert (answer.ok, answer.body, answer.told) == (True, {}, {"first": "R1", "last": "R2", "any": "R1"})
    run.session.close()


def test_a_signed_call_can_be_computed_anew_by_the_target(vendor: Vendor) -> None:
    run = run_at(vendor, {"path": "//list?a=1", "body": {"no": "{number}"}}, login=LOGIN, sign=SIGN)
    run.act("submit", number="张7")
    assert len(vendor.bodies) == 2
    nonces = set()
    for headers, body in zip(vendor.headers, vendor.bodies, strict=True):  # the login is signed, too
        method, _, path = headers["line"].partition("\n")
        line = path if "?" in path else f"{path}?"
        text = f"{method}\n{line}\n{headers['x-time']}\n{headers['x-nonce']}\n{body}"
        digest = hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
        assert headers["x-sign"] == f"HMAC {digest}"
        nonces.add(headers["x-nonce"])
    assert len(nonces) == 2
    run.session.close()


@pytest.mark.parametrize(
    ("encoding", "wanted"),
    [
        ("hex", "f27d501c109bfa7ff5a52a62a6145996"),
        ("HEX", "F27D501C109BFA7FF5A52A62A6145996"),
        ("base64", "8n1QHBCb+n/1pSpiphRZlg=="),
    ],
)
def test_a_plain_digest_takes_its_secret_from_the_text(vendor: Vendor, encoding: str, wanted: str) -> None:
    sign = {
        "algorithm": "md5", "encoding": encoding, "secret": "k1", "text": "{body}{secret}",
        "headers": {"X-Sign": "{signature}", "X-App": "qiao"},
    }  # fmt: skip
    run = run_at(vendor, {"body": {"a": 1}}, sign=sign)
    run.act("submit")
    assert (vendor.bodies[-1], vendor.headers[-1]["x-app"]) == ('{"a":1}', "qiao")
    assert vendor.headers[-1]["x-sign"] == wanted
    run.session.close()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"identities": {"a": {"login": {"body": {}}}}}, r"identities\.a\.login: path, answer"),
        ({"identities": {"a": {"login": {**LOGIN, "answer": {"token": "x"}}}}}, r"a\.login: path, answer"),
        ({"identities": {"a": {"login": {**LOGIN, "header": "{ticket}"}}}}, r"a\.login: path, answer"),
        ({"identities": {"a": {"login": {**LOGIN, "as": "b"}}}}, r"a\.login: unknown key as"),
        (
            {"identities": {"a": {"login": {**LOGIN, "body": {"p": "env:QIAO_NOT_SET"}}}}},
            r"a\.login\.body\.p",
        ),
        ({"identities": {"a": {"login": {**LOGIN, "over": {"a b": "1"}}}}}, r"a\.login\.over"),
        ({"identities": {"a": {"headers": {"X-Key": "env:QIAO_NOT_SET"}}}}, r"a\.headers\.X-Key"),
        ({"identities": {"a": {"sign": {**SIGN, "algorithm": "rot13"}}}}, r"a\.sign: algorithm"),
        ({"identities": {"a": {"sign": {**SIGN, "encoding": "hexa"}}}}, r"a\.sign: algorithm"),
        ({"identities": {"a": {"sign": {**SIGN, "text": "{boddy}"}}}}, r"a\.sign\.text: there is no boddy"),
        ({"identities": {"a": {"sign": {**SIGN, "headers": {"X": "{nonce}"}}}}}, r"a\.sign: secret, text"),
        (
            {"identities": {"a": {"sign": {**SIGN, "headers": {"X": "{signature}{secret}"}}}}},
            r"sign\.headers",
        ),
        ({"identities": {"a": {"sign": {**SIGN, "algorithm": "md5"}}}}, r"a\.sign\.text: md5 has no key"),
        ({"actions": {"submit": {"path": "x", "form": True}}}, r"actions\.submit\.form"),
        ({"actions": {"submit": {"path": "x", "form": "yes", "body": {}}}}, r"actions\.submit\.form"),
        ({"actions": {"submit": {"path": "x", "xml": "<a/>", "body": {}}}}, r"actions\.submit\.xml"),
        ({"actions": {"submit": {"path": "x", "xml": "<a>{a b}</a>"}}}, r"actions\.submit\.xml: \{a b\}"),
        ({"actions": {"submit": {"path": "x", "xml": {"a": "b"}}}}, r"actions\.submit\.xml"),
    ],
)
def test_what_cannot_be_used_is_told_when_the_file_is_read(
    said: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIAO_TEST_PASSWORD", PASSWORD)
    monkeypatch.setenv("QIAO_TEST_KEY", KEY)
    with pytest.raises(Undeclared, match=told) as found:
        made({"fhir": "http://gateway.example/fhir", **said})
    assert found.value.reason.zh


def test_who_builds_a_request_by_hand_is_let_in_too(vendor: Vendor) -> None:
    run = run_at(vendor, {}, headers={"X-App": "env:QIAO_TEST_KEY"}, login=LOGIN)
    assert run.client().held() == {"X-App": KEY, "X-Ticket": "ticket-00000001"}
    run.session.close()


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ('<r xmlns="urn:x" id="7"><a>1</a><a/></r>', {"r": {"id": "7", "a": ["1", ""]}}),
        ('<x:r xmlns:x="urn:x"><x:b c="d">t</x:b></x:r>', {"r": {"b": {"c": "d", "text": "t"}}}),
        ('\ufeff<r><![CDATA[{"code": 0}]]></r>', {"r": {"code": 0}}),
        ("<r>{broken</r>", {"r": "{broken"}),
        ("<r><a></r>", {}),
        ('<!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>', {}),
        ("<" * 9000, {}),
        ("[1, 2]", [1, 2]),
        ("nothing", {}),
    ],
)  # fmt: skip
def test_an_answer_is_read_in_whatever_form_or_is_nothing(raw: str, found: object) -> None:
    answer = Answer(200, {}, raw.encode(), 1)
    assert answer.content == found
    assert answer.body == {}
