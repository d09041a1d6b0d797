"""People: who takes part in a clinical statement, and what it is about (an allergen, a device)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lxml import etree

from gateway.mapping.layout.cda.nodes import HL7, child, name_of, words
from gateway.mapping.layout.cda.parts import Said, code_of
from gateway.mapping.layout.cda.values import NOTHING

_PERSONS: Final = ("assignedPerson", "playingEntity", "associatedPerson", "relatedPerson")
_ORGANIZATIONS: Final = (
    "representedOrganization", "scopingOrganization", "representedCustodianOrganization",
)  # fmt: skip
_HOLDERS: Final = tuple(HL7 + one for one in (*_PERSONS, *_ORGANIZATIONS))


def people_of(element: etree._Element, role: str) -> list[dict[str, str]]:
    """Return who takes part (``id root name as org org_id when role``), nothing for nobody."""
    time = child(element, "time")
    made = {"role": role, "when": "" if time is None else (time.get("value") or "")}
    for entity in element:
        for name, attribute in (("id", "extension"), ("code", "displayName")):
            found = child(entity, name)
            if found is not None:
                made.setdefault("as" if name == "code" else name, (found.get(attribute) or "").strip())
                if name == "id":
                    made.setdefault("root", found.get("root") or "")
    names = _names(element)
    made["name"] = _first(names, _PERSONS)
    made["org"] = _first(names, _ORGANIZATIONS)
    organization = element.find(f".//{HL7}representedOrganization/{HL7}id")
    made["org_id"] = "" if organization is None else (organization.get("extension") or "").strip()
    kept = {key: text for key, text in made.items() if text not in NOTHING}
    return [kept] if kept.keys() & {"id", "name", "org"} else []


def about_of(element: etree._Element) -> Said:
    """Return ``about``, ``about_name``, ``about_system`` of a participant that is a thing, not somebody."""
    entity = element.find(f"{HL7}participantRole/{HL7}playingEntity")
    if entity is None or entity.get("classCode") == "PSN":
        return {}
    code, desc = child(entity, "code"), child(entity, "desc")
    if code is None and desc is None:
        return {}
    said = {} if code is None else code_of(code)
    text = "" if desc is None else words(desc)
    name = text if text not in NOTHING else _names(element).get("playingEntity") or str(said.get("label", ""))
    made = {"about": said.get("code", ""), "about_name": name, "about_system": said.get("system", "")}
    kept: Said = {key: one for key, one in made.items() if one}
    return kept if "about" in kept or "about_name" in kept else {}


def _names(element: etree._Element) -> dict[str, str]:
    """Return the names of those in an element by what they are (``assignedPerson``), of each the first."""
    found: dict[str, str] = {}
    for holder in element.iter(*_HOLDERS):
        name = child(holder, "name")
        if name is not None:
            found.setdefault(name_of(holder), words(name))
    return found


def _first(names: Mapping[str, str], holders: Sequence[str]) -> str:
    return next((text for one in holders if (text := names.get(one, ""))), "")
