"""Reads TestScripts in JSON and XML; what is wrong in one action is that action's fault (R4 TestScript)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conformance.simulators.exact import Resource
from conformance.testscript import xml_reading
from conformance.testscript.action_reading import action, flag, number, text
from conformance.testscript.content import LARGEST, Content
from conformance.testscript.script import Capability, Fixture, Script, Test, Variable
from conformance.testscript.unusable import Unusable

MOST_ACTIONS = 10_000


def load(path: str | Path) -> Script:
    """Return the script in a file; ``Script.problem`` says why it cannot be run, where it cannot."""
    file = Path(path)
    try:
        return _script(file, _resource(_bytes(file)))
    except Unusable as fault:
        return Script(file, name=file.stem, problem=fault.words)


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as handle:
            found = handle.read(LARGEST + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Unusable(f"文件无法读取：{why}", f"the file cannot be read: {why}") from error
    if len(found) > LARGEST:
        raise Unusable("脚本超过 16 MiB", "the script is larger than 16 MiB")
    return found


def _resource(body: bytes) -> Resource:
    """What R4 does not know is kept here: the action that has it is at fault, not the whole script."""
    content = Content(body)
    found = xml_reading.resource(content.xml)[0] if content.format == "xml" else content.resource
    if found["resourceType"] != "TestScript":
        type_ = found["resourceType"]
        raise Unusable(f"资源是 {type_}，不是 TestScript", f"the resource is a {type_}, no TestScript")
    return found


def _script(file: Path, raw: Resource) -> Script:
    setup, teardown = (
        tuple(action(one) for one in objects(_object(raw, name), "action")) for name in ("setup", "teardown")
    )
    return _counted(
        Script(
            file, text(raw, "url"), text(raw, "version"), text(raw, "name") or file.stem, text(raw, "title"),
            _indexes(raw, "origin"), _indexes(raw, "destination"),
            tuple(_fixture(one) for one in objects(raw, "fixture")),
            {text(one, "id"): text(one, "reference") for one in objects(raw, "profile")},
            {one.name: one for one in (_variable(each) for each in objects(raw, "variable"))},
            {text(one, "id"): one for one in objects(raw, "contained")},
            setup, tuple(_test(one) for one in objects(raw, "test")), teardown, _required(raw),
        )
    )  # fmt: skip


def _counted(script: Script) -> Script:
    count = len(script.setup) + sum(len(one.actions) for one in script.tests)
    if count + len(script.teardown) > MOST_ACTIONS:
        raise Unusable(f"动作超过 {MOST_ACTIONS} 个", f"there are more than {MOST_ACTIONS} actions")
    if not count:
        raise Unusable("脚本没有任何准备或测试动作", "the script has neither setup actions nor tests")
    return script


def objects(raw: Resource, name: str) -> list[Resource]:
    """Return the objects of an array. Raises ``Unusable``: it is something else."""
    found = raw.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unusable(f"{name} 应为对象的数组", f"{name} is to be an array of objects")
    return found


def _object(raw: Resource, name: str) -> Resource:
    found: Any = raw.get(name, {})
    if not isinstance(found, dict):
        raise Unusable(f"{name} 应为对象", f"{name} is to be an object")
    return found


def _indexes(raw: Resource, name: str) -> tuple[int, ...]:
    return tuple(index for one in objects(raw, name) if (index := number(one, "index")) is not None)


def _test(raw: Resource) -> Test:
    name = text(raw, "name") or text(raw, "id")
    return Test(name, text(raw, "description"), tuple(action(one) for one in objects(raw, "action")))


def _fixture(raw: Resource) -> Fixture:
    reference = text(_object(raw, "resource"), "reference")
    return Fixture(text(raw, "id"), reference, flag(raw, "autocreate"), flag(raw, "autodelete"))


def _variable(raw: Resource) -> Variable:
    found = Variable(
        text(raw, "name"), text(raw, "defaultValue") if "defaultValue" in raw else None,
        text(raw, "headerField"), text(raw, "path"), text(raw, "expression"), text(raw, "sourceId"),
        text(raw, "hint"),
    )  # fmt: skip
    if not found.name:
        raise Unusable("有变量没有名称", "a variable has no name")
    if sum(map(bool, (found.header_field, found.path, found.expression))) > 1:
        raise Unusable(
            f"变量 {found.name} 同时给出 headerField、path、expression 中的多个（tst-3）",
            f"the variable {found.name} has more than one of headerField, path and expression (tst-3)",
        )
    return found


def _required(raw: Resource) -> tuple[Capability, ...]:
    capabilities = objects(_object(raw, "metadata"), "capability")
    return tuple(
        Capability(text(one, "capabilities"), number(one, "destination"))
        for one in capabilities
        if flag(one, "required")
    )
