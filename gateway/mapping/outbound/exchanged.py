"""Exchanged: how a body travels over HTTP and what its answer means: ``answer`` and ``soap`` of a set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.outbound.checked import known, table

_ANSWER = frozenset(("code", "ok", "repeat", "again", "reason", "receipt", "inside", "without"))
_SOAP = frozenset(("version", "action", "operation", "namespace", "arguments", "qualified"))

BODY, ELEMENT = "$body", "$element"
"""Arguments of an operation: the body as a text, the body as an element."""


@dataclass(slots=True, frozen=True)
class Answer:
    """Where the body of an answer says what became of it: dotted paths of JSON, XPaths of XML.

    Attributes:
        code: places of codes; each one that is there must be well.
        ok, repeat, again: codes that mean: taken; there already; not now. Any other refuses.
        inside: XPath of a text that is the answer itself, in JSON or XML (a SOAP result).
        without: an answer that has no code is well, too.
    """

    code: tuple[str, ...]
    ok: frozenset[str]
    repeat: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()
    reason: str = ""
    receipt: str = ""
    inside: str = ""
    without: bool = False


@dataclass(slots=True, frozen=True)
class Soap:
    """The operation that a body is an argument of (SOAP 1.1, SOAP 1.2).

    Attributes:
        version: ``1.1`` or ``1.2``.
        action: SOAPAction, or the parameter ``action`` of the media type.
        operation, namespace: name of the element in the Body.
        arguments: name → constant, ``$fact``, ``$body`` or ``$element``, in their order.
        qualified: the arguments are in the namespace, too.
    """

    operation: str
    arguments: Mapping[str, str]
    namespace: str = ""
    action: str = ""
    version: str = "1.1"
    qualified: bool = True


def answer(said: Any, where: str) -> Answer:
    """Return ``answer`` as a file says it. Raises ``Misconfigured``: it is wrong."""
    found = known(said, _ANSWER, where)
    if not found.get("code") or not found.get("ok"):
        raise Misconfigured("says where the code is, and which codes are well", where=where)
    if found.get("without", "again") not in ("ok", "again"):
        raise Misconfigured("is ok or again", where=f"{where} without")
    code = found["code"]
    codes = {name: frozenset(map(str, found.get(name, ()))) for name in ("ok", "repeat", "again")}
    texts = {name: str(found.get(name, "")) for name in ("reason", "receipt", "inside")}
    places = (code,) if isinstance(code, str) else tuple(str(one) for one in code)
    return Answer(places, **texts, **codes, without=found.get("without") == "ok")  # type: ignore[arg-type]


def soap(said: Any, where: str) -> Soap:
    """Return ``soap`` as a file says it. Raises ``Misconfigured``: it is wrong."""
    found = known(said, _SOAP, where)
    arguments = table(found.get("arguments"), f"{where} arguments")
    if not found.get("operation") or not {BODY, ELEMENT} & set(map(str, arguments.values())):
        raise Misconfigured(
            "names an operation, and which of its arguments is the $body or $element", where=where
        )
    version = str(found.get("version", "1.1"))
    if version not in ("1.1", "1.2"):
        raise Misconfigured("is 1.1 or 1.2", where=f"{where} version")
    texts = {name: str(found.get(name, "")) for name in ("operation", "namespace", "action")}
    values = {str(name): str(value) for name, value in arguments.items()}
    return Soap(**texts, arguments=values, version=version, qualified=bool(found.get("qualified", True)))
