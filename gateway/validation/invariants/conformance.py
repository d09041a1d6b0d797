"""Native invariants of terminology, capabilities, operations and questionnaires (R4 §4, §5)."""

from __future__ import annotations

import re
from typing import Any

from gateway.validation.invariants.native import distinct, holds, there, typed

Value = dict[str, Any]

_name = re.compile(r"[A-Z]([A-Za-z0-9_]){0,254}").fullmatch

OPTIONS = frozenset(
    ["choice", "open-choice", "decimal", "integer", "date", "dateTime", "time", "string", "quantity"]
)
LENGTHS = frozenset(["boolean", "decimal", "integer", "string", "text", "url", "open-choice"])


@holds("name.matches('[A-Z]([A-Za-z0-9_]){0,254}')", "name")
def computable_name(v: Value, _: Any) -> bool:
    """All of a name is for programs, not only a part (sdf-0, vsd-0, …); no name at all is let pass."""
    return _name(v["name"]) is not None


@holds("valueSet.exists() or system.exists()")
def vsd_1(v: Value, _: Any) -> bool:
    """An include names where its codes come from."""
    return there(v, "valueSet") or there(v, "system")


@holds("(concept.exists() or filter.exists()) implies system.exists()")
def vsd_2(v: Value, _: Any) -> bool:
    """Concepts and filters are of a system."""
    return ("concept" not in v and "filter" not in v) or there(v, "system")


@holds("concept.empty() or filter.empty()", "concept", "filter")
def vsd_3(v: Value, _: Any) -> bool:
    """Concepts or filters, not both."""
    return False


@holds("code.exists() or display.exists()")
def vsd_6(v: Value, _: Any) -> bool:
    """What is expanded has a code or a name."""
    return there(v, "code") or there(v, "display")


@holds("code.exists() or abstract = true")
def vsd_9(v: Value, _: Any) -> bool:
    """Only what is abstract has no code."""
    return there(v, "code") or v.get("abstract") is True


@holds("concept.code.combine($this.descendants().concept.code).isDistinct()", "concept")
def csd_1(v: Value, _: Any) -> bool:
    """A code comes once in its system."""
    codes: list[Any] = []
    pending: list[Any] = [v]
    while pending:
        one = pending.pop()
        if type(one) is dict:
            codes += [
                inner["code"] for inner in one.get("concept", ()) if type(inner) is dict and "code" in inner
            ]
            pending += [inner for inner in one.values() if type(inner) in (dict, list)]
        elif type(one) is list:
            pending += one
    return len(set(codes)) == len(codes)


@holds(
    "comment.exists() or equivalence.empty() or ((equivalence != 'narrower') and (equivalence != 'inexact'))",
    "equivalence",
)
def cmd_1(v: Value, _: Any) -> bool:
    """What is narrower or inexact says how."""
    return v["equivalence"] not in ("narrower", "inexact") or there(v, "comment")


@holds("(mode = 'fixed') implies code.exists()", "mode")
def cmd_2(v: Value, _: Any) -> bool:
    """A fixed code is named."""
    return v["mode"] != "fixed" or there(v, "code")


@holds("(mode = 'other-map') implies url.exists()", "mode")
def cmd_3(v: Value, _: Any) -> bool:
    """Another map is named."""
    return v["mode"] != "other-map" or there(v, "url")


@holds("rest.exists() or messaging.exists() or document.exists()")
def cpb_1(v: Value, _: Any) -> bool:
    """A capability statement states one."""
    return "rest" in v or "messaging" in v or "document" in v


@holds("(description.count() + software.count() + implementation.count()) > 0")
def cpb_2(v: Value, _: Any) -> bool:
    """It says of what (also tcp-2)."""
    return there(v, "description") or "software" in v or "implementation" in v


@holds("(kind != 'instance') or implementation.exists()", "kind")
def cpb_14(v: Value, _: Any) -> bool:
    """An instance has an implementation (also tcp-3)."""
    return v["kind"] != "instance" or "implementation" in v


@holds("(kind != 'capability') or (implementation.exists().not() and software.exists())", "kind")
def cpb_15(v: Value, _: Any) -> bool:
    """A capability is of a software (also tcp-4)."""
    return v["kind"] != "capability" or ("implementation" not in v and "software" in v)


@holds("(kind!='requirements') or (implementation.exists().not() and software.exists().not())", "kind")
def cpb_16(v: Value, _: Any) -> bool:
    """Requirements are of nothing (also tcp-5)."""
    return v["kind"] != "requirements" or ("implementation" not in v and "software" not in v)


@holds("searchParam.select(name).isDistinct()", "searchParam")
def cpb_12(v: Value, _: Any) -> bool:
    """A search parameter comes once."""
    return distinct(v["searchParam"], "name")


@holds("resource.select(type).isDistinct()", "resource")
def cpb_9(v: Value, _: Any) -> bool:
    """A resource type comes once."""
    return distinct(v["resource"], "type")


@holds("type.exists() or part.exists()")
def opd_1(v: Value, _: Any) -> bool:
    """A parameter has a type or parts."""
    return there(v, "type") or "part" in v


