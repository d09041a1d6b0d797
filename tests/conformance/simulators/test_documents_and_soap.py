"""The repository and the platform: documents are listed and given, messages are dressed and answered."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from lxml import etree

from conformance.simulators.documents import repository
from conformance.simulators.soap import dressed, post

MESSAGE = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<PRPA_IN201311UV02 xmlns="urn:hl7-org:v3">张三</PRPA_IN201311UV02>'
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes(f"<d>{name}</d>".encode())
    (tmp_path / "secret.txt").write_text("x")
    yield from _served(repository(tmp_path), tmp_path)


@pytest.fixture
def service() -> Iterator[tuple[list[tuple[str, bytes]], str]]:
    heard: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers["Content-Type"], body))
            answer = b"<soap:Fault/>" if b"bad" in body else b"<ok/>"
            self.send_response(500 if b"bad" in body else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    yield from _served(ThreadingHTTPServer(("127.0.0.1", 0), Handler), heard)


def _served(server: ThreadingHTTPServer, what: object) -> Iterator[tuple[object, str]]:  # type: ignore[misc]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield what, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_repository_gives_its_documents_and_nothing_else(folder: tuple[Path, str]) -> None:
    _, url = folder
    with urlopen(url) as answer:
        assert [one["name"] for one in json.load(answer)] == ["a.xml", "b.xml"]
    with urlopen(url + "?after=a.xml") as answer:
        assert [one["name"] for one in json.load(answer)] == ["b.xml"]
    with urlopen(url + "a.xml") as answer:
        assert answer.read() == b"<d>a.xml</d>"
    for wrong in ("secret.txt", "..%2Fsecret.txt", "c.xml"):
        with pytest.raises(OSError, match="404"):
            urlopen(url + wrong)


@pytest.mark.parametrize("version", ["", "1.1", "1.2"])
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_message_is_posted_in_the_callers_style(
    service: tuple[list[tuple[str, bytes]], str], version: str, charset: str
) -> None:
    heard, url = service
    assert post(url, MESSAGE, version, charset=charset).status == 200
    kind, body = heard[-1]
    assert charset in kind
    text = body.decode(charset)
    assert text.count("<?xml") == 1
    assert "张三" in text
    assert ("Envelope" in text) is bool(version)
    assert post(url, "<bad/>", version).fault


def test_a_message_in_a_text_cannot_end_it() -> None:
    root = etree.fromstring(dressed("<a>]]></a>", "1.1", "HIPMessageServer"))
    assert root.xpath("string(//*[local-name()='payload'])") == "<a>]]></a>"
