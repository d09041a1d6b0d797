"""Walker: compiles the check of each type when it is first met, and keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.validation import primitives, runtime
from gateway.validation.binding import Binding
from gateway.validation.bundles import Bundles
from gateway.validation.codes import Codes
from gateway.validation.emit import Emitter, title
from gateway.validation.faults import Faults, join, note, under
from gateway.validation.narrative import narrative
from gateway.validation.primitives import CHECKS
from gateway.validation.r4 import Definitions
from gateway.validation.references import References
from gateway.validation.remembered import Remembered, Shared, coding_key, concept_key
from gateway.validation.rules import EMPTY, IS_LIST, NOT_LIST, NOT_OBJECT, NULL, SPACED, URN
from gateway.validation.runtime import Check, Runtime
from gateway.validation.scope import Scope
from gateway.validation.shapes import Constraint, shape


class Walker:
    """The compiled checks of all types, made one by one.

    Args:
        definitions: the artefacts.
        bind: makes the check of a binding.
        fhirpath: makes the check of an invariant in FHIRPath.
        defined: further checks of an extension (see :class:`Runtime`).
        conditional: whether an extension asks something of the element that it stands in.
        claimed: checks against the profiles that a resource names.
        shared: objects that were found without fault.
        codes: checks of codings against their own code system.
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
        shared: Shared,
    ) -> None:
        self._definitions = definitions
        self._bind = bind
        self._fhirpath = fhirpath
        types = frozenset(definitions.resource_types())
        self.references = References(types)
        self.runtime = Runtime(self.find, types.__contains__, self.references, defined, conditional, claimed)
        self._made: dict[str, Check] = {}
        self._space: dict[str, Any] = {
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
            "narrative": narrative,
            "note": note,
            "pass_": runtime.pass_,
            "quantity": codes.quantity,
            "kept": shared.kept,
            "coding_key": coding_key,
            "concept_key": concept_key,
            "remembered": Remembered(),
            "plain": self.references.plain,
            "reference": self.runtime.reference,
            "several": runtime.several,
            "shared": shared,
            "SPACED": SPACED,
            "spaced": primitives.spaced,
            "stray": self.runtime.stray,
            "target": self.references.target,
            "under": under,
            "is_urn": primitives.is_urn,
            "unfit": primitives.unfit,
        } | {f"p_{name}": check for name, check in CHECKS.items()}

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

    def _emitter(self, name: str) -> Emitter:
        structure = self._definitions.structure(name)
        if structure is None:
            raise KeyError(name)
        return Emitter(shape(structure), structure["kind"] == "resource", self._bind, self._fhirpath)

    def _make(self, name: str) -> Check:
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
        check: Check = space[f"t_{name}"]
        self._made[name] = check
        return check

    def _later(self, name: str) -> Check:
        def first(v: Any, c: Scope) -> Faults | None:
            return self.find(name)(v, c)

        return first
