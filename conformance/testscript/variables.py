"""Owns what ``${name}`` stands for at the moment when it is used (R4 TestScript.variable)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from conformance.testscript.content import Content
from conformance.testscript.fixtures import Fixtures
from conformance.testscript.looking import fhirpath, path
from conformance.testscript.operators import text
from conformance.testscript.placeholders import Generated, replaced
from conformance.testscript.script import Variable
from conformance.testscript.unusable import Unusable

_IN_ATTRIBUTES = {'"': "&quot;", "'": "&apos;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


class Variables:
    """The variables of one run.

    Args:
        given: values of the user's, which go before all others.
    """

    def __init__(
        self,
        declared: Mapping[str, Variable],
        given: Mapping[str, str],
        fixtures: Fixtures,
        generated: Generated,
    ) -> None:
        self._declared, self._given = declared, given
        self._fixtures, self._generated = fixtures, generated
        self._under_way: list[str] = []
        self.last = Content()
        """The latest answer: what a variable without ``sourceId`` looks at, as HL7's own example does."""

    def fill(self, written: str) -> str:
        """Return a text with its placeholders replaced. Raises ``Unusable``: one has no value."""
        return replaced(written, self.value)

    def content(self, id_: str) -> Content:
        """Return what an id stands for, a declared fixture with its placeholders replaced.

        Raises:
            Unusable: it stands for nothing, or a placeholder has no value.
        """
        found = self._fixtures.get(id_)
        if found is None:
            raise Unusable(f"没有固件或消息 {id_}", f"there is no fixture and no message {id_}")
        content, declared = found
        return self._filled(content) if declared and b"${" in content.body else content

    def value(self, name: str) -> str:
        """Return what a name stands for.

        Raises:
            Unusable: nothing, several values, or something that is no value.
        """
        if name in self._given:
            return self._given[name]
        if name in self._under_way:
            raise Unusable(f"变量 ${{{name}}} 引用自身", f"the variable ${{{name}}} refers to itself")
        self._under_way.append(name)
        try:
            return self._value(name)
        finally:
            self._under_way.pop()

    def _value(self, name: str) -> str:
        declared = self._declared.get(name)
        if declared is None:
            made = self._generated.value(name)
            if made is None:
                raise Unusable(f"没有变量 ${{{name}}}", f"there is no variable ${{{name}}}")
            return made
        found = self._looked_up(declared)
        if found is not None:
            return found
        if declared.default is None:
            raise Unusable(_hint(f"变量 ${{{name}}} 没有值", declared, "（{}）"), _hint(
                f"the variable ${{{name}}} has no value", declared, " ({})"))  # fmt: skip
        return self.fill(declared.default)

    def _looked_up(self, variable: Variable) -> str | None:
        if not (variable.header_field or variable.path or variable.expression):
            return None
        if variable.source_id and self._fixtures.get(variable.source_id) is None:
            return None
        content = self.content(variable.source_id) if variable.source_id else self.last
        if variable.header_field:
            return content.headers.get(variable.header_field.lower())
        found = path(content, self.fill(variable.path)) if variable.path else fhirpath(
            content.resource, self.fill(variable.expression))  # fmt: skip
        return _single(variable.name, found)

    def _filled(self, content: Content) -> Content:
        inside = _in_xml if content.format == "xml" else _in_json
        filled = replaced(content.body.decode("utf-8", "replace"), lambda name: inside(self.value(name)))
        return Content(filled.encode(), content.headers)


def _single(name: str, found: list[Any]) -> str | None:
    """R4: a variable that is no single primitive is an error of the script."""
    if not found:
        return None
    if len(found) > 1 or isinstance(found[0], dict | list):
        raise Unusable(
            f"变量 ${{{name}}} 不是单个值（共 {len(found)} 个）",
            f"the variable ${{{name}}} is no single value ({len(found)} found)",
        )
    return text(found[0])


def _hint(said: str, variable: Variable, form: str) -> str:
    return said + form.format(variable.hint) if variable.hint else said


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _in_xml(value: str) -> str:
    return escape(value, _IN_ATTRIBUTES)
