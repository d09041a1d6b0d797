"""Serials: where a target's serials stand, and whether a check character fits (ISO/IEC 7064).

The law asks for a unique serial, not for a place of it. ``settings.serials.at`` of the target file says where
it is: a path into the FHIR document, ``told`` (the action's answer alone tells it), or ``action``
(``actions.serial`` looks it up). Where nothing is declared, the answer and all identifiers of the document
are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.verdict import NotApplicable, Skipped
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place
from conformance.simulators.regulator.ledger import check_character

TOLD, ACTION = "told", "action"
IDENTIFIERS = ("groupIdentifier.value", "requisition.value", "identifier.value")
"""Where R4 has numbers of a document: that its parts share, that of the request, and its own."""
_SEARCHES = {
    "RequestGroup": ("group-identifier", "identifier"),
    "ServiceRequest": ("requisition", "identifier"),
}


def at(run: Run) -> str:
    """Return where the target says that its serials stand, ``""`` where it does not say."""
    return str(run.target.setting("serials.at") or "")


def seen(run: Run) -> bool:
    """Tell whether a serial can be looked at after the action was answered."""
    return at(run) != TOLD


def carried(run: Run, name: str) -> set[str]:
    """Return the numbers of a document of which one is its serial; only serials where the place is declared.

    Raises:
        NotApplicable: the target tells its serials in its answers alone.
        Skipped: the document, or its serial, cannot be had.
    """
    where = at(run)
    if where == TOLD:
        raise NotApplicable(
            "目标声明流水号只在操作的答复中给出", "the target declares that its answers alone tell the serial"
        )
    if where == ACTION:
        answer = run.act("serial", document=name)
        return _texts([answer.told.get("serial")]) if answer.ok else set()
    body = run.given(run.client().get(name), "读取文书", "the document is read").body
    return numbers(body, where)


def numbers(body: Resource, where: str) -> set[str]:
    """Return what stands at a declared path, or all identifiers of a document."""
    return _texts([one for path in ([where] if where else IDENTIFIERS) for one in each(body, path)])


def _texts(found: Collection[object]) -> set[str]:
    return {str(one) for one in found if one}


def told(run: Run, answer: Answer, parts: Collection[Resource] = ()) -> str:
    """Return the serial of a document that was submitted.

    Args:
        parts: the document as it was written; where the answer tells no serial it is read: the serial is the
            one number that the harness did not write.

    Raises:
        Skipped: the document was not taken.
        Failed: it has no serial.
    """
    run.given(answer, "提交成功", "the document is taken")
    serial = str(answer.told.get("serial") or "")
    if not serial and parts and seen(run):
        wrote = {one for part in parts for one in numbers(part, "")}
        found = carried(run, place(next(iter(parts)))) - wrote
        serial = found.pop() if len(found) == 1 else ""
    run.expect(serial != "", "提交后有流水号", "there is a serial", yes_or_none(bool(serial)))
    return serial


def kept(run: Run, name: str, serial: str, zh: str, en: str, answer: Answer | None = None) -> None:
    """Expect that a document still has its serial; where answers alone tell it, that this one says the same.

    Raises:
        Failed: it has another one.
        NotApplicable: neither can be seen.
    """
    again = str(answer.told.get("serial") or "") if answer else ""
    same(run, again == serial if again and not seen(run) else serial in carried(run, name), zh, en)


def none_yet(run: Run, name: str, zh: str, en: str) -> set[str]:
    """Expect that a document has no serial; returns the numbers that it has.

    Where no place is declared nothing is expected here: any of its numbers may be one of the source's.
    """
    found = carried(run, name)
    run.expect(not at(run) or not found, zh, en, yes_or_none(bool(found)))
    return found


def same(run: Run, ok: bool, zh: str, en: str) -> None:
    """Expect that two serials are the same."""
    run.expect(ok, zh, en, Words("相同", "the same") if ok else Words("不同", "another"))


def different(run: Run, serials: Collection[str], many: int) -> None:
    """Expect that so many documents have serials of their own."""
    found = len(set(serials))
    zh, en = f"{many} 份文书有 {many} 个不同的流水号", f"{many} documents have {many} serials"
    run.expect(found == many, zh, en, Words(f"{found} 个", f"{found}"))


def yes_or_none(found: bool) -> Words:
    """Return whether there is one, in words."""
    return Words("有", "yes") if found else Words("无", "none")


def rewritten(body: Resource, serial: str, other: str) -> Resource:
    """Return a document in which another number stands wherever its serial stood."""

    def walked(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: walked(one) for name, one in value.items()}
        if isinstance(value, list):
            return [walked(one) for one in value]
        return other if value == serial else value

    return {name: walked(value) for name, value in body.items()}


def found_by(run: Run, kind: str, serial: str) -> list[str]:
    """Return the documents to which a serial leads: by the target's action, or by R4's search parameters.

    Raises:
        Skipped: the target tells its serials in answers alone, and declares no action ``find_serial``.
        Failed: a search is not answered.
    """
    if run.target.has("actions.find_serial"):
        answer = run.done(run.act("find_serial", serial=serial, kind=kind), "查询成功", "it is answered")
        name = str(answer.told.get("document") or "")
        return ["/".join(name.split("/")[-2:])] if name else []
    if at(run) in (TOLD, ACTION):
        run.need("actions.find_serial")
    declared = run.target.setting(f"serials.search.{kind}")
    for parameter in [declared] if declared else _SEARCHES[kind]:
        answer = run.client().get(f"{kind}?{parameter}={serial}")
        found = [place(one) for one in answer.entries if one.get("resourceType") == kind]
        if len(found) == 1 or (found and parameter in answer.link("self")):  # else it was ignored
            break
    run.done(answer, "查询成功", "the search is answered")
    return found


def check_digits_fit(scheme: str, serial: str) -> bool:
    """Tell whether the last character of a serial fits the others.

    Args:
        scheme: ``mod-37-36`` or ``mod-11-2``.

    Raises:
        Skipped: the target declares a scheme that is not known here.
    """
    if scheme == "mod-37-36":
        return check_character(serial)
    if scheme == "mod-11-2":
        return _mod_11_2(serial)
    raise Skipped(f"不支持的校验方案 {scheme}", f"the scheme {scheme} is not known here")


def _mod_11_2(serial: str) -> bool:
    """ISO/IEC 7064 MOD 11-2: digits, the check character of them may be X."""
    digits, last = serial[:-1], serial[-1:]
    if not digits.isdigit() or (not last.isdigit() and last != "X"):
        return False
    product = 0
    for digit in digits:
        product = (product + int(digit)) * 2 % 11
    return (product + (10 if last == "X" else int(last))) % 11 == 1
