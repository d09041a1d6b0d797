"""A signature server: its JSON interface, answered by a small simulator with keys in files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from gateway.canonical.resource import Resource
from gateway.errors import Misconfigured, Rejected, Retry
from gateway.security.signature.server import ServerProvider
from gateway.security.signature.software import SoftwareProvider, verify_value
from gateway.security.sm.der import der_signature


class Simulator:
    """A signature server that may misbehave.

    Attributes:
        der: answers r and s in DER, as GM/T 0029 servers do.
        broken: instead of an answer.
        asked: paths of the requests.
    """

    def __init__(self, folder: Path) -> None:
        self.keys = SoftwareProvider(folder)
        self.der = False
        self.broken: tuple[int, bytes] | None = None
        self.asked: list[str] = []

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append(path)
        steps = path.strip("/").split("/")
        if steps[-1] == "verify":
            certificate, data, value = (
                base64.b64decode(body[one]) for one in ("certificate", "data", "signature")
            )
            return 200, {"valid": verify_value(body["algorithm"], certificate, data, value)}
        try:
            key = self.keys.key(steps[2])
        except Misconfigured:
            return 404, {}
        if steps[-1] != "sign":
            chain = [base64.b64encode(one).decode() for one in key.chain]
            return 200, {"algorithm": key.algorithm, "certificates": chain}
        value = self.keys.sign(steps[2], base64.b64decode(body["data"]))
        return 200, {"signature": base64.b64encode(der_signature(value) if self.der else value).decode()}


@pytest.fixture
def simulator(ward: Any) -> Iterator[Simulator]:
    ward.algorithm = "SM2"
    ward.__post_init__()
    made = Simulator(ward.folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, text = 401, b"{}"
            if self.headers.get("Authorization") == "Bearer s3cret":
                status, found = made.answer(self.path, json.loads(body or b"{}"))
                text = json.dumps(found).encode()
            status, text = made.broken or (status, text)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET  # noqa: N815 -- the name that http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        ward.server = {
            "server": f"http://127.0.0.1:{server.server_port}/signing/",
            "server_token": "s3cret",
        }
        yield made
        server.shutdown()


def signing(ward: Any, **more: Any) -> Any:
    return ward.open(**ward.server | more)


@pytest.mark.parametrize("der", [False, True])
def test_a_server_signs_and_its_key_is_asked_for_once(
    ward: Any, simulator: Simulator, prescription: list[Resource], der: bool
) -> None:
    simulator.der = der
    signatures = signing(ward)
    for _ in range(2):
        made = signatures.sign(prescription, "physician", who="Practitioner/w1")
        assert signatures.verify(made, prescription).algorithm == "SM2"
    one, *others = simulator.asked
    assert one == "/signing/keys/physician"
    assert others == ["/signing/keys/physician/sign"] * 2


def test_a_server_verifies_where_the_settings_say_so(
    ward: Any, simulator: Simulator, prescription: list[Resource]
) -> None:
    signatures = signing(ward, server_verifies=True)
    made = signatures.sign(prescription, "physician", who="Practitioner/w1")
    assert signatures.verify(made, prescription)
    assert simulator.asked[-1] == "/signing/verify"
    prescription[0]["intent"] = "plan"
    with pytest.raises(Rejected) as caught:
        signatures.verify(made, prescription)
    assert caught.value.code == "signature-value"


def test_what_the_server_has_said_is_known_without_waiting(
    ward: Any, simulator: Simulator, prescription: list[Resource]
) -> None:
    signatures = signing(ward, server_verifies=True)
    made = signatures.sign(prescription, "physician", who="Practitioner/w1")
    with pytest.raises(Retry, match="has not been asked"):
        signatures.verify(made, prescription, waits=False)
    assert "/signing/verify" not in simulator.asked
    for waits in (True, False, True):
        assert signatures.verify(made, prescription, waits=waits)
    assert simulator.asked.count("/signing/verify") == 1, "a good value stays one"
    prescription[0]["intent"] = "plan"
    for waits in (True, False, True):
        with pytest.raises(Rejected, match="not what was signed"):
            signatures.verify(made, prescription, waits=waits)
    assert simulator.asked.count("/signing/verify") == 3, "a bad one is asked again by who may wait"


def test_a_key_that_the_server_does_not_have(
    ward: Any, simulator: Simulator, prescription: list[Resource]
) -> None:
    with pytest.raises(Misconfigured, match="no such key"):
        signing(ward).sign(prescription, "nobody", who="Practitioner/w1")


def test_a_token_that_it_refuses(ward: Any, simulator: Simulator, prescription: list[Resource]) -> None:
    with pytest.raises(Misconfigured, match="refuses the token"):
        signing(ward, server_token="x").sign(prescription, "physician", who="Practitioner/w1")


@pytest.mark.parametrize(
    "broken",
    [
        (500, b"{}"),
        (503, b""),
        (200, b""),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"algorithm":"MD5","certificates":["AA=="]}'),
        (200, b'{"algorithm":"SM2","certificates":["?"]}'),
        (200, b" " * 100_000),
    ],
)
def test_an_answer_that_is_none_is_tried_again_later(
    ward: Any, simulator: Simulator, prescription: list[Resource], broken: tuple[int, bytes]
) -> None:
    simulator.broken = broken
    with pytest.raises(Retry):
        signing(ward).sign(prescription, "physician", who="Practitioner/w1")


def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    provider = ServerProvider("http://127.0.0.1:9", timeout=1)
    with pytest.raises(Retry):
        provider.key("physician")
    provider.close()


def test_the_token_is_in_no_representation(ward: Any) -> None:
    from gateway.settings import SignatureSettings

    assert "s3cret" not in repr(SignatureSettings(server_token="s3cret"))
