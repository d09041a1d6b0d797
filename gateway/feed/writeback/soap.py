"""SOAP: a body as an argument of an operation, and a Fault as a verdict (SOAP 1.1 §4; SOAP 1.2 part 1 §5)."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from gateway.feed.receiver.wire import Verdict
from gateway.mapping.outbound import Soap
from gateway.mapping.outbound.exchanged import BODY, ELEMENT
from gateway.wire.xml import Document, parse
from gateway.wire.xml.document import NAMESPACES

_ENVELOPES = {"1.1": NAMESPACES["soap"], "1.2": NAMESPACES["soap12"]}
_OURS = frozenset(("Client", "Sender"))
"""Codes of a Fault that blame what was sent; any other one may be over by the next attempt."""

_FAULT = "/*/*[local-name()='Body']/*[local-name()='Fault']"
_CODE = f"{_FAULT}/faultcode | {_FAULT}/soap12:Code/soap12:Value"
_REASON = f"{_FAULT}/faultstring | {_FAULT}/soap12:Reason/soap12:Text"


def dressed(soap: Soap, body: bytes, facts: Mapping[str, str]) -> bytes:
    """Return an envelope whose operation has a body among its arguments.

    Args:
        facts: what an argument may name with ``$``.
    """
    space = _ENVELOPES[soap.version]
    envelope = etree.Element(f"{{{space}}}Envelope", nsmap={"soap": space})
    operation = etree.SubElement(
        etree.SubElement(envelope, f"{{{space}}}Body"), _name(soap.operation, soap.namespace),
        nsmap={None: soap.namespace} if soap.namespace else None,
    )  # fmt: skip
    for name, value in soap.arguments.items():
        argument = etree.SubElement(operation, _name(name, soap.namespace if soap.qualified else ""))
        if value == ELEMENT:
            argument.append(parse(body).root)
        elif value == BODY:
            argument.text = body.decode()
        else:
            argument.text = facts.get(value[1:], "") if value.startswith("$") else value
    made: bytes = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return made


def headers(soap: Soap) -> tuple[tuple[str, str], ...]:
    """Return the headers of a request."""
    if soap.version == "1.1":
        return ("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", f'"{soap.action}"')
    action = f'; action="{soap.action}"' if soap.action else ""
    return (("Content-Type", f"application/soap+xml; charset=utf-8{action}"),)


def fault(answer: Document) -> Verdict | None:
    """Return what a Fault says; None: it is none."""
    if not answer.get(f"local-name({_FAULT})"):
        return None
    code = (answer.get(_CODE) or "").rpartition(":")[2]
    reason = answer.get(_REASON) or ""
    told = f"Fault {code}: {reason}" if reason else f"Fault {code}"
    return Verdict("refused" if code in _OURS else "again", reason=told, code=f"Fault {code}".strip())


def _name(name: str, namespace: str) -> str:
    return f"{{{namespace}}}{name}" if namespace else name
