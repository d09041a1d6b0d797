"""Question: which messages ask or acknowledge instead of telling: ORM^O01 of haematology analysers, ACK."""

from __future__ import annotations

from gateway.wire.er7.message import Message

ORDER_WANTED = "ORM^O01 RF"
"""Event of an ORM^O01 that asks for the order of a sample, by which its message map is found."""

WORK_HEARD = "ORL^O34 LAB-28"
"""Event of an ORL^O34 by which an analyser says what it does with its work (IHE LAW, ORL_O42)."""

STATUS_WITH_RESULTS = "SSU^U03 OBX"
"""Event of an SSU^U03 that tells more than where a sample stands: nobody reads that, so it is set aside."""

_HOLDERS = frozenset(("MSH", "ORC", "NTE"))


def is_acknowledgement(message: Message) -> bool:
    """Tell whether a message acknowledges another (ACK): it is kept, and never acknowledged itself."""
    return message.type.partition("^")[0] == "ACK"


def event_of(message: Message) -> str:
    """Return the event by which the message map is found: MSH-9, or that the message only asks.

    Haematology analysers ask by ORM^O01 whose ORC says RF ("refill"), with the number of the sample and
    nothing else: no patient, no detail of an order.
    """
    if is_acknowledgement(message):
        return "ACK"
    if message.type == "SSU^U03" and any(one.name == "OBX" for one in message.segments):
        return STATUS_WITH_RESULTS
    if message.type == "ORL^O34":
        return WORK_HEARD if _is_of_law(message) else message.type
    if message.type not in ("ORM^O01", "ORM"):
        return message.type
    told = {one.name for one in message.segments if not one.name.startswith("Z")}
    asks = told <= _HOLDERS and set(message.each("ORC-1")) == {"RF"}
    return ORDER_WANTED if asks else message.type


def _is_of_law(message: Message) -> bool:
    return "LAB-28" in message.header(21) or (message.get("MSH-9.3") or "") == "ORL_O42"
