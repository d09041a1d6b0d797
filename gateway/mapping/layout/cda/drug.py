"""Drug: what a substanceAdministration (CDA R2 §4.3.6) says beside what every statement says."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from gateway.mapping.layout.cda.nodes import HL7, child, words
from gateway.mapping.layout.cda.parts import Said, code_of
from gateway.mapping.layout.cda.values import NOTHING


def medication_of(node: etree._Element, read: Callable[[etree._Element], None]) -> Said:
    """Return the columns of a substanceAdministration: drug, route, dose, rhythm and form."""
    made: Said = {}
    for part, name in (("routeCode", "route"), ("administrationUnitCode", "form")):
        found = child(node, part)
        if found is not None:
            made |= {name if key == "code" else f"{name}_{key}": text for key, text in code_of(found).items()}
            read(found)
    for part, name in (("doseQuantity", "dose"), ("rateQuantity", "rate")):
        found = child(node, part)
        if found is not None:
            text, unit = (found.get("value") or "").strip(), (found.get("unit") or "").strip()
            made |= {key: one for key, one in ((name, text), (f"{name}_unit", unit)) if one not in NOTHING}
            read(found)
    for holder in ("manufacturedLabeledDrug", "manufacturedMaterial"):
        drug = node.find(f".//{HL7}{holder}")
        if drug is not None:
            made |= _product(drug)
            read(drug)
    if "drug" not in made and "drug_name" in made:
        made["drug_alone"] = made["drug_name"]
    period = node.find(f"{HL7}effectiveTime/{HL7}period")
    if period is not None and period.get("value"):
        made["rhythm"] = f"Q{period.get('value')}{(period.get('unit') or '').upper()}"
    if made.get("rate"):
        made["rhythm"] = f"{made['rate']}{made.get('rate_unit', '')}"
    return made


def _product(drug: etree._Element) -> Said:
    """Return ``drug`` with its table, and ``drug_name``."""
    made: Said = {}
    code, name = child(drug, "code"), child(drug, "name")
    if code is not None and "code" not in code.attrib and (text := (code.text or "").strip()) not in NOTHING:
        made["drug"] = text  # the schemas of WS/T 500 have the code as a text
    elif code is not None:
        made |= {"drug" if key == "code" else f"drug_{key}": text for key, text in code_of(code).items()}
    if name is not None and (text := words(name)) not in NOTHING:
        made["drug_name"] = text
    elif "drug_label" in made:
        made["drug_name"] = made["drug_label"]
    return made
