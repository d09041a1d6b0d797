"""Templates: what a target wants to be sent, with places that are filled from what a check gives.

``{path}`` is replaced by what stands there (:mod:`~conformance.harness.paths`); where the whole text is one
path, by the value itself (a resource, a list). An element whose value is not given is left out.

==============================================  ==============================================================
``{x.number}``                                  the target's own number of what ``x`` refers to
``{$of: "{gender}", $codes: {male: "1"}}``      the target's own code of a value; another value stays as it is
``{$each: path, $item: template}``              in a list: an element for each value at a path, filled from it
==============================================  ==============================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.harness.paths import each, pick

Numbered = Callable[[str], str]
"""Reference → the target's own number of it."""
_FILTERS = r"(?:\[[^\[\]{}]*\])"
_NAME = rf"[A-Za-z_$][\w$*-]*{_FILTERS}*"
PATH = re.compile(rf"(?:{_FILTERS}+|{_NAME})(?:\.{_NAME})*")
PLACE = re.compile(r"\{([^{}]+)\}")
_NUMBER = ".number"
_OF, _CODES, EACH, ITEM = "$of", "$codes", "$each", "$item"
ABSENT: Any = object()
"""What stands where nothing was given."""


class Several(list[Any]):
    """Elements that take the place of one in a list of a template."""


def last_part(reference: str) -> str:
    """Return the id of a reference: what a target that has no other number for it calls it."""
    return reference.rpartition("/")[2]


def filled(template: Any, given: Mapping[str, Any], numbered: Numbered = last_part) -> Any:
    """Return a template with its places filled; :data:`ABSENT` where nothing of it was given."""
    if isinstance(template, str):
        return _text(template, given, numbered)
    if isinstance(template, Mapping):
        return _mapping(template, given, numbered)
    if isinstance(template, list):
        return [one for part in template for one in _elements(part, given, numbered)]
    return template


def value(path: str, given: Mapping[str, Any], numbered: Numbered = last_part) -> Any:
    """Return what a place of a template stands for, None where it is not given."""
    found = given[path] if path in given else pick(given, path)
    if found is not None or not path.endswith(_NUMBER):
        return found
    found = pick(given, path.removesuffix(_NUMBER))
    reference = found.get("reference") if isinstance(found, Mapping) else found
    return numbered(reference) if isinstance(reference, str) else None


def places(template: Any) -> Iterator[str]:
    """Return the paths that a template names; those of an ``$item`` below that of its ``$each``."""
    if isinstance(template, str):
        yield from (one.strip() for found in PLACE.findall(template) for one in found.split("|"))
    elif isinstance(template, Mapping) and EACH in template:
        yield str(template[EACH])
        yield from (f"{template[EACH]}.{one}" for one in places(template.get(ITEM)))
    elif isinstance(template, Mapping):
        yield from (one for part in template.values() for one in places(part))
    elif isinstance(template, list):
        yield from (one for part in template for one in places(part))


def faults(template: Any) -> Iterator[str]:
    """Return what of a template nobody could fill: a path that is none, an ``$each`` without ``$item``.

    A name that is no text too: YAML takes ``no:``, ``yes:`` and ``on:`` for truth values, unless quoted.
    """
    yield from (f"{{{one}}}" for one in places(template) if not PATH.fullmatch(one))
    if isinstance(template, Mapping):
        yield from (str(one) for one in template if not isinstance(one, str))
        said = {one for one in template if str(one).startswith("$")}
        if said and said not in ({_OF, _CODES}, {EACH, ITEM}):
            yield ", ".join(sorted(map(str, said)))
        parts = [one for name, one in template.items() if name != _CODES]
    else:
        parts = template if isinstance(template, list) else []
    yield from (one for part in parts if not isinstance(part, str) for one in faults(part))


def _mapping(template: Mapping[str, Any], given: Mapping[str, Any], numbered: Numbered) -> Any:
    if _OF in template:
        found = filled(template[_OF], given, numbered)
        return template[_CODES].get(found, found) if isinstance(found, str) else found
    members = {name: filled(one, given, numbered) for name, one in template.items()}
    kept = {name: one for name, one in members.items() if one is not ABSENT}
    literal = not any(next(places(template[name]), None) for name in kept)
    # {name: reason, valueString: "{reason}"}: a name without its value says nothing
    return ABSENT if len(kept) < len(members) <= 2 and literal else kept


def _elements(part: Any, given: Mapping[str, Any], numbered: Numbered) -> list[Any]:
    if isinstance(part, Mapping) and EACH in part:
        found = [filled(part[ITEM], one, numbered)
                 for one in each(given, part[EACH]) if isinstance(one, Mapping)]  # fmt: skip
        return [one for one in found if one is not ABSENT]
    one = filled(part, given, numbered)
    return list(one) if isinstance(one, Several) else [] if one is ABSENT else [one]


def _text(template: str, given: Mapping[str, Any], numbered: Numbered) -> Any:
    whole = PLACE.fullmatch(template)
    if whole:
        found = value(whole[1], given, numbered)
        return ABSENT if found is None else found
    named = {place: value(place, given, numbered) for place in PLACE.findall(template)}
    if any(found is None for found in named.values()):
        return ABSENT
    return PLACE.sub(lambda found: str(named[found[1]]), template)
