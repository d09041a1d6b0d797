"""People: who takes part in a clinical statement, and what it is about (an allergen, a device)."""

from __future__ import annotations

from lxml import etree

from gateway.mapping.layout.cda.parts import Said, code_of
from gateway.mapping.layout.cda.values import HL7, NOTHING


def people_of(element: etree._Element, role: str) -> list[dict[str, str]]:
    """Return who takes part (``id root name as org org_id when role``), nothing for nobody."""
    time = element.find(f"{HL7}time")
    made = {"role": role, "when": "" if time is None else (time.get("value") or "")}
    for entity in element:
        for name, attribute in (("id", "extension"), ("code", "displayName")):
            found = entity.find(HL7 + name)
            if found is not None:
                made.setdefault("as" if name == "code" else name, (found.get(attribute) or "").strip())
                if name == "id":
                    made.setdefault("root", found.get("root") or "")
    made["name"] = _named(element, "assignedPerson", "playingEntity", "associatedPerson", "relatedPerson")
    made["org"] = _named(
        element, "representedOrganization", "scopingOrganization", "representedCustodianOrganization"
    )
    organization = element.find(f".//{HL7}representedOrganization/{HL7}id")
    made["org_id"] = "" if organization is None else (organization.get("extension") or "").strip()
    kept = {key: text for key, text in made.items() if text not in NOTHING}
    return [kept] if kept.keys() & {"id", "name", "org"} else []


def about_of(element: etree._Element) -> Said:
    """Return ``about``, ``about_name``, ``about_system`` of a participant that is a thing, not somebody."""
    entity = element.find(f"{HL7}participantRole/{HL7}playingEntity")
    if entity is None or entity.get("classCode") == "PSN":
        return {}
    code, desc = entity.find(f"{HL7}code"), entity.find(f"{HL7}desc")
    if code is None and desc is None:
        return {}
    said = {} if code is None else code_of(code)
    text = "" if desc is None else "".join(desc.itertext()).strip()
    name = text if text not in NOTHING else _named(element, "playingEntity") or str(said.get("label", ""))
    made = {"about": said.get("code", ""), "about_name": name, "about_system": said.get("system", "")}
    kept: Said = {key: one for key, one in made.items() if one}
    return kept if "about" in kept or "about_name" in kept else {}


def _named(element: etree._Element, *holders: str) -> str:
    for holder in holders:
        found = element.find(f".//{HL7}{holder}/{HL7}name")
        if found is not None and (text := "".join(found.itertext()).strip()):
            return text
    return ""