@holds("searchType.exists() implies type = 'string'", "searchType")
def opd_2(v: Value, _: Any) -> bool:
    """A search parameter is a string."""
    return v.get("type") == "string"


@holds("targetProfile.exists() implies (type = 'Reference' or type = 'canonical')", "targetProfile")
def opd_3(v: Value, _: Any) -> bool:
    """Targets are for references."""
    return v.get("type") in ("Reference", "canonical")


@holds("xpath.empty() or xpathUsage.exists()", "xpath")
def spd_1(v: Value, _: Any) -> bool:
    """An XPath says how it is used."""
    return there(v, "xpathUsage")


@holds("chain.empty() or type = 'reference'", "chain")
def spd_2(v: Value, _: Any) -> bool:
    """Chains are for references."""
    return v.get("type") == "reference"


@holds(
    "(type='group' implies item.empty().not()) and "
    "(type.trace('type')='display' implies item.trace('item').empty())",
    "type",
)
def que_1(v: Value, _: Any) -> bool:
    """A group has items, a display has none."""
    return "item" in v if v["type"] == "group" else v["type"] != "display" or "item" not in v


@holds("descendants().linkId.isDistinct()", "item")
def que_2(v: Value, _: Any) -> bool:
    """A link id comes once."""
    found: list[Any] = []
    pending = list(v.values())
    while pending:
        one = pending.pop()
        if type(one) is dict:
            found += [one["linkId"]] if "linkId" in one else []
            pending += one.values()
        elif type(one) is list:
            pending += one
    return len(set(found)) == len(found)


@holds("type!='display' or code.empty()", "code", "type")
def que_3(v: Value, _: Any) -> bool:
    """A display has no code."""
    return bool(v["type"] != "display")


@holds("answerOption.empty() or answerValueSet.empty()", "answerOption")
def que_4(v: Value, _: Any) -> bool:
    """Options are listed or in a value set."""
    return not there(v, "answerValueSet")


@holds(
    "(type ='choice' or type = 'open-choice' or type = 'decimal' or type = 'integer' or type = 'date' or "
    "type = 'dateTime' or type = 'time' or type = 'string' or type = 'quantity') or "
    "(answerValueSet.empty() and answerOption.empty())",
    "type",
)
def que_5(v: Value, _: Any) -> bool:
    """Options are for questions that have them."""
    return v["type"] in OPTIONS or not (there(v, "answerValueSet") or "answerOption" in v)


@holds("type!='display' or (required.empty() and repeats.empty())", "type")
def que_6(v: Value, _: Any) -> bool:
    """A display is not required and does not repeat."""
    return v["type"] != "display" or not (there(v, "required") or there(v, "repeats"))


@holds("operator = 'exists' implies (answer is Boolean)", "operator")
def que_7(v: Value, _: Any) -> bool:
    """Whether something exists is answered by yes or no."""
    return v["operator"] != "exists" or there(v, "answerBoolean")


@holds("(type!='group' and type!='display') or initial.empty()", "type", "initial")
def que_8(v: Value, _: Any) -> bool:
    """Groups and displays have no values."""
    return v["type"] not in ("group", "display")


@holds("type!='display' or readOnly.empty()", "type")
def que_9(v: Value, _: Any) -> bool:
    """A display is not called read-only."""
    return v["type"] != "display" or not there(v, "readOnly")


@holds(
    "(type in ('boolean' | 'decimal' | 'integer' | 'string' | 'text' | 'url' | 'open-choice')) or "
    "maxLength.empty()",
    "maxLength",
)
def que_10(v: Value, _: Any) -> bool:
    """A length is for simple questions."""
    return v.get("type") in LENGTHS


@holds("answerOption.empty() or initial.empty()", "answerOption", "initial")
def que_11(v: Value, _: Any) -> bool:
    """With options, the initial one is marked among them."""
    return False


@holds("enableWhen.count() > 2 implies enableBehavior.exists()", "enableWhen")
def que_12(v: Value, _: Any) -> bool:
    """Many conditions say how they combine."""
    return len(v["enableWhen"]) <= 2 or there(v, "enableBehavior")


@holds("repeats=true or initial.count() <= 1", "initial")
def que_13(v: Value, _: Any) -> bool:
    """Only what repeats has many values."""
    return v.get("repeats") is True or len(v["initial"]) <= 1


@holds("(answer.exists() and item.exists()).not()", "answer", "item")
def qrs_1(v: Value, _: Any) -> bool:
    """Items below a question stand in its answer."""
    return False


@holds("resource.groupingId.all(%context.grouping.id contains $this)", "resource")
def ig_1(v: Value, _: Any) -> bool:
    """Resources are in groups that there are."""
    groups = {one.get("id") for one in v.get("grouping", ())}
    return all(one["groupingId"] in groups for one in v["resource"] if "groupingId" in one)


@holds(
    "(type = 'named-event' implies name.exists()) and (type = 'periodic' implies timing.exists()) and "
    "(type.startsWith('data-') implies data.exists())",
    "type",
)
def trd_3(v: Value, _: Any) -> bool:
    """A trigger has what its type needs."""
    kind = v["type"]
    if kind == "named-event":
        return there(v, "name")
    return typed(v, "timing") if kind == "periodic" else not kind.startswith("data-") or "data" in v
