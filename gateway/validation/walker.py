"""Walker: compiles the check of each type when it is first met, and keeps it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import RLock
from typing import Any

from gateway.validation import primitives, runtime
from gateway.validation.binding import Binding
from gateway.validation.bundles import Bundles
from gateway.validation.codes import Codes
from gateway.validation.emit import REMEMBERED, title
from gateway.validation.emit_straight import StraightEmitter
from gateway.validation.faults import Faults, Level, join, note, under
from gateway.validation.narrative import narrative
from gateway.validation.primitives import CHECKS
from gateway.validation.r4 import Definitions
from gateway.validation.references import References
from gateway.validation.remembered import Remembered, Shared, coding_key, concept_key
from gateway.validation.rules import EMPTY, IS_LIST, NOT_LIST, NOT_OBJECT, NULL, SPACED, URN
from gateway.validation.runtime import Check, Runtime
from gateway.validation.scope import Scope
from gateway.validation.shapes import Constraint, shape
from gateway.validation.straight import Straights


class Walker:
    """The compiled checks of all types, made one by one.

    Args:
        definitions: the artefacts.
        bind: makes the check of a binding.
        fhirpath: makes the check of an invariant in FHIRPath.
        defined: further checks of an extension (see :class:`Runtime`).
        conditional: whether an extension asks something of the element that it stands in.
        claimed: checks against the profiles that a resource names.
        codes: checks of codings against their own code system.
        plain: marks of extensions of which only the value is left to check (see :class:`Runtime`).
        unchanging: whether an object that comes again needs no second look.
        level: what is worth naming.
    """

    def __init__(
        self,
        definitions: Definitions,
        bind: Callable[[str, str], Binding | None],
        fhirpath: Callable[[Constraint, str], Any],
        defined: Callable[[Any, Scope, str, Any], Faults | None],
        conditional: Callable[[str], bool],
        claimed: Callable[[Any, Scope], Faults],
        codes: Codes,
        plain: Remembered,
        unchanging: bool,
        level: Level,
    ) -> None:
        self._definitions = definitions
        self._bind = bind
        self._fhirpath = fhirpath
        types = frozenset(definitions.resource_types())
        self.references = References(types)
        self._level = level
        self.runtime = Runtime(
            self.find, types.__contains__, self.references, defined, conditional, claimed, plain
        )
        self._made: dict[str, Check] = {}
        self._making = RLock()
        self._space = self._names(types, codes, unchanging)

    def find(self, name: str) -> Check:
        """Return the check of a type, compiled now if nobody asked before.

        Raises:
            KeyError: R4 has no such type.
        """
        made = self._made.get(name)
        return made if made is not None else self._make(name)

    def source(self, name: str) -> str:
        """Return the text that :meth:`find` compiles, for those who want to read it."""
        return self._emitter(name).source()

    def _names(self, types: frozenset[str], codes: Codes, unchanging: bool) -> dict[str, Any]:
        """Return what the compiled checks call and compare with, by the names that they have for it."""
        space: dict[str, Any] = {
            "EMPTY": EMPTY,
            "IS_LIST": IS_LIST,
            "LONGEST": primitives.LONGEST,
            "NOT_LIST": NOT_LIST,
            "NULL": NULL,
            "NOT_OBJECT": NOT_OBJECT,
            "URN": URN,
            "bundle": Bundles(types).check,
            "coding": codes.coding,
            "aimed": self.references.aimed,
            "entry": self.runtime.entry,
            "extended": runtime.extended,
            "extension": self.runtime.extension,
            "inside": self.runtime.inside,
            "join": join,
            "named": self._level.named,
            "narrative": narrative,
            "note": note,
            "pass_": runtime.pass_,
            "quantity": codes.quantity,
            "coding_key": coding_key,
            "concept_key": concept_key,
            "remembered": Remembered(),
            "plain": self.references.plain,
            "reference": self.runtime.reference,
            "several": runtime.several,
            "SPACED": SPACED,
            "spaced": primitives.spaced,
            "stray": self.runtime.stray,
            "TYPES": types,
            "target": self.references.target,
            "under": under,
            "is_urn": primitives.is_urn,
            "unfit": primitives.unfit,
        } | {f"p_{name}": check for name, check in CHECKS.items()}
        for name in REMEMBERED:
            shared = space[f"shared_{name}"] = Shared(unchanging)
            space[f"kept_{name}"] = shared.kept
        return space

    def _emitter(self, name: str) -> StraightEmitter:
        structure = self._definitions.structure(name)
        if structure is None:
            raise KeyError(name)
        resource = structure["kind"] == "resource"
        return StraightEmitter(shape(structure), resource, self._bind, self._fhirpath, self._level)

    def _make(self, name: str) -> Check:
        with self._making:
            return self._made[name] if name in self._made else self._compiled(name)

    def _compiled(self, name: str) -> Check:
        emitter = self._emitter(name)
        text = emitter.source()
        space = self._space
        for need in emitter.needs:
            if need not in self._made:
                space.setdefault(f"t_{title(need)}", self._later(need))
        space.update(emitter.constants)
        space.update(emitter.primitives)
        space.update(emitter.valueless)
        exec(compile(text, f"<{name}>", "exec"), space)  # noqa: S102 (our own text, made of the definitions)
        for table, names in emitter.tables.items():
            space[table] = {key: space[handler] for key, handler in names.items()}
        for element in emitter.elements:
            make = partial(self._straight, emitter, element)
            known = {*space[f"K_{element}"], *("_" + name for name in space[f"P_{element}"])}
            space[f"S_{element}"] = Straights(known, make)
        check: Check = space[f"t_{name}"]
        self._made[name] = check
        return check

    def _straight(self, emitter: StraightEmitter, element: str, keys: tuple[str, ...]) -> Check | None:
        with self._making:
            text = emitter.straight(element, keys)
            self._space.update(emitter.constants)
        made: dict[str, Check] = {}
        exec(compile(text, f"<{element}, straight>", "exec"), self._space, made)  # noqa: S102 (as above)
        return made.get("straight")

    def _later(self, name: str) -> Check:
        def first(v: Any, c: Scope) -> Faults | None:
            return self.find(name)(v, c)

        return first
