"""Answer: Outcome → what the sender hears, as plain XML; how it is dressed for other callers: ``dress``.

=====================================  ====  ====================================================
stored                                 AA
quarantined: kept, resending is no use AA    with the reason and the inbox id
refused: breaks a rule                 AE    with the rule and its article
a query that nothing answers           AE
not understood: given back             AR
=====================================  ====  ====================================================
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from adapters.his.xml_http.parse import NO_QUERIES
from gateway.canonical import Envelope, Issue, NotUnderstood, Outcome, Quarantined, Record, Stored
from gateway.errors import Retry

BUSY = "busy"
"""Reason of an answer to what is not kept and has to be sent again."""
MOST = 5
"""Remarks that an answer tells."""

_SAID = {
    "AA": ("accepted", "成功"),
    "kept": ("kept, not translated yet: do not send it again", "已保存，尚未转换，无需重发"),
    "unknown-type": (
        "kept, but this gateway has no layout for this kind of message: do not send it again",
        "已保存，但网关尚无此类消息的映射，无需重发",
    ),
    NO_QUERIES: (
        "this query is not answered at this door; ask the FHIR API",
        "本接口不提供此查询，请使用 FHIR API 查询",
    ),
    BUSY: ("not kept, send it again", "未能保存，请重发"),
}


@dataclass(slots=True, frozen=True)
class Said:
    """An answer before it is dressed.

    Attributes:
        code: ``AA``, ``AE`` or ``AR`` (HL7 AcknowledgementType).
        inbox: id of the message with us, ``""`` where it is not kept.
        reason: short word, ``""`` where there is none.
        text: sentences for people.
    """

    code: str
    inbox: str
    reason: str
    text: str

    @property
    def written(self) -> bytes:
        """The answer as plain XML."""
        root = etree.Element("response")
        for name in ("code", "inbox", "reason", "text"):
            value = getattr(self, name)
            if value:
                etree.SubElement(root, name).text = value
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def read(answer: bytes) -> Said:
    """Return an answer that :func:`answer` wrote; what is none (a fault of ours) is ``AE``."""
    try:
        root = etree.fromstring(answer, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return Said("AE", "", "internal-error", "no answer could be made; look into the inbox")
    code, inbox, reason, text = (root.findtext(name) or "" for name in ("code", "inbox", "reason", "text"))
    return Said(code, inbox, reason, text)


def answer(envelope: Envelope, record: Record | None, outcome: Outcome) -> bytes:
    """Return what the sender hears of a message, as plain XML."""
    return said(envelope, outcome).written


def said(envelope: Envelope, outcome: Outcome) -> Said:
    """Return the answer to a message."""
    if isinstance(outcome, Stored):
        return Said("AA", envelope.id, "", _both("AA"))
    reason = getattr(outcome, "reason", "refused")
    issues = _told(outcome.issues)
    if isinstance(outcome, Quarantined):
        unknown = reason == "unknown-type"
        text = _both(reason if unknown else "kept") + ("" if unknown or not issues else f"; {issues}")
        return Said("AA", envelope.id, reason, text)
    if reason == NO_QUERIES:
        return Said("AE", "", reason, _both(reason))
    code = "AR" if isinstance(outcome, NotUnderstood) else "AE"
    return Said(code, "", reason, issues or reason)


def busy(retry: Retry) -> Said:
    """Return the answer to a message that could not be committed."""
    return Said("AR", "", BUSY, f"{_both(BUSY)}: {retry.reason}")


def _both(key: str) -> str:
    return " ".join(_SAID[key])


def _told(issues: list[Issue]) -> str:
    worst = [one for one in issues if one.severity in ("fatal", "error")] or issues
    return "; ".join(_sentence(one) for one in worst[:MOST])


def _sentence(issue: Issue) -> str:
    rule = "" if issue.rule.startswith("HL70357/") else issue.rule
    text = f"{issue.text} {issue.text_zh}" if issue.text_zh not in ("", issue.text) else issue.text
    return ": ".join(part for part in (rule, issue.where, text) if part)
