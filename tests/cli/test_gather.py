"""Gather: what comes by standard input is read to its end, and not beyond it."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from gateway.cli import gather

MESSAGE = b"MSH|^~\\&|HIS|A|||20260305||ADT^A04|1|P|2.5.1\rPID|||1^^^^MR\r"


class Terminal(io.BytesIO):
    """Says once that it is at its end; asked again it would wait for the next Ctrl-D."""

    ended = False

    def read(self, size: int | None = -1, /) -> bytes:
        assert not self.ended, "asked again after its end"
        found = super().read(size)
        self.ended = size is None or size < 0 or len(found) < size
        return found


@pytest.mark.parametrize(
    ("typed", "adapter", "count"),
    [
        (MESSAGE, gather.HL7V2, 1),
        (MESSAGE * 200, gather.HL7V2, 200),
        (b"<Request><No>1</No></Request>", gather.XML, 1),
        (b"<Request>" + b"<No>1</No>" * 9000 + b"</Request>", gather.XML, 1),
    ],
)
def test_what_is_typed_is_taken_at_its_first_end(
    monkeypatch: pytest.MonkeyPatch, typed: bytes, adapter: str, count: int
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Terminal(typed)))
    found = list(gather.messages(["-"]))
    assert [one.adapter for one in found] == [adapter] * count
    assert b"".join(one.raw for one in found) == typed
