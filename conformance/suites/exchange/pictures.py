"""A picture of an analyser: kept as it was sent, byte by byte."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from conformance.harness.run import Run
from conformance.simulators.analysers import Counter
from conformance.suites.exchange.bench import Laboratory, analysed
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.reading import about


@analysed("{}的直方图原样保留", "the histogram of {} is kept as it was sent", "counter")
def picture(run: Run, laboratory: Laboratory) -> None:
    """A picture of some kilobytes behind the results (OBX-2 ED)."""
    one = laboratory.ordered()
    analyser = laboratory.analyser
    assert isinstance(analyser, Counter)
    drawn = _png(run.number)
    laboratory.told([analyser.with_picture(one.tube.barcode, laboratory.measured(one.tube), drawn)])
    listed = laboratory.expect(one, "5.60", "4.20")
    patient = laboratory.patient(one.visit.person)
    around = [
        *listed,
        *laboratory.found(about("DiagnosticReport", patient)),
        *laboratory.absent(about("Media", patient)),
        *laboratory.absent(about("DocumentReference", patient)),
    ]
    kept = [data for found in around for data in _attached(laboratory, found)]
    run.expect(drawn in kept, "图像逐字节一致", "the picture is there, byte by byte", counted(kept))


def _attached(laboratory: Laboratory, found: Any) -> Iterator[bytes]:
    """Yield the bytes of every attachment in a resource, wherever it stands."""
    if isinstance(found, dict):
        if isinstance(found.get("data"), str):
            with suppress(ValueError):
                yield base64.b64decode(found["data"])
        link = found.get("url")
        if isinstance(link, str) and "Binary/" in link:
            yield from _attached(laboratory, laboratory.read(link[link.index("Binary/") :]))
        for value in found.values():
            yield from _attached(laboratory, value)
    elif isinstance(found, list):
        for value in found:
            yield from _attached(laboratory, value)


def _png(seed: str) -> bytes:
    """Return a grey picture of 64 × 64, another one for each check."""
    rows = b"".join(b"\0" + bytes((x * y + len(seed)) % 256 for x in range(64)) for y in range(64))

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + crc

    head = (64).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
