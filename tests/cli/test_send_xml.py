"""``qiao send xml`` to a gateway that runs: bare and in SOAP, in every charset, with its errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.cli.send_xml import Said, enveloped, read

SAMPLES = Path(__file__).parents[2] / "adapters" / "his" / "xml_http" / "samples"
SECRET = {"USER": "his", "PASSWORD": "xx"}
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def url(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    own = {
        f"QIAO_ADAPTERS__HIS_XML_HTTP__{name}": value
        for name, value in {"USER": "his", "PASSWORD": "xx"}.items()
    }
    running = serve(tmp_path_factory.mktemp("served") / "qiao.db", **own)
    yield f"http://{running.doors['his/xml_http']}/hip"
    running.stop()


@pytest.fixture
def send(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Lines]]:
    """``send(FILE…, "--soap", "1.1")`` → exit code and what was printed."""
    secret = tmp_path / "secret"
    secret.write_text("xx\n")

    def run(*arguments: object, user: str = "his", to: str = url) -> tuple[int, Lines]:
        who = ["--user", user, "--password-file", str(secret)] if user else []
        code = main(["send", "xml", *map(str, arguments), "--to", to, *who, "--json"])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def codes(lines: Lines) -> set[str]:
    return {str(line["code"]) for line in lines}


def test_a_folder_is_sent_and_each_answer_shown(send: Callable[..., tuple[int, Lines]]) -> None:
    code, lines = send(SAMPLES)
    assert (code, codes(lines)) == (0, {"AA"})
    assert len(lines) == len(list(SAMPLES.glob("*.xml")))
    assert {line["status"] for line in lines} == {200}


@pytest.mark.parametrize("soap", ["1.1", "1.2"])
@pytest.mark.parametrize("service", ["", "PatientInfoRegister"])
def test_in_an_envelope(send: Callable[..., tuple[int, Lines]], soap: str, service: str) -> None:
    named = ["--service", service] if service else []
    code, lines = send(SAMPLES / "01-patient-registered.xml", "--soap", soap, *named)
    assert (code, codes(lines)) == (0, {"AA"})
    assert "accepted" in lines[0]["text"]


def test_what_is_refused_is_told(send: Callable[..., tuple[int, Lines]], tmp_path: Path) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text("<a>")
    assert [(line["code"], line["status"]) for line in send(bad)[1]] == [("AR", 400)]
    code, lines = send(bad, "--soap", "1.2")
    assert (code, lines[0]["code"], lines[0]["status"]) == (1, "fault", 400)
    assert "well-formed" in lines[0]["text"]
    assert send(SAMPLES / "14-vendor-request.xml", user="")[1][0]["status"] == 401


def test_nobody_listens(send: Callable[..., tuple[int, Lines]], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["send", "xml", str(SAMPLES / "14-vendor-request.xml"), "--to", "http://127.0.0.1:1/"])
    assert code == 1
    assert "cannot connect to 127.0.0.1:1" in capsys.readouterr().err


def test_a_message_in_gb18030_goes_into_an_envelope_as_text() -> None:
    raw = '<?xml version="1.0" encoding="GBK"?>\n<a>孟秋禾</a>'.encode("gb18030")
    made = enveloped(raw, "1.1", "PatientInfoRegister").decode()
    assert "<message>&lt;a&gt;孟秋禾&lt;/a&gt;</message>" in made
    assert enveloped(raw, "", "") == raw
    assert "<soap:Body><a>孟秋禾</a></soap:Body>" in enveloped(raw, "1.2", "").decode()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<Response><Code>0</Code><msg>ok</msg></Response>", Said("0", "ok")),
        (b"<html><body/></html>", Said("?", "HTTP 200")),
        (
            b"<e><Fault><faultstring>why</faultstring></Fault></e>",
            Said("fault", "why"),
        ),
    ],
)
def test_what_others_answer_is_shown_as_far_as_it_says_something(raw: bytes, said: Said) -> None:
    assert read(raw) == said
