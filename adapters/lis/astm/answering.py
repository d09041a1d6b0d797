"""Answering: what the store has for Q → the message that answers it, H P O… L (LIS2-A2 §6, §12).

============================  =====================================================
found                         P, O …, L.3 ``F``: the request was processed
nobody knows the sample       L.3 ``I``: no information
cannot be answered so         L.3 ``Q``: the request is wrong
Q.13 ``D``                    P alone: who it is, not what is to be done
Q.13 ``A``                    nothing: the request before is withdrawn
============================  =====================================================

Of several samples those of which nothing can be said, and a list that is cut, stand in C behind H (§10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.canonical import Envelope
from gateway.errors import Rejected
from gateway.spec import Answer, Value
from gateway.wire.astm.records import Message, write
from gateway.wire.er7.write import encoded

FOUND, NOTHING, WRONG = "F", "I", "Q"
LONGEST_REMARK = 200

_PROCESSING = {"RQ": ("SA", "QA")}
"""H.12 of who asks → of the answer, and of one that has nothing; Mindray has words of its own, others P."""

_PLAIN = "UTF-8"
_ASCII = frozenset({"ascii", "us-ascii"})

Said = Sequence[tuple[str, Value]]
"""Records of one sample: type, and number of a field → its repeats."""


def is_question(message: Message) -> bool:
    """Tell whether a message asks, and tells nothing."""
    return bool(message.of("Q")) and not message.of("R")


def withdraws(message: Message) -> bool:
    """Tell whether a question takes back the one before it (Q.13 ``A``, LIS2-A2 §12.13)."""
    return {one.strip().upper() for one in message.each("Q.13")} == {"A"}


def answered(message: Message, envelope: Envelope, answer: Answer | Rejected) -> bytes:
    """Return the message that answers a question, in the delimiters and the charset of who asks.

    What the rows of the answer say of H or L goes before what the door says.
    """
    charset = charset_of(message, envelope)
    said: Sequence[Said] = () if isinstance(answer, Rejected) else answer.said
    end = WRONG if isinstance(answer, Rejected) else FOUND if said else NOTHING
    told = [_record(name, value, charset) for one in said for name, value in one]
    if (message.get("Q.13") or "").strip().upper() == "D":
        told = [one for one in told if one[0] != "O"]
    own = {name: fields for name, fields in reversed(told) if name in ("H", "L")}
    records = [("H", _head(message, envelope, found=end == FOUND) | own.get("H", {}))]
    records += [("C", {2: str(at), 3: "L", 4: [one], 5: "G"}) for at, one in enumerate(_remarks(answer), 1)]
    records += [one for one in told if one[0] not in own]
    records += [("L", {2: "1", 3: end} | own.get("L", {}))]
    return write(_numbered(records), charset, message.delimiters)


def _remarks(answer: Answer | Rejected) -> list[Mapping[int, str]]:
    """Return code and text (C.4) of what an answer leaves out."""
    if isinstance(answer, Rejected):
        return []
    said: list[Mapping[int, str]] = [
        {1: why.code, 2: f"{number}: {why.reason}"[:LONGEST_REMARK]} for number, why in answer.untold
    ]
    if answer.left:
        said.append({1: "cut", 2: f"{answer.left} more orders: ask by bar code or for a shorter time"})
    return said


def charset_of(message: Message, envelope: Envelope) -> str:
    """Return the charset of the line, else that of the question; plain ASCII says nothing of it."""
    return envelope.charset or (_PLAIN if message.charset in _ASCII else message.charset)


Fields = dict[int, Sequence[str | Mapping[int, str]]]


def _head(message: Message, envelope: Envelope, *, found: bool) -> Fields:
    now = datetime.now(datetime.strptime(envelope.zone, "%z").tzinfo)
    asker = message.header(5).split(message.delimiters.component)[0]
    standard = message.header(13) or "LIS2-A2"
    order, nothing = _PROCESSING.get(message.header(12).strip(), ("P", "P"))
    processing = order if found else nothing
    return {5: ["qiao"], 10: [asker], 12: [processing], 13: [standard], 14: [f"{now:%Y%m%d%H%M%S}"]}


def _record(name: str, value: Value, charset: str) -> tuple[str, Fields]:
    fields: Fields = {}
    for number, repeats in () if isinstance(value, str) else value.items():
        kept = [made for one in repeats if (made := _repeat(one, charset))]
        if kept:
            fields[int(number)] = kept
    return name, fields


def _repeat(value: Value, charset: str) -> str | Mapping[int, str]:
    """Return a repeat without texts that the charset does not have: no name is better than ????."""
    if isinstance(value, str):
        return value if _has(charset, value) else ""
    texts = {
        int(number): "".join(one for one in parts if isinstance(one, str)) for number, parts in value.items()
    }
    return {number: text for number, text in texts.items() if text and _has(charset, text)}


def _has(charset: str, text: str) -> bool:
    try:
        encoded(text, charset)
    except Rejected:
        return False
    return True


def _numbered(records: list[tuple[str, Fields]]) -> list[tuple[str, Fields]]:
    """Return records with their numbers: P counts in the message, O in its P."""
    patients = orders = 0
    for name, fields in records:
        if name == "P":
            patients, orders = patients + 1, 0
            fields[2] = [str(patients)]
        elif name == "O":
            orders += 1
            fields[2] = [str(orders)]
    return records
