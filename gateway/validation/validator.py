"""Validator: everything that is wrong with a resource, at once, each with its place and rule.

One walk over the JSON, by functions compiled from the official definitions; see ``emit.py`` for how,
``rules.py`` for what is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.canonical import Issue, Severity
from gateway.validation.binding import Binding
from gateway.validation.codes import Codes
from gateway.validation.faults import EVERYTHING, Faults, Level, Rule, join
from gateway.validation.fhirpath import FHIRPath
from gateway.validation.plain_extension import is_plain
from gateway.validation.profiles import Profiles
from gateway.validation.r4 import Definitions
from gateway.validation.remembered import Remembered
from gateway.validation.rules import NOT_OBJECT
from gateway.validation.scope import Scope
from gateway.validation.terminology import Terminology
from gateway.validation.walker import Walker

TOO_DEEP = Rule("depth", "fatal", "too-long", "nest the resource less deeply", "资源嵌套过深")


class Validator:
    """Checks resources against R4 (4.0.1).

    Args:
        definitions: the artefacts; the official ones unless given.
        terminology: value sets and code systems; those of ``definitions`` unless given.
        unchanging: True where nobody changes a value that was checked, as with what the maps make: then an
            object that comes again is not looked at again.
        level: what anybody will ever ask for; what is milder is not looked for in the first place.
    """

    def __init__(
        self,
        definitions: Definitions | None = None,
        terminology: Terminology | None = None,
        unchanging: bool = False,
        level: Level = EVERYTHING,
    ) -> None:
        self.definitions = definitions or Definitions()
        self.terminology = terminology or Terminology(self.definitions)
        self._unchanging, self._level = unchanging, level
        self._compile()

    def _compile(self) -> None:
        self._known_codes = self.terminology.refresh()
        self.fhirpath = FHIRPath(self.definitions, self.terminology.members)
        self._plain = Remembered()
        codes = Codes(self.terminology.code_system, self._is_value_set)
        self._walker = Walker(
            self.definitions,
            self._binding,
            self.fhirpath.check,
            self._extension,
            self._conditional,
            self._claimed,
            codes,
            self._plain,
            self._unchanging,
            self._level,
        )
        self.profiles = Profiles(
            self.definitions,
            self._binding,
            self._walker.references,
            self.fhirpath.check,
        )

    def refresh(self) -> bool:
        """Begin anew where codes were imported since the last time, and return whether it was so.

        Nobody may be checking with this validator meanwhile.
        """
        if self.terminology.refresh() == self._known_codes:
            return False
        self._compile()
        return True

    def check(
        self,
        resource: Any,
        profiles: Sequence[str] = (),
        best_practice: bool = True,
        mildest: Severity = "information",
    ) -> list[Issue]:
        """Return every fault of a resource.

        Args:
            resource: parsed JSON; a number with a point is a ``Decimal`` (or a float).
            profiles: canonical URLs to check against, beside those in ``meta.profile``.
            best_practice: whether to name what the specification only recommends.
            mildest: severity below which nothing is named.
        """
        try:
            faults = self._faults(resource, profiles) if type(resource) is dict else [["", NOT_OBJECT]]
        except RecursionError:
            faults = [["", TOO_DEEP]]
        faults = Level(mildest, best_practice).named(faults) if faults else None
        if not faults:
            return []
        kind = resource.get("resourceType") if type(resource) is dict else None
        # What is no type may be any text.
        root = kind if type(kind) is str and self.definitions.is_resource(kind) else "Resource"
        return _issues(root, faults)

    def _faults(self, resource: dict[str, Any], profiles: Sequence[str]) -> Faults | None:
        scope = Scope(resource)
        faults = self._walker.runtime.resource(resource, scope)
        for profile in profiles:
            more = self.profiles.check(resource, profile, scope)
            faults = join(faults, more) if more else faults
        return faults

    def _conditional(self, url: str) -> bool:
        return "contextInvariant" in (self.definitions.get(url, "StructureDefinition") or ())

    def _extension(self, extension: Any, scope: Scope, path: str, around: Any) -> Faults | None:
        # The value is checked already: of a plain definition only its type and its place are left to ask.
        mark = (extension["url"], path, scope.root.get("resourceType"), *extension)
        if mark in self._plain:
            return None
        found = self.profiles.extension(extension, scope, path, around)
        found = self._level.named(found) if found else None
        if found is None and "contained" not in scope.root and is_plain(self.definitions, extension["url"]):
            self._plain.add(mark)
        return found

    def _claimed(self, resource: Any, scope: Scope) -> Faults:
        return self.profiles.claimed(resource, scope)

    def _is_value_set(self, url: str) -> bool:
        return (
            self.definitions.get(url, "ValueSet") is not None
            and self.definitions.get(url, "CodeSystem") is None
        )

    def _binding(self, strength: str, value_set: str) -> Binding | None:
        if strength == "example":
            return None
        return Binding(strength, value_set, self.terminology.members(value_set))


def _issues(root: str, faults: Faults) -> list[Issue]:
    seen: dict[tuple[str, Rule], Issue] = {}
    for place, rule in faults:
        if (place, rule) not in seen:
            where = f"{root}.{place}" if place else root
            seen[(place, rule)] = Issue(rule.severity, rule.code, where, rule.id, rule.text, rule.text_zh)
    return list(seen.values())
