"""Plain extensions: definitions that ask for nothing but a type of value and a place (R4 §2.4)."""

from __future__ import annotations

from functools import lru_cache

from gateway.validation.r4 import Definitions

INHERITED = ("ele-1", "ext-1")
PLAIN = frozenset(("Extension", "Extension.url", "Extension.value[x]"))
ASKING = frozenset(("binding", "slicing", "minValueInteger", "maxValueInteger", "maxLength", "sliceName"))


@lru_cache(4096)
def is_plain(definitions: Definitions, url: str) -> bool:
    """Return whether an extension of that URL with one type of value is as right as any other with it.

    Also for a URL that nobody defines.
    """
    structure = definitions.get(url, "StructureDefinition")
    if structure is None:
        return True
    if "contextInvariant" in structure:
        return False
    for item in structure.get("differential", {}).get("element", ({"path": ""},)):
        if item["path"] not in PLAIN and not (
            item["path"] == "Extension.extension" and item.get("max") == "0"
        ):
            return False
        if not ASKING.isdisjoint(item) or any("profile" in one for one in item.get("type", ())):
            return False
        if item["path"] != "Extension.url" and any(name.startswith(("fixed", "pattern")) for name in item):
            return False
        if any(one["key"] not in INHERITED for one in item.get("constraint", ())):
            return False
    return True
