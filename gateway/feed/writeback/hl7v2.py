"""HL7 v2: an entry as a message, its acknowledgement as a verdict (HL7 v2.8 §2.9, §2.14.8, table 0357)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from gateway.errors import Rejected
from gateway.feed.document import Document
from gateway.feed.receiver.wire import Reply, Request, Verdict, not_understood
from gateway.feed.writeback import acknowledgement
from gateway.feed.writeback.acknowledgement import bare
from gateway.feed.writeback.wire import Telling, control_id
from gateway.mapping.outbound import Saying, said_segments
from gateway.wire import er7
from gateway.wire.er7.write import encoded, write

Field = str | Mapping[str, list[str]]
"""One repetition of a field."""

LATER = frozenset(("206", "207"))
"""Conditions that pass: the record is locked, the application failed."""

UNABLE = frozenset(("DE", "UA", "UC", "UD", "UF", "UH", "UM", "UR", "UX"))
"""What the filler says of one order in ORC-1 (table 0119) that it has not taken, though MSA-1 be AA."""

_WORDS = ("ERR-8", "ERR-7", "MSA-3", "ERR-3.2")
_WHY = ("ORC-16.2", "ORC-16.1", *_WORDS)


def _has(charset: str, text: str) -> bool:
    """Tell whether a charset has every character of a text."""
    try:
        encoded(text, charset)
    except Rejected as error:
        return error.code != "undecodable"  # a charset that nobody knows stops all
    return True


class Hl7(Telling):
    """Messages for a HIS over MLLP."""

    def request(self, documents: Sequence[Document], at_us: int) -> Request:
        """Return the message of one document. Raises ``Rejected``: it cannot be said."""
        saying, person, facts = self.told(documents[0])
        charset = self.teller.settings.charset
        segments = said_segments(saying.map, person, self.teller.dialect, facts, partial(_has, charset))
        header = ("MSH", self._header(saying, facts))
        return Request("POST", "", body=write([header, *segments], charset))

    def _header(self, saying: Saying, facts: Mapping[str, str]) -> dict[str, list[Field]]:
        said, enhanced = self.teller.settings, self.teller.settings.answer != "AA"
        kinds = [facts.get(one[1:], "") if one.startswith("$") else one for one in saying.map.message]
        fields = {
            "3": said.application, "4": facts["organization"], "5": said.receiver,
            "6": said.receiver_facility, "7": facts["moment"], "10": facts["key"], "11": said.processing,
            "12": said.version,
            "15": "AL" if enhanced else "", "16": {"AA": "", "CA": "NE", "CA+AA": "AL"}[said.answer],
            "17": "CHN", "18": said.charset,
        }  # fmt: skip
        made: dict[str, list[Field]] = {number: [text] for number, text in fields.items() if text}
        made["9"] = [{str(at): [one] for at, one in enumerate(kinds, 1) if one}]
        return made

    def judge(self, documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
        """Return what the acknowledgement says of the message."""
        try:
            answer = acknowledgement.read(reply.body)
        except Rejected as error:
            return not_understood(error.code)
        code, about = bare(answer, "MSA-1"), bare(answer, "MSA-2")
        if not code or about != control_id(documents[0].entry):
            return not_understood("it answers another message" if code else "it has no MSA")
        return [self._verdict(code.upper(), answer)]

    def _verdict(self, code: str, answer: er7.Message) -> Verdict:
        receipt = ", ".join(dict.fromkeys(filter(None, answer.each("ORC-3.1"))))
        if code == "AA" and (unable := UNABLE & {one.strip().upper() for one in answer.each("ORC-1.1")}):
            short = f"AA {min(unable)}"
            words = next((found for path in _WHY if (found := answer.get(path))), "")
            return Verdict("refused", reason=f"{short}: {words}" if words else short, code=short)
        if code == "AA" or (code == "CA" and self.teller.settings.answer == "CA"):
            return Verdict("acknowledged", receipt=receipt)
        condition = bare(answer, "ERR-3.1") or bare(answer, "MSA-6.1")
        short = f"{code} {condition}".strip()
        words = next((found for path in _WORDS if (found := answer.get(path))), "")
        reason = f"{short}: {words}" if words else short
        if code in ("CA", "CE") or (code in ("AR", "CR", "AE") and condition in LATER):
            return Verdict("again", reason=reason, code=short)
        if code in ("AE", "AR", "CR"):
            return Verdict("refused", reason=reason, code=short)
        return not_understood("MSA-1")
