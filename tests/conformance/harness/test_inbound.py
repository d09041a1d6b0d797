"""Inbound: what a target sends by itself arrives whole, however it is framed."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing

import pytest

from conformance.evidence.exchange import Book
from conformance.harness.inbound import Inbox, Listener


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    listener = Listener("127.0.0.1", 0)
    listener.start()
    yield listener.inbox("here", Book())
    listener.stop()


@pytest.fixture
def line(inbox: Inbox) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection(inbox.url.split("/")[2], timeout=5)) as line:
        yield line


def test_a_body_in_chunks_arrives_and_the_line_stays(inbox: Inbox, line: http.client.HTTPConnection) -> None:
    for piece in (b"1", b"2"):
        parts = [b'{"resourceType":', b'"Bundle","id":"', piece, b'"}']
        line.request("POST", "/here", body=iter(parts), encode_chunked=True,
                     headers={"Transfer-Encoding": "chunked"})  # fmt: skip
        answer = line.getresponse()
        answer.read()
        assert answer.status == 200
    assert [one.body["id"] for one in inbox.arrived] == ["1", "2"]


@pytest.mark.parametrize("header", [("Content-Length", "x"), ("Transfer-Encoding", "chunked")])
def test_a_broken_frame_is_refused(
    inbox: Inbox, line: http.client.HTTPConnection, header: tuple[str, str]
) -> None:
    line.putrequest("POST", "/here")
    line.putheader(*header)
    line.endheaders(b"zz\r\n\r\n")
    assert line.getresponse().status == 400
    assert not inbox.arrived
