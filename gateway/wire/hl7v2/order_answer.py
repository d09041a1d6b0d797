"""Order answer: what the receiver of orders says of each (ORR, ORL; HL7 v2.5.1 §4.4.2, §4.4.7, table 0119).

The application's answer to ORM^O01 is ORR^O02, to OML an ORL, in original mode as in enhanced mode (§2.9); a
commit acknowledgement (MSH-15) stays an ACK. Who expects a plain ACK says so in its profile: ``answer: ack``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gateway.wire import er7

KINDS: Mapping[str, tuple[str, str, str]] = {
    "OML^O21": ("ORL", "O22", "ORL_O22"),
    "OML^O33": ("ORL", "O34", "ORL_O34"),
    "OML^O35": ("ORL", "O36", "ORL_O36"),
    "OML^O39": ("ORL", "O40", "ORL_O40"),
    "ORM^O01": ("ORR", "O02", "ORR_O02"),
}
"""Orders → MSH-9 of their answer."""

_TAKEN = {"NW": "OK", "CA": "CR", "DC": "DR", "XO": "XR", "HD": "HR", "RL": "OR", "RP": "RQ"}
_NOT_TAKEN = {"NW": "UA", "CA": "UC", "DC": "UD", "XO": "UX", "HD": "UH", "RL": "UR", "RP": "UM"}
_REFUSED = re.compile(
    rb"[\r\n]ORC[^A-Za-z0-9\s](?:" + "|".join(_NOT_TAKEN.values()).encode() + rb")(?![A-Z])"
)
_KEPT = {"PID": 0, "SPM": 5, "SAC": 5, "OBR": 5}
"""Segments that come back, and how many of their fields beside the name; 0 for all of them."""
_SAMPLES = frozenset(("SPM", "SAC"))
"""Those for which an ORR has no place."""


def is_of(message: er7.Message) -> bool:
    """Tell whether a message brings orders that are answered here; an ORM^O01 that only asks brings none."""
    return er7.event_of(message) in KINDS


def refuses(answer: bytes) -> bool:
    """Tell whether an answer of ours says of an order that it is not taken."""
    return _REFUSED.search(answer) is not None


def told(message: er7.Message, *, taken: bool, why: str = "") -> list[str]:
    """Return the segments behind MSA: whose order it is, its specimen, and what became of it.

    Args:
        taken: whether the orders are in force here now; else ``why`` stands in ORC-16.
    """
    return list(_told(message, taken, why))


def _told(message: er7.Message, taken: bool, why: str) -> Iterator[str]:
    mark = message.separators.field
    general = KINDS[message.type][0] == "ORR"
    for one in message.segments:
        if one.name == "ORC":
            yield _order(message, one.fields, taken, why)
        elif one.name in _KEPT and not (general and one.name in _SAMPLES):
            most = _KEPT[one.name]
            yield mark.join(one.fields[:most] if most else one.fields).rstrip(mark)


def _order(message: er7.Message, fields: list[str], taken: bool, why: str) -> str:
    mark, said = message.separators.field, [*fields, "", "", "", ""]
    table, other = (_TAKEN, "OK") if taken else (_NOT_TAKEN, "UA")
    made = ["ORC", table.get(said[1].strip().upper(), other), said[2], said[3], said[4]]
    if why:
        made += [""] * 11 + [message.separators.component + er7.escape(why, message.separators)]
    return mark.join(made).rstrip(mark)
