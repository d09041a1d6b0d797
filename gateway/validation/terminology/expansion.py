"""Terminology: code systems and value sets by canonical URL, with composes resolved (R4 §4.9.5)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from gateway.canonical.logical_id import is_id
from gateway.validation.r4 import Definitions
from gateway.validation.terminology.concepts import Concepts, Defined, Json
from gateway.validation.terminology.filters import Test, Unsupported, filtering, select
from gateway.validation.terminology.members import Answer, Clause, Listed, Members
from gateway.validation.terminology.shipped import shipped
from gateway.validation.terminology.systems import SYSTEMS


class Loaded(Protocol):
    """What a user has loaded; it goes before the official artefacts."""

    def code_system(self, url: str, version: str = "") -> Concepts | None:
        """Return a loaded code system, the newest where no version is asked for."""
        ...

    def artefact(self, url: str, kind: str, version: str = "") -> Json | None:
        """Return a loaded ValueSet, ConceptMap or CodeSystem without its concepts."""
        ...

    def artefacts(self, kind: str) -> list[str]:
        """Return the canonical URLs of all loaded artefacts of a resourceType."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all questions of this thread see the same state."""
        ...

    def generation(self) -> object:
        """Return something that changes whenever something is loaded."""
        ...


class Terminology:
    """What is known of codes here: the official definitions and what a user has loaded."""

    def __init__(self, definitions: Definitions, loaded: Loaded | None = None) -> None:
        """Read nothing yet; every code system and value set is read when somebody asks."""
        self._definitions = definitions
        self._loaded = loaded
        self._systems: dict[str, Concepts | None] = {}
        self._members: dict[str, Members | None] = {}
        self._generation = loaded.generation() if loaded else None

    def refresh(self) -> object:
        """Forget what was resolved where something was loaded since; return what changes whenever it is."""
        generation = self._loaded.generation() if self._loaded else None
        if generation != self._generation:
            self._generation = generation
            self._members = {}
        return generation

    def code_system(self, url: str) -> Concepts | None:
        """Return a code system by ``url`` or ``url|version``; None where nobody knows it."""
        bare, _, version = url.partition("|")
        loaded = self._loaded.code_system(bare, version) if self._loaded else None
        if loaded is not None:
            return loaded
        if url not in self._systems:
            self._systems[url] = self._read(url)
        return self._systems[url]

    def _read(self, url: str) -> Concepts | None:
        artefact = self._definitions.get(url, "CodeSystem")
        if artefact is not None:
            return Defined(artefact)
        bare = url.partition("|")[0]
        return SYSTEMS[bare]() if bare in SYSTEMS else None  # there is only one version of a grammar

    def value_set(self, canonical: str) -> Json | None:
        """Return a ValueSet resource by canonical URL."""
        return self._artefact(canonical, "ValueSet")

    def concept_map(self, canonical: str) -> Json | None:
        """Return a ConceptMap resource by canonical URL."""
        return self._artefact(canonical, "ConceptMap")

    def artefact(self, canonical: str, kind: str) -> Json | None:
        """Return a CodeSystem, ValueSet or ConceptMap; a loaded CodeSystem comes without its concepts."""
        return self._artefact(canonical, kind)

    def urls(self, kind: str) -> Iterator[str]:
        """Yield the canonical URLs of all artefacts of a resourceType, the loaded ones first."""
        loaded = dict.fromkeys(self._loaded.artefacts(kind) if self._loaded else ())
        yield from loaded
        yield from (url for url in self._definitions.urls(kind) if url not in loaded)

    def of_id(self, kind: str, id: str) -> str:
        """Return the canonical URL of the artefact that the API serves under an id, ``""`` for none."""
        loaded = self._loaded.artefacts(kind) if self._loaded else []
        official = self._definitions.of_id(kind, id)
        return next((url for url in loaded if self.id_of(kind, url) == id), official)

    def id_of(self, kind: str, url: str) -> str:
        """Return the id under which the API serves an artefact: its own, or one made of its URL."""
        artefact = self._artefact(url, kind) or {}
        own = artefact.get("id")
        return own if isinstance(own, str) and is_id(own) else uuid.uuid5(uuid.NAMESPACE_URL, url).hex

    def _artefact(self, canonical: str, kind: str) -> Json | None:
        url, _, version = canonical.partition("|")
        found = self._loaded.artefact(url, kind, version) if self._loaded else None
        return found or self._definitions.get(canonical, kind) or shipped(url, kind)

    def members(self, value_set: str) -> Members | None:
        """Return the members of a value set by canonical URL; None where nobody defines it."""
        cache = self._members  # another thread may refresh
        if value_set not in cache:
            with self.snapshot():
                cache[value_set] = self._named(value_set, ())
        return cache[value_set]

    def compose(self, artefact: Json) -> Members:
        """Return the members of a ValueSet that stands nowhere."""
        with self.snapshot():
            return self._resolve(artefact, (artefact.get("url", ""),))

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all that this thread asks see the same state, whatever is imported meanwhile."""
        return self._loaded.snapshot() if self._loaded else nullcontext()

    def _named(self, canonical: str, path: tuple[str, ...]) -> Members | None:
        artefact = self.value_set(canonical)
        if artefact is None:
            return None
        return self._resolve(artefact, (*path, artefact["url"]))

    def _resolve(self, artefact: Json, path: tuple[str, ...]) -> Members:
        url = artefact.get("url", "")
        compose = artefact.get("compose")
        if compose is None:
            return Members(url, _expanded(artefact.get("expansion", {})))
        active = compose.get("inactive") is False
        includes = [self._clause(one, path, active) for one in compose.get("include", ())]
        return Members(url, includes, [self._clause(one, path) for one in compose.get("exclude", ())])

    def _clause(self, include: Json, path: tuple[str, ...], active: bool = False) -> Clause:
        imports, problem = [], ""
        for canonical in include.get("valueSet", ()):
            found = None
            if canonical.partition("|")[0] in path:
                problem = f"{canonical} contains itself"
            else:
                found = self._imported(canonical, path)
                problem = problem or ("" if found else f"{canonical} is not known here")
            if found is not None:
                imports.append(found)
        if problem:
            return Clause(include.get("system", ""), _unknown, None, problem=problem)
        if "system" not in include:
            return Clause("", _anything, None, imports=tuple(imports))
        return self._selected(include, tuple(imports), active)

    def _imported(self, canonical: str, path: tuple[str, ...]) -> Members | None:
        known = self._members.get(canonical)
        return known if known is not None else self._named(canonical, path)

    def _selected(self, include: Json, imports: tuple[Members, ...], active: bool) -> Clause:
        system = include["system"]
        version = include.get("version", "")
        concepts = self.code_system(f"{system}|{version}" if version else system)
        if "concept" in include:
            said = {one["code"]: one for one in include["concept"]}
            listed = Listed((code for code in said if not active or not _inactive(concepts, code)), concepts)
            return Clause(system, listed, listed.each, concepts, imports, said)
        if concepts is None:
            return Clause(system, _unknown, None, None, imports, problem=f"{system} is not known here")
        if "filter" not in include and not active:
            every = concepts.each if concepts.complete and concepts.count is not None else None
            problem = "" if every else _endless(concepts)
            return Clause(system, concepts.has, every, concepts, imports, problem=problem)
        return self._filtered(include, concepts, imports, active)

    def _filtered(
        self, include: Json, concepts: Concepts, imports: tuple[Members, ...], active: bool
    ) -> Clause:
        system = include["system"]
        try:
            if concepts.count is None:
                tests = filtering(concepts, include.get("filter", []))
                problem = _endless(concepts)
                return Clause(system, _Matching(concepts, tests), None, concepts, imports, problem=problem)
            codes = select(concepts, include.get("filter", []))
        except Unsupported as error:
            return Clause(system, _unknown, None, concepts, imports, problem=f"{system}: {error}")
        if active:
            codes = tuple(code for code in codes if not _inactive(concepts, code))
        if concepts.complete:
            listed = Listed(codes, concepts)
            return Clause(system, listed, listed.each, concepts, imports)
        problem = _endless(concepts)
        return Clause(system, Listed(codes, concepts, others=None), None, concepts, imports, problem=problem)


def _endless(concepts: Concepts) -> str:
    if concepts.count is None:
        return f"the codes of {concepts.url} cannot be counted"
    return f"not all of {concepts.url} is known here"


def _unknown(_code: str) -> Answer:
    return None


def _anything(_code: str) -> Answer:
    return True


class _Matching:
    """Whether a code that cannot be listed fits the filters."""

    __slots__ = ("_concepts", "_tests")

    def __init__(self, concepts: Concepts, tests: list[Test]) -> None:
        self._concepts = concepts
        self._tests = tests

    def __call__(self, code: str) -> Answer:
        concept = self._concepts.concept(code)
        return self._concepts.has(code) if concept is None else all(test(concept) for test in self._tests)


def _inactive(concepts: Concepts | None, code: str) -> bool:
    concept = concepts.concept(code) if concepts else None
    return concept is not None and concept.inactive


def _expanded(expansion: Json) -> Iterator[Clause]:
    """Yield clauses of a value set that has nothing but an expansion."""
    by_system: dict[str, dict[str, Json]] = {}
    waiting = list(expansion.get("contains", ()))[::-1]
    count = 0
    while waiting:
        one = waiting.pop()
        count += 1
        if "system" in one and "code" in one and not one.get("abstract"):
            by_system.setdefault(one["system"], {})[one["code"]] = one
        waiting.extend(list(one.get("contains", ()))[::-1])
    whole = bool(count) and expansion.get("total", count) <= count
    for system, said in by_system.items():
        listed = Listed(said, None, others=False if whole else None)
        problem = "" if whole else "only a part of its expansion is known here"
        yield Clause(system, listed, listed.each if whole else None, said=said, problem=problem)
    if not by_system:
        yield Clause("", _unknown, None, problem="it says nothing of its codes")
