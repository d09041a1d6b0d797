"""An analyser's line: ASTM E1394 records in E1381 frames over TCP (CLSI LIS2-A2, LIS1-A)."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence

from conformance.harness.talk import Keep, Talk, unkept

ENQ, ACK, NAK, EOT, STX, ETX = b"\x05", b"\x06", b"\x15", b"\x04", b"\x02", b"\x03"
_SIGNS = {"\x02": "STX", "\x03": "ETX", "\x04": "EOT", "\x05": "ENQ", "\x06": "ACK", "\x15": "NAK",
          "\x17": "ETB", "\r": "CR", "\n": "LF"}  # fmt: skip
_TRIES = 6
"""A frame is sent so often before the sender gives up (LIS1-A §8.3)."""


def frames(records: Sequence[str], charset: str = "utf-8") -> list[bytes]:
    """Return one frame for each record: number, text, checksum (LIS1-A §8.1)."""
    return [_frame(number % 8, one.encode(charset) + b"\r") for number, one in enumerate(records, start=1)]


def _frame(number: int, text: bytes) -> bytes:
    inside = str(number).encode() + text + ETX
    return STX + inside + f"{sum(inside) % 256:02X}".encode() + b"\r\n"


def send(
    host: str, port: int, records: Sequence[str], patience: float, charset: str = "utf-8", keep: Keep = unkept
) -> None:
    """Send a message; ``keep`` is told every frame and what it was answered.

    Raises:
        OSError: there is no line, or the other end does not take a frame.
    """
    with keep("ASTM") as talk, socket.create_connection((host, port), timeout=patience) as line:
        for one in (ENQ, *frames(records, charset)):
            _taken(line, one, talk, charset)
        talk.asked += shown(EOT)
        line.sendall(EOT)


def shown(piece: bytes, charset: str = "utf-8") -> str:
    """Return what went over a line as a line of text, control characters by their names."""
    text = piece.decode(charset, "replace")
    return (
        re.sub(r"[\x00-\x1f]", lambda found: f"<{_SIGNS.get(found[0], f'{ord(found[0]):02X}')}>", text) + "\n"
    )


def _taken(line: socket.socket, piece: bytes, talk: Talk, charset: str) -> None:
    for _ in range(_TRIES):
        talk.asked += shown(piece, charset)
        line.sendall(piece)
        answer = line.recv(1)
        talk.heard += shown(answer) if answer else ""
        if answer in (ACK, EOT):
            return
        if answer != NAK:
            break
    raise ConnectionError("a frame was not taken")


def result(mrn: str, barcode: str, value: str, at: str) -> list[str]:
    """Return the records of one result of a patient: glucose in serum."""
    return [
        f"H|\\^&|||ANALYSER|||||LIS||P|1|{at}", f"P|1||{mrn}", f"O|1|{barcode}||^^^GLU|R||{at}||||N||||SER",
        f"R|1|^^^GLU|{value}|mmol/L|3.90 to 6.10|N||F||||{at}", "L|1|N",
    ]  # fmt: skip
