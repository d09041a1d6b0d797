"""Answering: what the store has for a question → the messages that answer it, as bytes (HL7 v2.8 chapter 5).

============  ======================  ==================================================================
QBP^Q11       RSP^K11                 MSH MSA [ERR] QAK QPD, then what is said of the orders
QBP^Z01, Z03  RSP^Z02                 the same (Cepheid GeneXpert); nothing known is OK, and no order
QRY^Q02       QCK^Q02, then DSR^Q03   one DSR for each sample, DSC-1 says that another follows (Mindray BS);
                                      to QRD-9 CAN, which ends such a download, QCK alone
ORM^O01, RF   ORR^O02                 MSA and what is said; nothing known is AR (Mindray BC)
============  ======================  ==================================================================

Nothing known is an answer (QAK-2 NF), and so is what cannot be answered (MSA-1 AE, QAK-2 AE, the reason in
ERR): an analyser that hears nothing waits, and asks again. Of several samples those of which nothing can be
said stand in ERR as warnings; of a list that is cut QAK-4 to 6 say how many orders there are, are here, and
are left out (§5.5.2). A DSR has no place for either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.canonical.asked import Answer, Value
from gateway.errors import Rejected
from gateway.wire import er7
from gateway.wire.er7.ack import numbers
from gateway.wire.er7.charset import writing_codec
from gateway.wire.er7.question import ORDER_WANTED
from gateway.wire.er7.write import segment

Said = Sequence[tuple[str, Value]]
"""What is said of one sample: segments and their fields."""

_LONGEST = 250
_CONDITIONS = {"unknown-query": 200, "value": 103, "too-broad": 101, "several-patients": 204}
"""Why a question cannot be answered → HL7 table 0357; everything else is 207."""


@dataclass(slots=True, frozen=True)
class Asked:
    """A question that is to be answered.

    Attributes:
        answer: what the store has, or why it cannot be asked so.
        control_id: MSH-10 of the answer; of a second one it gets a number behind it.
        now: in the zone of who asks.
        inline: whether an RSP says the orders; else they come by a message of their own (IHE LAW, LAB-28),
            and the RSP says that the question was understood.
        after: messages of ours that follow the answer on the same connection.
    """

    message: er7.Message
    answer: Answer | Rejected
    control_id: str
    now: datetime
    inline: bool = True
    after: tuple[bytes, ...] = ()

    @property
    def said(self) -> Sequence[Said]:
        """What is said of each sample."""
        return () if isinstance(self.answer, Rejected) else self.answer.said

    @property
    def untold(self) -> Sequence[tuple[str, Rejected]]:
        """Samples of which nothing can be said beside others, and why."""
        return () if isinstance(self.answer, Rejected) else self.answer.untold

    @property
    def left(self) -> int:
        """How many orders there are that a list has no room for."""
        return 0 if isinstance(self.answer, Rejected) else self.answer.left

    @property
    def status(self) -> str:
        """QAK-2 (table 0208)."""
        if isinstance(self.answer, Rejected):
            return "AE"
        return "OK" if self.said or not self.inline or ends_download(self.message) else "NF"


def answered(asked: Asked) -> list[bytes]:
    """Return the messages that answer a question, in their order; none for what is no question."""
    write = _ANSWERS.get(er7.event_of(asked.message))
    return [] if write is None else [*write(asked), *asked.after]


def ends_download(message: er7.Message) -> bool:
    """Tell whether a message asks for nothing more: QRY^Q02 with QRD-9 CAN (Mindray BS)."""
    return message.type == "QRY^Q02" and (message.get("QRD-9.1") or "").strip().upper() == "CAN"


def is_answered(message: er7.Message) -> bool:
    """Tell whether a message is a question that is answered here."""
    return er7.event_of(message) in _ANSWERS


def _respond(
    asked: Asked, kind: Sequence[str], lines: Iterable[str], code: str = "", text: str = "",
    control_id: str = "", accepted: str = "", remarks: Sequence[er7.AckError] = (),
) -> bytes:  # fmt: skip
    errors, more = [*remarks] if numbers(asked.message.version) >= (2, 5) else [], {}
    text = text or (remarks[0].text if remarks else "")  # before 2.5 ERR has no place for a text
    if isinstance(asked.answer, Rejected):
        condition = _CONDITIONS.get(asked.answer.code, 207)
        errors = [er7.AckError(condition, "E", asked.answer.reason[:_LONGEST])]
        text = asked.answer.reason[:_LONGEST]
        code = code or "AE"
    if er7.answer_mode(asked.message).enhanced:
        more = {15: "NE", 16: "NE"}
    if profile := asked.message.header(21):
        more[21] = profile
    return er7.respond(
        asked.message, kind, list(lines), code=code or "AA",
        control_id=control_id or asked.control_id, text=text, errors=errors, now=asked.now, more=more,
        condition=accepted,
    )  # fmt: skip


def _rsp(asked: Asked, kind: Sequence[str] = ("RSP", "K11", "RSP_K11"), nothing: str = "NF") -> list[bytes]:
    message, mark = asked.message, asked.message.separators.field
    name, tag = (_raw(message, "QPD", number) for number in (1, 2))
    state = ["QAK", tag, nothing if asked.status == "NF" else asked.status, name, *_hits(asked)]
    lines = [mark.join(state).rstrip(mark), *_echoed(message, "QPD")]
    if asked.inline:
        lines += [line for one in asked.said for line in written(message, one)]
    return [_respond(asked, kind, lines, remarks=_remarks(asked))]


def _rsp_xpert(asked: Asked) -> list[bytes]:
    return _rsp(asked, ("RSP", "Z02"), "OK")


def _hits(asked: Asked) -> list[str]:
    """Return QAK-4 to 6 of a list that is cut, nothing of one that is whole."""
    if isinstance(asked.answer, Rejected) or not asked.left:
        return []
    return [str(asked.answer.total), str(len(asked.answer.found)), str(asked.left)]


def _remarks(asked: Asked) -> list[er7.AckError]:
    """Return what is said of samples that are not told; 0 of table 0357: the rest is."""
    return [er7.AckError(0, "W", f"{number}: {why.reason}"[:_LONGEST]) for number, why in asked.untold]


def _dsr(asked: Asked) -> list[bytes]:
    mark = asked.message.separators.field
    good = "" if asked.status == "AE" else "Message accepted"
    told = [] if asked.status == "AE" else [f"ERR{mark}0"]
    state, own = mark.join(("QAK", "SR", asked.status)), asked.message.control_id
    well = "" if asked.status == "AE" else "0"
    made = [
        _respond(asked, ("QCK", "Q02", "QCK_Q02"), [*told, state], text=good, control_id=own, accepted=well)
    ]
    for at, one in enumerate(asked.said, 1):
        rest = str(at) if at < len(asked.said) else ""
        lines = [
            *told, state, *_echoed(asked.message, "QRD"), *_echoed(asked.message, "QRF"),
            *_displayed(written(asked.message, one), mark), f"DSC{mark}{rest}",
        ]  # fmt: skip
        number = str(at) if len(asked.said) > 1 else own  # these analysers count; they know no letters
        made.append(_respond(asked, ("DSR", "Q03", "DSR_Q03"), lines, "", good, number, well))
    return made


def _displayed(lines: Iterable[str], mark: str) -> list[str]:
    """Return DSP segments with their numbers: a reader knows each line of a display by its place."""
    return [mark.join(("DSP", str(at), *one.split(mark)[2:])) for at, one in enumerate(lines, 1)]


def _orr(asked: Asked) -> list[bytes]:
    lines = [line for one in asked.said for line in written(asked.message, one)]
    code = {"OK": "AA", "NF": "AR"}.get(asked.status, "AE")
    text = "" if lines else "no order"
    return [_respond(asked, ("ORR", "O02", "ORR_O02"), lines, code, text, remarks=_remarks(asked))]


_ANSWERS: Mapping[str, Callable[[Asked], list[bytes]]] = {
    "QBP^Q11": _rsp, "QBP^Z01": _rsp_xpert, "QBP^Z03": _rsp_xpert, "QRY^Q02": _dsr, ORDER_WANTED: _orr,
}  # fmt: skip


def written(message: er7.Message, said: Said) -> list[str]:
    """Return segments in the separators of who has sent a message, without their ends."""
    codec = writing_codec(message.declared_charset, message.charset)
    return [
        segment(name, _writable(fields, codec), message.separators)
        for name, fields in said
        if not isinstance(fields, str)
    ]


def _writable(fields: Mapping[str, Sequence[Value]], codec: str) -> dict[str, list[Value]]:
    """Return fields without texts that the charset of who asks does not have: no name is better than ????."""
    made: dict[str, list[Value]] = {}
    for name, values in fields.items():
        kept: list[Value] = []
        for one in values:
            if not isinstance(one, str):
                kept.append(_writable(one, codec) or "")
            elif _has(codec, one):
                kept.append(one)
        if kept:
            made[name] = kept
    return made


def _has(codec: str, text: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _echoed(message: er7.Message, name: str) -> list[str]:
    return [one.text for one in message.segments if one.name == name][:1]


def _raw(message: er7.Message, name: str, number: int) -> str:
    found = next((one.fields for one in message.segments if one.name == name), [])
    return found[number] if number < len(found) else ""
