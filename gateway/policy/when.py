"""When: compiles the condition of a rule, once; ``all``, ``any`` and ``not`` join what the table has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.errors import Misconfigured
from gateway.policy.case import Value
from gateway.policy.condition import Found, Test, bind, conditions, fits
from gateway.policy.scene import Scene


def compiled(when: object, parameters: Mapping[str, Value], where: str) -> Test:
    """Return the function of a condition.

    Args:
        when: the name of a function, or a mapping of one name to its parameters; below ``all``, ``any`` and
            ``not`` there are conditions again.
        parameters: what ``$name`` means.
        where: file and rule, for errors.

    Raises:
        Misconfigured: an unknown function or parameter, one of another kind, or one missing.
    """
    if isinstance(when, str):
        when = {when: None}
    if not isinstance(when, dict) or len(when) != 1:
        raise Misconfigured("a condition is one name with its parameters", code="policy", where=where)
    (name, given), *_ = when.items()
    if name == "not":
        return _not(compiled(given, parameters, where))
    if name in ("all", "any"):
        if not isinstance(given, list) or not given:
            raise Misconfigured(f"{name!r} takes a list of conditions", code="policy", where=where)
        tests = [compiled(one, parameters, where) for one in given]
        return _all(tests) if name == "all" else _any(tests)
    return bind(name, _checked(name, given, parameters, where))


def _checked(name: str, given: Any, parameters: Mapping[str, Value], where: str) -> dict[str, Value]:
    known = conditions().get(name)
    if known is None:
        raise Misconfigured(f"there is no condition {name!r}", code="policy", where=where)
    if given is not None and not isinstance(given, dict):
        raise Misconfigured(f"the parameters of {name!r} are a mapping", code="policy", where=where)
    values: dict[str, Value] = {}
    for key, value in (given or {}).items():
        if key not in known.kinds:
            raise Misconfigured(f"{name!r} has no parameter {key!r}", code="policy", where=where)
        if isinstance(value, str) and value.startswith("$"):
            if value[1:] not in parameters:
                raise Misconfigured(f"the pack has no parameter {value[1:]!r}", code="policy", where=where)
            value = parameters[value[1:]]
        value = tuple(value) if isinstance(value, list) else value
        if not fits(value, known.kinds[key]):
            told = f"{key!r} of {name!r} must be a {known.kinds[key]}"
            raise Misconfigured(told, code="policy", where=where)
        values[key] = value
    for missing in sorted(known.needed - values.keys()):
        raise Misconfigured(f"{name!r} needs the parameter {missing!r}", code="policy", where=where)
    return values


def _not(test: Test) -> Test:
    def negated(scene: Scene) -> Found:
        return not test(scene)

    return negated


def _all(tests: Sequence[Test]) -> Test:
    def every(scene: Scene) -> Found:
        places: tuple[str, ...] = ()
        for test in tests:
            found = test(scene)
            if not found:
                return False
            if isinstance(found, tuple):
                places += found
        return places or True

    return every


def _any(tests: Sequence[Test]) -> Test:
    def either(scene: Scene) -> Found:
        return next((found for test in tests if (found := test(scene))), False)

    return either
