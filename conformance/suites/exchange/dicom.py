"""A modality's association: C-ECHO and C-STORE, implicit VR little endian (DICOM PS3.8 §9.3, PS3.7 §9.1)."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from types import TracebackType

from conformance.harness.talk import Keep, unkept
from conformance.suites.exchange.dicom_json import shown

VERIFICATION, CT_IMAGE = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
_IMPLICIT, _APPLICATION = "1.2.840.10008.1.2", "1.2.840.10008.3.1.1.1"
_OURS = "1.2.826.0.1.3680043.10.990101"
_CONTEXTS = {VERIFICATION: 1, CT_IMAGE: 3}
_ECHO, _STORE = 0x0030, 0x0001
_NOTHING = 0x0101
"""Command Data Set Type: no data set follows."""
_LARGEST = 1024 * 1024

Tag = tuple[int, int]


def elements(values: Mapping[Tag, bytes]) -> bytes:
    """Return a data set; values are padded to an even length."""
    found = b""
    for (group, number), value in sorted(values.items()):
        padded = value + (b"" if len(value) % 2 == 0 else b"\0")
        found += struct.pack("<HHL", group, number, len(padded)) + padded
    return found


def command(values: Mapping[Tag, bytes]) -> bytes:
    """Return a command set with its group length."""
    body = elements(values)
    return elements({(0, 0): struct.pack("<L", len(body))}) + body


class Association:
    """An association with a door. Raises :class:`ConnectionError`: it is refused, or ends too early.

    Args:
        keep: is told each service: request and answer as DICOM JSON, and its status.
    """

    def __init__(
        self, host: str, port: int, called: str, calling: str, patience: float, keep: Keep = unkept
    ) -> None:
        self._keep = keep
        with keep("A-ASSOCIATE") as talk:
            talk.asked = json.dumps({"called": called, "calling": calling, "contexts": _CONTEXTS})
            self._line = socket.create_connection((host, port), timeout=patience)
            try:
                self._line.sendall(_pdu(1, _asked(called, calling)))
                kind, body = self._read()
                if kind != 2:
                    talk.heard = json.dumps({"pdu": kind})
                    raise ConnectionError("the association is refused")
            except OSError:
                self._line.close()
                raise
            self.accepted = _accepted(body)
            talk.heard = json.dumps({"pdu": kind, "accepted": sorted(self.accepted)})

    def __enter__(self) -> Association:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._line.sendall(_pdu(5, b"\0" * 4))
        except OSError:
            pass
        finally:
            self._line.close()

    def echo(self) -> int:
        """Return the status of a C-ECHO; 0 is success."""
        asked = {
            (0, 2): VERIFICATION.encode(),
            (0, 0x100): _short(_ECHO),
            (0, 0x110): _short(1),
            (0, 0x800): _short(_NOTHING),
        }
        return self._answered("C-ECHO", VERIFICATION, command(asked))

    def store(self, instance: str, data: bytes) -> int:
        """Return the status of a C-STORE of a CT image."""
        asked = {
            (0, 2): CT_IMAGE.encode(), (0, 0x100): _short(_STORE), (0, 0x110): _short(2),
            (0, 0x700): _short(0), (0, 0x800): _short(0), (0, 0x1000): instance.encode(),
        }  # fmt: skip
        return self._answered("C-STORE", CT_IMAGE, command(asked), data)

    def _answered(self, service: str, kind: str, asked: bytes, data: bytes = b"") -> int:
        context = _CONTEXTS[kind]
        if context not in self.accepted:
            raise ConnectionError("the presentation context is not accepted")
        with self._keep(service) as talk:
            talk.asked = shown(asked, data)
            self._line.sendall(_pdu(4, _part(context, 3, asked)))
            if data:
                self._line.sendall(_pdu(4, _part(context, 2, data)))
            kind_, body = self._read()
            if kind_ != 4:
                talk.heard = json.dumps({"pdu": kind_})
                raise ConnectionError("the association was ended")
            talk.heard = shown(body[6:])
            status = _status(body[6:])
            talk.status = str(status)
        return status

    def _read(self) -> tuple[int, bytes]:
        head = self._exactly(6)
        length = struct.unpack(">L", head[2:])[0]
        if length > _LARGEST:
            raise ConnectionError("a PDU that is too long")
        return head[0], self._exactly(length)

    def _exactly(self, number: int) -> bytes:
        found = b""
        while len(found) < number:
            piece = self._line.recv(number - len(found))
            if not piece:
                raise ConnectionError("the line was closed")
            found += piece
        return found


def image(mrn: str, name: str, accession: str, study: str, at: str) -> tuple[str, bytes]:
    """Return UID and data set of one image without its pixels; ``at``: ``YYYYMMDDHHMMSS``."""
    instance = f"{study}.1.1"
    return instance, elements({
        (0x0008, 0x0005): b"ISO_IR 192", (0x0008, 0x0016): CT_IMAGE.encode(),
        (0x0008, 0x0018): instance.encode(), (0x0008, 0x0020): at[:8].encode(),
        (0x0008, 0x0030): at[8:].encode(), (0x0008, 0x0050): accession.encode(), (0x0008, 0x0060): b"CT",
        (0x0010, 0x0010): name.encode(), (0x0010, 0x0020): mrn.encode(), (0x0020, 0x000D): study.encode(),
        (0x0020, 0x000E): f"{study}.1".encode(), (0x0020, 0x0013): b"1",
    })  # fmt: skip


def _short(value: int) -> bytes:
    return struct.pack("<H", value)


def _pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxL", kind, len(body)) + body


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body


def _part(context: int, flags: int, data: bytes) -> bytes:
    return struct.pack(">LBB", len(data) + 2, context, flags) + data


def _asked(called: str, calling: str) -> bytes:
    contexts = b"".join(
        _item(0x20, bytes([number, 0, 0, 0]) + _item(0x30, kind.encode()) + _item(0x40, _IMPLICIT.encode()))
        for kind, number in _CONTEXTS.items()
    )
    user = _item(0x51, struct.pack(">L", 16384)) + _item(0x52, _OURS.encode())
    titles = called.encode().ljust(16)[:16] + calling.encode().ljust(16)[:16]
    return (
        struct.pack(">HH", 1, 0)
        + titles
        + b"\0" * 32
        + _item(0x10, _APPLICATION.encode())
        + contexts
        + _item(0x50, user)
    )


def _accepted(body: bytes) -> set[int]:
    """Return the presentation contexts that are accepted: result 0 (PS3.8 §9.3.3.2)."""
    found, at = set(), 68
    while at + 4 <= len(body):
        kind, length = struct.unpack(">BxH", body[at : at + 4])
        if kind == 0x21 and length >= 4 and body[at + 6] == 0:
            found.add(body[at + 4])
        at += 4 + length
    return found


def _status(data: bytes) -> int:
    at = 0
    while at + 8 <= len(data):
        group, number, length = struct.unpack("<HHL", data[at : at + 8])
        if (group, number) == (0, 0x0900):
            return int(struct.unpack("<H", data[at + 8 : at + 10])[0])
        at += 8 + length
    raise ConnectionError("an answer without a status")
