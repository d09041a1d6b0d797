"""Mutants of the doors: what a hospital's systems send arrives otherwise, twice, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mutants.mutant import instead, mutant

ROW = "CQ49-3.4b"


def _deliver(
    come: Callable[[bytes], bytes], go: Callable[[bytes, bytes], bytes] = lambda raw, answer: answer
) -> None:
    """Change a message as it comes, and the answer as it goes: ``go(message, answer)``."""
    from gateway.pipeline.delivery import Delivery

    def make(deliver: Any) -> Any:
        async def changed(self: Any, envelope: Any) -> bytes:
            raw = envelope.raw
            envelope.raw = come(raw)
            return go(raw, await deliver(self, envelope))

        return changed

    instead(Delivery, "__call__", make)


@mutant(ROW, "检验值被改写：5.60 变成 5.6", "a result is altered: 5.60 becomes 5.6")
def value_altered() -> None:
    _deliver(lambda raw: re.sub(rb"(OBX\|[^|\r]*\|NM\|[^|\r]*\|[^|\r]*\|-?\d+\.\d*?)0+(?=\|)", rb"\1", raw))


@mutant(ROW, "患者合并方向颠倒", "patients are merged the wrong way round")
def merged_wrongly() -> None:
    def swapped(raw: bytes) -> bytes:
        kept, gone = re.search(rb"\rPID\|[^|]*\|[^|]*\|([^|\r]*)", raw), re.search(rb"\rMRG\|([^|\r]*)", raw)
        if not kept or not gone:
            return raw
        (a, b), (c, d) = kept.span(1), gone.span(1)
        return raw[:a] + gone[1] + raw[b:c] + kept[1] + raw[d:]

    _deliver(swapped)


@mutant(ROW, "重发的消息再存一次", "a message that is repeated is stored again")
def repeat_stored_twice() -> None:
    seen: set[bytes] = set()

    def again(raw: bytes) -> bytes:
        known = re.sub(rb"^[^\r]*", b"", raw)  # without the header: a repeat may have a new time
        if known not in seen:
            seen.add(known)
            return raw
        return re.sub(rb"(\r(?:ORC|RXO|RXE|OBR)\|[^|\r]*\|)([^|^\r]+)", rb"\1\2R", raw)

    _deliver(again)


@mutant(ROW, "未知类型的消息应答成功后丢弃", "an unknown type is acknowledged and dropped")
def unknown_dropped() -> None:
    def go(raw: bytes, answer: bytes) -> bytes:
        if not re.match(rb"MSH(?:\|[^|\r]*){7}\|Z", raw):
            return answer
        return re.sub(rb"MSA\|[A-Z]+", b"MSA|AA", re.sub(rb"\rERR[^\r]*", b"", answer))

    _deliver(lambda raw: raw, go)


@mutant(
    ROW,
    "GB18030 按 GBK 解码，生僻字变成问号",
    "GB18030 is read as GBK: rare characters become question marks",
)
def gb18030_garbled() -> None:
    def garbled(raw: bytes) -> bytes:
        if b"GB 18030" not in raw.split(b"\r")[0]:
            return raw
        try:
            return raw.decode("gb18030").encode("gbk", "replace").decode("gbk").encode("gb18030")
        except UnicodeDecodeError:
            return raw

    _deliver(garbled)


@mutant(ROW, "撤销的医嘱继续有效", "an order that is cancelled goes on")
def cancelled_goes_on() -> None:
    def kept(line: re.Match[bytes]) -> bytes:
        fields = line[0].split(b"|")
        if fields[1] == b"CA":
            fields[1], fields[5:6] = b"SC", [b"IP"] * len(fields[5:6])
        return b"|".join(fields)

    _deliver(lambda raw: re.sub(rb"\rORC\|[^\r]*", kept, raw))


@mutant(ROW, "合并消息应答成功而不合并", "a merge is acknowledged and not made")
def merge_ignored() -> None:
    _deliver(lambda raw: re.sub(rb"^([^\r]*\|ADT\^)A40(?:\^[^|\r]*)?(?=\|)", rb"\1A08^ADT_A01", raw))
