"""Answering: what a query is told: the control act of its answer, with what was found (HL7 v3 MFMI_MT700711).

Every subject has the form of the register interaction, so that the answer can be sent into a door again.
"""

from __future__ import annotations

import copy

from lxml import etree

from adapters.his.xml_http.answer import Said
from adapters.his.xml_http.opened import Opened
from gateway.errors import Rejected
from gateway.spec import Answer
from gateway.wire.xml.v3 import V3
from gateway.wire.xml.write import element

_QUERY = f"{{{V3}}}controlActProcess/{{{V3}}}queryByParameter"

_REFUSED = {
    "unknown-query": "没有针对此查询的定义（mappings/queries），请指明所调用的服务",
    "too-broad": "请给出患者、单号或其他能限定范围的条件",
    "too-costly": "查询范围过大，请缩小",
}


def found(answer: Answer, inbox: str) -> Said:
    """Return what is said of an answer.

    Args:
        inbox: id of the question with us.
    """
    shown = len(answer.found)
    text = f"{shown} of {answer.total} 查询成功" if shown else "nothing found 未查到"
    if answer.ignored:
        text += f"; not looked at 未作为条件: {', '.join(answer.ignored)}"
    return Said("AA", inbox, "", text)


def refused(error: Rejected, inbox: str) -> Said:
    """Return what is said of a question that cannot be answered as it stands."""
    text = ": ".join(part for part in (error.where, error.reason) if part)
    return Said("AE", inbox, error.code, f"{text} {_REFUSED.get(error.code, '请检查查询条件')}")


def act(answer: Answer, opened: Opened) -> etree._Element:
    """Return the control act: what is said, each in a subject, how the query went, and the query itself."""
    made = etree.Element(f"{{{V3}}}controlActProcess", {"classCode": "CACT", "moodCode": "EVN"})
    for said in answer.said:
        subject = _add(made, "subject", typeCode="SUBJ")
        subject.extend(element(name, value, V3) for name, value in said)
    query = opened.document.root.find(_QUERY)
    made.append(_acknowledged(answer, query))
    if query is not None:
        made.append(copy.deepcopy(query))
    return made


def _acknowledged(answer: Answer, query: etree._Element | None) -> etree._Element:
    made = etree.Element(f"{{{V3}}}queryAck")
    asked = None if query is None else query.find(f"{{{V3}}}queryId")
    if asked is not None:
        made.append(copy.deepcopy(asked))
    _add(made, "statusCode", code="deliveredResponse")
    _add(made, "queryResponseCode", code="OK" if answer.found else "NF")
    shown = len(answer.found)
    _add(made, "resultTotalQuantity", value=str(answer.total))
    _add(made, "resultCurrentQuantity", value=str(shown))
    _add(made, "resultRemainingQuantity", value=str(answer.total - shown))
    return made


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{V3}}}{name}", attributes)
