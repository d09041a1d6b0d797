"""What a search asks of terminology: ``:in``, ``:not-in``, ``:below`` and ``:above`` (R4 §3.1.1.4.10)."""

from __future__ import annotations

from gateway.errors import Rejected
from gateway.validation.terminology.concepts import Concepts
from gateway.validation.terminology.expansion import Terminology
from gateway.validation.terminology.filters import above, below


class Searched:
    """Value sets and hierarchies as sets of codes."""

    def __init__(self, terminology: Terminology) -> None:
        self._terminology = terminology

    def expand(self, value_set: str) -> frozenset[tuple[str, str]]:
        """Return the (system, code) of a value set's members.

        Raises:
            Rejected: it is not known here (``value``), or its members cannot be named (``not-supported``).
        """
        members = self._terminology.members(value_set)
        if members is None:
            raise Rejected("this value set is not known here", code="value", where="url")
        with self._terminology.snapshot():
            if members.pairs is None:
                raise Rejected(
                    "the members of this value set cannot be named", code="not-supported", where="url"
                )
            return members.pairs

    def below(self, system: str, code: str) -> frozenset[str]:
        """Return a code with all that it subsumes.

        Raises:
            Rejected: the code or its system is not known here (``value``), or has no hierarchy
                (``not-supported``).
        """
        concepts, spelled = self._concept(system, code)
        with self._terminology.snapshot():
            return frozenset(below(concepts, spelled))

    def above(self, system: str, code: str) -> frozenset[str]:
        """Return a code with all that subsume it.

        Raises:
            Rejected: as :meth:`below`.
        """
        concepts, spelled = self._concept(system, code)
        with self._terminology.snapshot():
            return frozenset(above(concepts, spelled))

    def _concept(self, system: str, code: str) -> tuple[Concepts, str]:
        concepts = self._terminology.code_system(system)
        spelled = concepts.spelling(code) if concepts is not None else None
        if concepts is None or spelled is None:
            raise Rejected("this code is not known here", code="value", where="code")
        if concepts.count is None or not concepts.hierarchy:
            raise Rejected("the codes of this system do not subsume", code="not-supported", where="code")
        return concepts, spelled
