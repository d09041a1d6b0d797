"""Tells JSONPath from XPath: R4's ``path`` may be either, whatever the format of what is looked at."""

from __future__ import annotations

from typing import Any

from conformance.testscript.content import Content
from conformance.testscript.looking.by_jsonpath import jsonpath
from conformance.testscript.looking.by_xpath import xpath
from conformance.testscript.unusable import Unusable

LONGEST = 4096


def path(content: Content, expression: str) -> list[Any]:
    """Return what a path finds: values, and objects of what is no value.

    Raises:
        Unusable: the path is none, or the content cannot be read.
    """
    if len(expression) > LONGEST:
        raise Unusable("路径过长", "the path is too long")
    expression = expression.strip()
    if expression.startswith(("$", ".")) and not expression.startswith("./"):
        return jsonpath(content.json, expression)
    return xpath(content.xml, expression)
