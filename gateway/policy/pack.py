"""Pack files: reads the YAML of a jurisdiction; what is not as it should be is said with file and rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib.resources.abc import Traversable
from typing import Any, get_args

import yaml

from gateway.errors import Misconfigured
from gateway.policy.case import EVENTS, HOLDING, Value
from gateway.policy.condition import fits
from gateway.policy.decision import Code, Verdict
from gateway.policy.rule import Pack, Parameter, Rule
from gateway.policy.when import compiled

_PACK = {"jurisdiction": str, "title": str, "title-en": str, "document": str, "from": date, "rules": list}
_PACK_MAY = {"to": date, "note": str, "note-en": str, "parameters": dict, "anchors": dict}
_RULE = {
    "id": str,
    "requirement": (str, list),
    "article": str,
    "quote": str,
    "on": list,
    "when": (str, dict),
    "verdict": str,
    "zh": str,
    "en": str,
    "fires": list,
    "passes": list,
}
_RULE_MAY = {
    "document": str,
    "basis": str,
    "observed": bool,
    "from": date,
    "to": date,
    "code": str,
    "overrides": list,
}
_PARAMETER = {"value": (str, int, bool, list), "zh": str, "en": str}
_Keys = Mapping[str, Any]


class _Loader(yaml.CSafeLoader):
    """Refuses a key that stands twice in one mapping: the first one would be lost without a word.

    Only ``true`` and ``false`` are switches, as in YAML 1.2: ``on`` is a key of every rule.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - as in the class above it
        first: [one for one in rows if one[0] != "tag:yaml.org,2002:bool" or first in "tTfF"]
        for first, rows in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value if key.value != "<<"]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(file: Traversable) -> Any:
    """Return what a YAML file says.

    Raises:
        Misconfigured: it is no YAML, has a key twice, or cannot be read.
    """
    try:
        return yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file.name}:{mark.line + 1}" if mark else file.name
        told = getattr(error, "problem", None) or "it cannot be read"
        raise Misconfigured(f"the file is not as it should be: {told}", code="policy", where=place) from None


def read_pack(file: Traversable, given: Mapping[str, Value], below: Mapping[str, Value]) -> Pack:
    """Return the pack of a file, compiled.

    Args:
        file: ``<jurisdiction>.yaml``.
        given: parameters that replace those of the file.
        below: parameters of the packs below, which its rules may use too.

    Raises:
        Misconfigured: unknown or missing keys, functions, parameters or dates; duplicate ids; a rule without
            cases.
    """
    data = _mapping(read_yaml(file), _PACK, _PACK_MAY, file.name)
    if f"{data['jurisdiction']}.yaml" != file.name:
        raise _wrong("the jurisdiction is the name of the file", file.name)
    parameters = {name: _parameter(name, one, file.name) for name, one in data.get("parameters", {}).items()}
    values = {**below, **{name: one.value for name, one in parameters.items()}}
    for name, value in given.items():
        if name in parameters and type(value) is not type(parameters[name].value):
            raise _wrong("the parameter is of another kind", name)
    values |= {name: value for name, value in given.items() if name in values}
    rules = tuple(_rule(one, data, values, file.name) for one in data["rules"])
    ids = [one.id for one in rules]
    for one in ids:
        if ids.count(one) > 1:
            raise _wrong("the id stands twice", f"{file.name}: {one}")
    return Pack(
        data["jurisdiction"],
        data["title-en"],
        data["title"],
        data["from"],
        data.get("to"),
        data.get("note-en", ""),
        data.get("note", ""),
        parameters,
        rules,
    )


def _rule(data: object, pack: _Keys, values: Mapping[str, Value], file: str) -> Rule:
    where = f"{file}: {data.get('id', '?') if isinstance(data, dict) else '?'}"
    rule = _mapping(data, _RULE, _RULE_MAY, where)
    _check_rule(rule, where)
    document = rule.get("document", pack["document"])
    start: date = rule.get("from") or pack["from"]
    return Rule(
        id=rule["id"],
        requirements=_texts(rule["requirement"], where),
        article=f"{document}{rule['article']}",
        quote=rule["quote"],
        basis=rule.get("basis", ""),
        observed=rule.get("observed", False),
        start=start,
        end=rule.get("to", pack.get("to")),
        on=tuple(rule["on"]),
        when=rule["when"],
        verdict=rule["verdict"],
        code=rule.get("code", "business-rule"),
        text=_filled(rule["en"], values),
        text_zh=_filled(rule["zh"], values),
        overrides=_texts(rule.get("overrides", []), where),
        fires=tuple(rule["fires"]),
        passes=tuple(rule["passes"]),
        test=compiled(rule["when"], values, where),
    )


def _check_rule(rule: _Keys, where: str) -> None:
    for event in rule["on"]:
        if event not in EVENTS:
            raise _wrong(f"there is no event {event!r}", where)
    if rule["verdict"] not in get_args(Verdict)[1:]:
        raise _wrong("a verdict is flag, warn, hold or refuse", where)
    if rule.get("code", "business-rule") not in get_args(Code):
        raise _wrong(f"a code is one of {', '.join(get_args(Code))}", where)
    if rule["verdict"] == "hold" and not HOLDING.issuperset(rule["on"]):
        raise _wrong(f"hold is for {', '.join(HOLDING)}: of anything else nobody releases it", where)
    if rule.get("observed") and rule["verdict"] not in ("flag", "warn"):
        raise _wrong("what only platforms do, and no text says, may warn but not refuse", where)
    if not rule["on"] or not rule["fires"] or not rule["passes"]:
        raise _wrong("a rule needs an event, a case that it fires in and one that it passes", where)
    if not all(isinstance(one, dict) for one in [*rule["fires"], *rule["passes"]]):
        raise _wrong("a case is a mapping", where)
    if "to" in rule and "from" in rule and rule["to"] < rule["from"]:
        raise _wrong("it ends before it begins", where)


def _parameter(name: object, data: object, file: str) -> Parameter:
    where = f"{file}: parameters.{name}"
    one = _mapping(data, _PARAMETER, {}, where)
    value = tuple(one["value"]) if isinstance(one["value"], list) else one["value"]
    if isinstance(value, tuple) and not fits(value, "list of texts"):
        raise _wrong("a list has texts only", where)
    return Parameter(value, one["en"], one["zh"])


def _mapping(data: object, must: _Keys, may: _Keys, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _wrong("it must be a mapping", where)
    for key in data.keys() - must.keys() - may.keys():
        raise _wrong(f"there is no key {key!r}", where)
    for key in must.keys() - data.keys():
        raise _wrong(f"the key {key!r} is missing", where)
    for key, value in data.items():
        kind = must.get(key) or may[key]
        if not isinstance(value, kind) or (kind is str and not value.strip()):
            raise _wrong(f"{key!r} is of the wrong kind", where)
    return data


def _texts(value: object, where: str) -> tuple[str, ...]:
    found = tuple(value) if isinstance(value, list) else (value,)
    if not all(isinstance(one, str) for one in found):
        raise _wrong("a list has texts only", where)
    return found


def _filled(text: str, values: Mapping[str, Value]) -> str:
    for name, value in values.items():
        if f"{{{name}}}" in text:
            text = text.replace(f"{{{name}}}", ", ".join(value) if isinstance(value, tuple) else str(value))
    return text


def _wrong(reason: str, where: str) -> Misconfigured:
    return Misconfigured(reason, code="policy", where=where)
