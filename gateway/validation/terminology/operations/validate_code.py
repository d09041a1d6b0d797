"""$validate-code: whether a code is in a code system or a value set (R4 §4.8.18, §4.9.18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.canonical.operation_outcome import operation_outcome
from gateway.validation.terminology.concepts import Concepts, Json
from gateway.validation.terminology.expansion import Terminology
from gateway.validation.terminology.members import Members
from gateway.validation.terminology.operations.coding import Asked


@dataclass(slots=True, frozen=True)
class Validity:
    """The answer about one code or several.

    Attributes:
        result: True only where the code was found; what cannot be checked is False.
        message: why it is not, or a hint.
        display: as the code system calls the code, ``""`` where nobody knows.
        unknown: canonical URL of the code system that could not be looked into, ``""`` where all could.
    """

    result: bool
    message: str = ""
    display: str = ""
    unknown: str = ""


def in_code_system(terminology: Terminology, asked: Sequence[Asked]) -> Validity:
    """Return whether one of the codings stands in its code system."""
    return _best([_in_system(terminology, one) for one in asked])


def in_value_set(
    terminology: Terminology, members: Members, asked: Sequence[Asked], *, abstract: bool = False
) -> Validity:
    """Return whether one of the codings is in the value set.

    Args:
        asked: a code without a system is looked for in all systems of the value set.
        abstract: whether a code counts that only groups others.
    """
    return _best([_in_set(terminology, members, one, abstract) for one in asked])


def _best(answers: Sequence[Validity]) -> Validity:
    """One good coding is enough (R4: "at least one of the codings"); next best is one that nobody checked."""
    return min(answers, key=lambda one: (not one.result, not one.unknown))


def _in_system(terminology: Terminology, one: Asked) -> Validity:
    concepts = terminology.code_system(one.canonical)
    has = concepts.has(one.code) if concepts else None
    if concepts is None or has is None:
        return _not_checked(one, concepts)
    if not has:
        return Validity(False, f"Unknown code '{one.code}' in the code system '{concepts.url}'")
    return _named(concepts.display(one.code) or "", concepts.displays(one.code), one)


def _in_set(terminology: Terminology, members: Members, one: Asked, abstract: bool) -> Validity:
    open_ = None
    for system in [one.system] if one.system else members.systems:
        inside = members.contains(system, one.code, abstract)
        if inside:
            names = members.displays(system, one.code)
            concepts = terminology.code_system(system)
            own = concepts.display(one.code) if concepts else None
            return _named(names[0] if names else own or "", names, one)
        if inside is None and open_ is None:
            open_ = system
    if open_ is not None:
        asked = Asked(one.code, open_, one.version)
        return _not_checked(asked, terminology.code_system(asked.canonical))
    concepts = terminology.code_system(one.canonical) if one.system else None
    if concepts is not None and concepts.has(one.code) is False:
        return Validity(False, f"Unknown code '{one.code}' in the code system '{concepts.url}'")
    named = f"{one.system}#{one.code}" if one.system else one.code
    return Validity(False, f"The code '{named}' is not in the value set '{members.url}'")


def _named(display: str, names: Sequence[str], one: Asked) -> Validity:
    if one.display and names and _plain(one.display) not in map(_plain, names):
        told = f'The display "{one.display}" is incorrect; the code \'{one.code}\' is called "{display}"'
        return Validity(False, told, display)
    return Validity(True, "", display)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _not_checked(one: Asked, concepts: Concepts | None) -> Validity:
    if not one.system:
        return Validity(False, "The code has no system, so it cannot be checked")
    known = "only a part of it is known here" if concepts else "it is not known here"
    told = f"The code '{one.code}' was not checked against the code system '{one.canonical}': {known}"
    return Validity(False, told, unknown=one.canonical)


def parameters(answer: Validity) -> Json:
    """Return the out-parameters; what was not checked is told as other servers do: an issue "not-found"."""
    made: list[Json] = [{"name": "result", "valueBoolean": answer.result}]
    if answer.message:
        made.append({"name": "message", "valueString": answer.message})
    if answer.display:
        made.append({"name": "display", "valueString": answer.display})
    if answer.unknown:
        issue = {"severity": "error", "code": "not-found", "details": {"text": answer.message}}
        made.append({"name": "x-caused-by-unknown-system", "valueCanonical": answer.unknown})
        outcome = operation_outcome([issue])
        made.append({"name": "issues", "resource": outcome})
    return {"resourceType": "Parameters", "parameter": made}
