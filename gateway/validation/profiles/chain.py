"""Chains: a profile and the profiles that it is based on, as one tree (R4 §5.1.0.1)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

from gateway.validation.faults import Rule
from gateway.validation.fhirpath.model import Model
from gateway.validation.profiles import rules
from gateway.validation.profiles.overlay import Node, lay
from gateway.validation.r4 import Definitions, Json


@dataclass(slots=True)
class Tree:
    """A profile with all that it is based on.

    Attributes:
        root: what it asks.
        structure: its StructureDefinition.
        doubts: what could not be taken into account, and is reported with every check.
    """

    root: Node
    structure: Json
    doubts: tuple[Rule, ...] = ()


class Chain:
    """The trees of profiles, made when they are first asked for.

    Args:
        definitions: where StructureDefinitions are found.
        model: the types of R4.
    """

    def __init__(self, definitions: Definitions, model: Model) -> None:
        self._definitions = definitions
        self._model = model
        self._trees: dict[str, Tree] = {}

    def structure(self, profile: str) -> Json | None:
        """Return the StructureDefinition of a canonical URL, None where nobody defines it."""
        return self._definitions.get(profile, "StructureDefinition")

    def type_of(self, profile: str) -> str:
        """Return the type that a profile, or a plain type's URL, is about."""
        structure = self.structure(profile)
        if structure is not None and isinstance(structure.get("type"), str):
            return str(structure["type"])
        return profile.partition("|")[0].rpartition("/")[2]

    def tree(self, profile: str) -> Tree | None:
        """Return the tree of a profile, None where nobody defines it or it is a plain type."""
        structure = self.structure(profile)
        if structure is None or structure.get("derivation") != "constraint":
            return None
        url = structure["url"]
        known = self._trees.get(url)
        if known is None or known.structure is not structure:
            known = self._trees[url] = self._made(structure, ())
        return known

    def _made(self, structure: Json, above: tuple[str, ...]) -> Tree:
        url, base_url = structure["url"], structure.get("baseDefinition", "")
        base = self.structure(base_url)
        view = (structure.get("differential") or structure.get("snapshot") or {}).get("element", [])
        doubts: tuple[Rule, ...] = ()
        root = Node(structure.get("type", ""), structure.get("type", ""))
        if base is None:
            view = structure.get("snapshot", {}).get("element", view)
            doubts = () if "snapshot" in structure else (rules.unknown(base_url),)
        elif base_url.partition("|")[0] in (*above, url):
            doubts = (rules.circular(url),)
        elif base.get("derivation") == "constraint":
            below = self._made(base, (*above, url))
            root, doubts = deepcopy(below.root), below.doubts
        try:
            lay(view, root, self._model)
        except ValueError as error:
            doubts = (*doubts, rules.malformed(url, str(error)))
        return Tree(root, structure, doubts)
