"""An analyser's line: ASTM E1394 records in E1381 frames over TCP (CLSI LIS2-A2, LIS1-A)."""

from __future__ import annotations

import socket
from collections.abc import Sequence

ENQ, ACK, NAK, EOT, STX, ETX = b"\x05", b"\x06", b"\x15", b"\x04", b"\x02", b"\x03"
_TRIES = 6
"""A frame is sent so often before the sender gives up (LIS1-A §8.3)."""


def frames(records: Sequence[str], charset: str = "utf-8") -> list[bytes]:
    """Return one frame for each record: number, text, checksum (LIS1-A §8.1)."""
    return [_frame(number % 8, one.encode(charset) + b"\r") for number, one in enumerate(records, start=1)]


def _frame(number: int, text: bytes) -> bytes:
    inside = str(number).encode() + text + ETX
    return STX + inside + f"{sum(inside) % 256:02X}".encode() + b"\r\n"


def send(host: str, port: int, records: Sequence[str], patience: float, charset: str = "utf-8") -> None:
    """Send a message.

    Raises:
        OSError: there is no line, or the other end does not take a frame.
    """
    with socket.create_connection((host, port), timeout=patience) as line:
        _taken(line, ENQ)
        for one in frames(records, charset):
            _taken(line, one)
        line.sendall(EOT)


def _taken(line: socket.socket, piece: bytes) -> None:
    for _ in range(_TRIES):
        line.sendall(piece)
        answer = line.recv(1)
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
