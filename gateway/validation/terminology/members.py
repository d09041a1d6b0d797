"""Members: which codes belong to a value set, in three answers: yes, no, cannot be checked (R4 §4.9.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from gateway.validation.terminology.concepts import Concept, Concepts, Json, designations

FEW = 12
"""Codes that a message can name."""
MOST = 50_000
"""Codes that are kept in memory at once; a larger value set is asked code by code."""

Answer = bool | None


def any_of(answers: Iterable[Answer]) -> Answer:
    """Return True where one is, None where one is not known, else False."""
    open_ = False
    for answer in answers:
        if answer:
            return True
        open_ = open_ or answer is None
    return None if open_ else False


def all_of(answers: Iterable[Answer]) -> Answer:
    """Return False where one is, None where one is not known, else True."""
    open_ = False
    for answer in answers:
        if answer is False:
            return False
        open_ = open_ or answer is None
    return None if open_ else True


class Endless(Exception):
    """The codes cannot all be named; the text says why."""


class Listed:
    """Whether a code stands in a list, spelled as its system allows."""

    __slots__ = ("codes", "concepts", "order", "others")

    def __init__(self, codes: Iterable[str], concepts: Concepts | None, others: Answer = False) -> None:
        """Take the codes; ``others`` is said of all others of which the system knows nothing."""
        self.order = tuple(codes)
        self.codes = frozenset(self.order)
        self.concepts = concepts
        self.others = others

    def __call__(self, code: str) -> Answer:
        """Return the answer for one code."""
        if code in self.codes:
            return True
        if self.concepts is not None and self.concepts.spelling(code) in self.codes:
            return True
        if self.others is None and self.concepts is not None and self.concepts.has(code):
            return False  # it is known, and was not selected
        return self.others

    def each(self) -> Iterator[Concept]:
        """Yield the concepts in their order, without a display where the system is not known."""
        for code in self.order:
            found = self.concepts.concept(code) if self.concepts else None
            yield found if found is not None and found.code == code else Concept(code)


@dataclass(slots=True, frozen=True)
class Clause:
    """One include or exclude of a compose.

    Attributes:
        system: of its codes, ``""`` where it only imports value sets.
        test: whether a code of ``system`` is selected, before the imports.
        every: yields all that ``test`` selects, in their order; None where they cannot be named.
        concepts: of the system, None where it is not known here.
        imports: value sets that must contain a code too.
        said: what the value set itself says of a code (display, designation), where it lists codes.
        problem: why it cannot be checked or named, ``""`` where it can.
    """

    system: str
    test: Callable[[str], Answer]
    every: Callable[[], Iterable[Concept]] | None
    concepts: Concepts | None = None
    imports: tuple[Members, ...] = ()
    said: Mapping[str, Json] = field(default_factory=dict)
    problem: str = ""

    def contains(self, system: str, code: str, abstract: bool = False) -> Answer:
        """Return whether a code is selected and in all that is imported.

        Args:
            abstract: whether a code that only groups others counts; one that is listed by name always does.
        """
        if self.system and system != self.system:
            return False
        own = self.test(code)
        if own and not abstract and self.concepts and not self.said and self.concepts.abstract(code):
            return False
        if own is False or not self.imports:
            return own
        return all_of([own, *(one.contains(system, code, abstract) for one in self.imports)])

    @property
    def closed(self) -> bool:
        """Whether it is known which systems its codes can be of."""
        return bool(self.system) or (not self.problem and all(one.closed for one in self.imports))

    def each(self) -> Iterator[tuple[str, Concept]]:
        """Yield (system, concept) of all that is selected, under the names that the value set gives.

        Raises:
            Endless: they cannot be named.
        """
        for system, concept in self._candidates():
            answer = all_of(one.contains(system, concept.code) for one in self.imports)
            if answer is None:
                raise Endless(f"{system} is not known here")
            if answer and (self.said or not concept.abstract):
                yield system, self._named(concept)

    def _candidates(self) -> Iterator[tuple[str, Concept]]:
        if self.problem:
            raise Endless(self.problem)
        if self.every is not None:
            yield from ((self.system, concept) for concept in self.every())
            return
        source = next((one for one in self.imports if one.pairs is not None), None)
        if source is None:
            raise Endless(next((one.problem for one in self.imports), f"{self.system} has no end"))
        yield from (pair for pair in source.each() if self.contains(pair[0], pair[1].code))

    def _named(self, concept: Concept) -> Concept:
        said = self.said.get(concept.code)
        if not said or not ("display" in said or "designation" in said):
            return concept
        names = (*designations(said.get("designation", ())), *concept.designations)
        return replace(concept, display=said.get("display") or concept.display, designations=names)


class Members:
    """The members of a value set."""

    def __init__(self, url: str, includes: Iterable[Clause], excludes: Iterable[Clause] = ()) -> None:
        """Take the clauses of a compose, whose imports are resolved."""
        self.url = url
        self.includes = tuple(includes)
        self.excludes = tuple(excludes)

    def contains(self, system: str, code: str, abstract: bool = False) -> Answer:
        """Return whether the code is a member; None: that cannot be checked here.

        Args:
            abstract: whether a code counts that only groups others; as a value it does not.
        """
        inside = any_of(one.contains(system, code, abstract) for one in self.includes)
        if inside is False or not self.excludes:
            return inside
        out = any_of(one.contains(system, code, True) for one in self.excludes)
        return all_of((inside, None if out is None else not out))

    def displays(self, system: str, code: str) -> tuple[str, ...]:
        """Return the names of a member: those that the value set gives first, then those of its system."""
        names: dict[str, None] = {}
        for clause in self.includes:
            if not clause.contains(system, code, True):
                continue
            said = clause.said.get(code, {})
            names |= dict.fromkeys([said["display"]] if said.get("display") else [])
            names |= dict.fromkeys(one.value for one in designations(said.get("designation", ())))
            names |= dict.fromkeys(clause.concepts.displays(code) if clause.concepts else ())
            names |= dict.fromkeys(name for one in clause.imports for name in one.displays(system, code))
        return tuple(names)

    def has_code(self, code: str) -> Answer:
        """Return whether a code is a member in any of the systems (for elements that have none)."""
        known = any_of(self.contains(system, code) for system in self.systems)
        return known if known or self.closed else None

    @cached_property
    def closed(self) -> bool:
        """Whether :attr:`systems` are all there can be: an import that nobody knows may have others."""
        return all(one.closed for one in self.includes)

    @cached_property
    def systems(self) -> tuple[str, ...]:
        """The systems of which there can be members."""
        found: dict[str, None] = {}
        for clause in self.includes:
            if clause.system:
                found[clause.system] = None
            else:
                found.update(dict.fromkeys(system for one in clause.imports for system in one.systems))
        return tuple(found)

    def each(self) -> Iterator[tuple[str, Concept]]:
        """Yield (system, concept) of every member once, in the order of the compose, without abstract ones.

        Raises:
            Endless: they cannot all be named.
        """
        seen: set[tuple[str, str]] = set()
        for clause in self.includes:
            for system, concept in clause.each():
                pair = (system, concept.code)
                if pair not in seen and not self._excluded(*pair):
                    seen.add(pair)
                    yield system, concept

    def _excluded(self, system: str, code: str) -> bool:
        out = any_of(one.contains(system, code, True) for one in self.excludes)
        if out is None:
            raise Endless(f"{system} is not known here")
        return out

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]] | None:
        """(system, code) of all members; None where they cannot be named, or are too many to keep."""
        found = set()
        try:
            for system, concept in self.each():
                found.add((system, concept.code))
                if len(found) > MOST:
                    return None
        except Endless:
            return None
        return frozenset(found)

    @cached_property
    def problem(self) -> str:
        """Why not all members can be named, ``""`` where they can."""
        try:
            for _ in self.each():
                pass
        except Endless as error:
            return str(error)
        return ""

    @property
    def complete(self) -> bool:
        """Whether :attr:`codes` has every member; :meth:`contains` then never answers None."""
        return self.pairs is not None

    @cached_property
    def codes(self) -> frozenset[str] | None:
        """The codes of all members, whatever their systems; None where they are not complete.

        A code system may leave case open: only :meth:`has_code` and :meth:`contains` accept other cases.
        """
        return None if self.pairs is None else frozenset(code for _, code in self.pairs)

    @cached_property
    def few(self) -> tuple[str, ...]:
        """The codes in the order of the compose where they are at most twelve, else none."""
        if self.codes is None or len(self.codes) > FEW:
            return ()
        return tuple(dict.fromkeys(concept.code for _, concept in self.each()))
