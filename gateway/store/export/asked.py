"""Asked: the parameters of a bulk export, as they stand in its job (Bulk Data Access 2.0, kick-off)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from gateway.store.types import TYPES

Level = Literal["system", "patient", "group"]
Kind = Literal["output", "deleted"]
Pairs = tuple[tuple[str, str], ...]
Part = tuple[Kind, str]
"""What is looked for in one pass over a type: its resources, or its deletions."""

NOT_STORED = frozenset({"StructureDefinition", "CodeSystem", "ValueSet", "ConceptMap", "Parameters"})
"""Types that a client never writes: what is served of them is the program's own."""


@dataclass(slots=True, frozen=True)
class Asked:
    """One kick-off request, checked.

    Attributes:
        level: all resources, those of all patients, or those of the members of a Group.
        url: of the request, for the manifest.
        base: the server's own base URL, which its files have, too.
        types: resource types that are wanted, in their order; none is left out.
        filters: ``_typeFilter``: (type, search parameters); a resource must meet one of those of its type.
        elements: ``_elements``: ``"Type.element"`` or ``"element"``; none: whole resources.
        group: id of the Group.
        patients: ids of the only patients that are wanted; none: all.
        since_us: only what changed later than this, microseconds.
        until_us: the state of things at this time instead of now, microseconds.
        remarks: what was asked for and is ignored, for the manifest's ``error``.
        closed: types of which the client may know nothing; no filter asks about their resources.
        supervised: only what belongs to the supervised business (``gateway/store/supervised_business.py``).
    """

    level: Level
    url: str
    base: str
    types: tuple[str, ...]
    filters: tuple[tuple[str, Pairs], ...] = ()
    elements: tuple[str, ...] = ()
    group: str = ""
    patients: tuple[str, ...] = ()
    since_us: int | None = None
    until_us: int | None = None
    remarks: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    supervised: bool = False

    @property
    def parts(self) -> list[Part]:
        """The passes in the order in which they are made."""
        output: list[Part] = [("output", type_) for type_ in self.types]
        deleted: list[Part] = [("deleted", type_) for type_ in self.types]
        return output + (deleted if self.since_us is not None else [])

    def filters_of(self, type_: str) -> list[Pairs]:
        """Return the searches of a type of which a resource must meet one; none: it need not."""
        return [pairs for filtered, pairs in self.filters if filtered == type_]

    def takes_all(self, part: Part) -> bool:
        """Tell whether a pass takes everything of its type that the snapshot sees."""
        kind, type_ = part
        whole = self.level == "system" and not self.supervised
        return kind == "output" and whole and not self.filters_of(type_)

    def to_json(self) -> str:
        """Return what :meth:`of_json` reads."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of_json(cls, text: str) -> Asked:
        """Return what :meth:`to_json` wrote."""
        told = json.loads(text)
        filters = tuple((type_, tuple((n, v) for n, v in pairs)) for type_, pairs in told.pop("filters"))
        lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
        return cls(**{**told, **lists, "filters": filters})


STORED = tuple(name for name in TYPES if name not in NOT_STORED)
"""Types of which there may be resources in the store."""
