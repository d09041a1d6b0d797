"""Reads the calls that ``target.yaml`` declares: its ``actions``, and its ``writes``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.harness.action import Action
from conformance.harness.target import Undeclared
from conformance.harness.target_keys import known
from conformance.harness.template import PATH, faults
from conformance.harness.writes import ANY, AS_FHIR, NOTHING, Way, Write

CALL = {"method", "path", "as", "headers", "body", "answer", "done", "refusal", "form", "xml"}
"""Keys of a call."""
_WRITE = CALL | {"when", "with"}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_TYPE = re.compile(r"[A-Z][A-Za-z]{2,40}").fullmatch
_TOLD = {"reference", "number"}


def action(name: str, said: Any) -> Action:
    """Return a call. Raises :class:`Undeclared`."""
    return call(f"actions.{name}", name, said, CALL)


def ways(said: Mapping[str, Any]) -> dict[str, Way]:
    """Return type → how it is written. Raises :class:`Undeclared`."""
    return {kind: _way(str(kind), one) for kind, one in said.items()}


def _way(kind: str, said: Any) -> Way:
    where = f"writes.{kind}"
    if kind != ANY and not _TYPE(kind):
        raise Undeclared(f"{where}：不是资源类型", f"{where}: not a resource type")
    if said in (AS_FHIR, NOTHING):
        return str(said)
    listed = said if isinstance(said, list) else [said]
    if kind == ANY or not listed or not all(isinstance(one, Mapping) for one in listed):
        raise Undeclared(
            f"{where}：须为 {AS_FHIR}、{NOTHING}，或一个至多个调用（`*` 只能为前两者）",
            f"{where}: {AS_FHIR}, {NOTHING}, or one call or more (of `*` one of the former two)",
        )
    names = [where] if len(listed) == 1 else [f"{where}[{at}]" for at in range(len(listed))]
    return tuple(_write(name, one) for name, one in zip(names, listed, strict=True))


def _write(where: str, said: Mapping[str, Any]) -> Write:
    made = call(where, where, said, _WRITE, "physician")
    when, along = _mapping(said, "when", where), said.get("with") or ()
    along = (along,) if isinstance(along, str) else tuple(along)
    if not all(isinstance(one, str) and _TYPE(one) for one in along):
        raise Undeclared(f"{where}.with：须为资源类型", f"{where}.with: resource types are needed")
    known(made.answer, _TOLD | set(along), f"{where}.answer")
    paths_of(f"{where}.when", when)
    wanted = {str(path): None if one is None else _text(one) for path, one in when.items()}
    return Write(made, wanted, along)


def call(where: str, name: str, said: Any, keys: set[str], identity: str = "operator") -> Action:
    """Return a call that has no other keys than these. Raises :class:`Undeclared`, which names the place."""
    if not isinstance(said, Mapping):
        raise Undeclared(
            f"{where}：须为键值对，含 `method:` 和 `path:`",
            f"{where}: a mapping is needed, with `method:` and `path:`",
        )
    known(said, keys, where)
    method = str(said.get("method") or "POST").upper()
    if method not in _METHODS:
        raise Undeclared(
            f"{where}.method：须为 {'、'.join(_METHODS)}", f"{where}.method: {', '.join(_METHODS)}"
        )
    path, headers = str(said.get("path") or ""), texts(said, "headers", where)
    for key, template in (("path", path), ("headers", dict(headers)), ("body", said.get("body"))):
        _fillable(f"{where}.{key}", template)
    answer, done = texts(said, "answer", where), texts(said, "done", where)
    refusal = str(said.get("refusal") or "")
    for key, paths in (
        ("answer", answer.values()),
        ("done", done),
        ("refusal", [refusal] if refusal else ()),
    ):
        paths_of(f"{where}.{key}", paths)
    identity = str(said.get("as") or identity)
    form, xml = _media(said, where, method)
    return Action(name, method, path, identity, headers, said.get("body"), answer, done, refusal, form, xml)


def _media(said: Mapping[str, Any], where: str, method: str) -> tuple[bool, Any]:
    """Return whether the body is a form, and what is sent as XML in its place."""
    form, xml, body = said.get("form", False), said.get("xml"), said.get("body")
    if not isinstance(form, bool) or (form and (not isinstance(body, Mapping) or method == "GET")):
        raise Undeclared(
            f"{where}.form：须为 true 或 false；为 true 时 body 须为键值对，且不是 GET（其参数写在 path 中）",
            f"{where}.form: true or false; where true, body is a mapping, and the method not GET (whose "
            "parameters stand in path)",
        )
    if xml is None:
        return form, None
    if not isinstance(xml, str | list) or not xml or body is not None or form:
        raise Undeclared(
            f"{where}.xml：须为文本，或文本与 $each、$of 的列表，不与 body、form 同用",
            f"{where}.xml: a text, or a list of texts, $each and $of; not beside body or form",
        )
    _fillable(f"{where}.xml", xml)
    return form, xml


def _fillable(where: str, template: Any) -> None:
    """See that a template can be filled. Raises :class:`Undeclared`."""
    bad = next(faults(template), None)
    if bad is not None:
        raise Undeclared(
            f"{where}：{bad} 不是可填写的位置，也不是文本键（no、yes、on 须加引号）",
            f"{where}: {bad} is nothing that can be filled, nor a name (quote no, yes, on)",
        )


def paths_of(where: str, paths: Iterable[str]) -> None:
    """See that paths are some. Raises :class:`Undeclared`."""
    bad = next(
        (one for path in paths for one in str(path).split("|") if not PATH.fullmatch(one.strip())), None
    )
    if bad is not None:
        raise Undeclared(f"{where}：{bad} 不是路径", f"{where}: {bad} is no path")


def _mapping(said: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    found = said.get(key) or {}
    if not isinstance(found, Mapping):
        raise Undeclared(f"{where}.{key}：须为键值对", f"{where}.{key}: a mapping is needed")
    return found


def texts(said: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
    """Return a mapping of texts that stands at a key. Raises :class:`Undeclared`."""
    return {str(one): _text(value) for one, value in _mapping(said, key, where).items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
