"""Said: what the parts of a clinical statement say, as columns: code, time, people, medication."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from gateway.mapping.layout.cda.values import HL7, NOTHING
from gateway.mapping.layout.moments import normal

Said = dict[str, "str | list[dict[str, str]]"]


def code_of(element: etree._Element) -> Said:
    """Return ``code``, ``system`` and ``label`` of a code; the label of a qualifier where it has none."""
    made: Said = {}
    for key, name in (("code", "code"), ("system", "codeSystem"), ("label", "displayName")):
        text = (element.get(name) or "").strip()
        if text and text not in NOTHING:
            made[key] = text
    original = element.find(f"{HL7}originalText")
    if original is not None and "label" not in made and (text := "".join(original.itertext()).strip()):
        made["label"] = text
    qualifier = element.find(f"{HL7}qualifier/{HL7}name")
    if qualifier is not None and (text := (qualifier.get("displayName") or "").strip()):
        if "label" not in made:
            made["label"] = text
        elif text != made["label"]:
            made["qualifier"] = text
    return made


def time_of(element: etree._Element) -> Said:
    """Return ``time``, or ``start`` and ``end``, of an effectiveTime."""
    made: Said = {}
    low, high = element.find(f"{HL7}low"), element.find(f"{HL7}high")
    for key, one in (("time", element), ("start", low), ("end", high)):
        if one is not None and (text := (one.get("value") or "").strip()) not in NOTHING:
            made[key] = normal(text)
    return made


def people_of(element: etree._Element, role: str) -> list[dict[str, str]]:
    """Return who takes part (``id root name as org org_id when role``), nothing for nobody."""
    time = element.find(f"{HL7}time")
    made = {"role": role, "when": "" if time is None else (time.get("value") or "")}
    for path, name in (("{*}id", "id"), ("{*}code", "as")):
        for entity in element:
            found = entity.find(path)
            if found is not None:
                made.setdefault(name, _of(found, name))
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


def _of(found: etree._Element, name: str) -> str:
    return (found.get("extension" if name == "id" else "displayName") or "").strip()


def _named(element: etree._Element, *holders: str) -> str:
    for holder in holders:
        found = element.find(f".//{HL7}{holder}/{HL7}name")
        if found is not None and (text := "".join(found.itertext()).strip()):
            return text
    return ""


def medication_of(node: etree._Element, read: Callable[[etree._Element], None]) -> Said:
    """Return the columns of a substanceAdministration: drug, route, dose, rhythm and form."""
    made: Said = {}
    for child, name in (("routeCode", "route"), ("administrationUnitCode", "form")):
        found = node.find(HL7 + child)
        if found is not None:
            made |= {name if key == "code" else f"{name}_{key}": text for key, text in code_of(found).items()}
            read(found)
    for child, name in (("doseQuantity", "dose"), ("rateQuantity", "rate")):
        found = node.find(HL7 + child)
        if found is not None:
            text, unit = (found.get("value") or "").strip(), (found.get("unit") or "").strip()
            made |= {key: one for key, one in ((name, text), (f"{name}_unit", unit)) if one not in NOTHING}
            read(found)
    for holder in ("manufacturedLabeledDrug", "manufacturedMaterial"):
        drug = node.find(f".//{HL7}{holder}")
        if drug is None:
            continue
        code, name_element = drug.find(f"{HL7}code"), drug.find(f"{HL7}name")
        if code is not None:
            made |= {"drug" if key == "code" else f"drug_{key}": text for key, text in code_of(code).items()}
        if name_element is not None and (text := "".join(name_element.itertext()).strip()) not in NOTHING:
            made["drug_name"] = text
        if "drug_name" not in made and "drug_label" in made:
            made["drug_name"] = made["drug_label"]
        read(drug)
    if "drug" not in made and "drug_name" in made:
        made["drug_alone"] = made["drug_name"]
    if made.get("rate"):
        made["rhythm"] = f"{made['rate']}{made.get('rate_unit', '')}"
    return made
