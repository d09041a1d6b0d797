"""Profiles: checks values against StructureDefinitions that constrain a type (R4 §5.1)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from gateway.validation.binding import CODED, Binding
from gateway.validation.faults import Fault, Faults, Rule
from gateway.validation.fhirpath.model import Model
from gateway.validation.invariants import native
from gateway.validation.profiles import rules
from gateway.validation.profiles.chain import Chain
from gateway.validation.profiles.extensions import conditions, may_stand, nested, of_the_other_kind
from gateway.validation.profiles.matching import beyond, fits, same
from gateway.validation.profiles.overlay import Discriminator, Node
from gateway.validation.profiles.slicing import Item, Slices, inside, within
from gateway.validation.profiles.values import Found, Values, is_type
from gateway.validation.r4 import Definitions
from gateway.validation.references import References
from gateway.validation.rules import invariant, not_evaluated
from gateway.validation.scope import Scope
from gateway.validation.shapes import Constraint, TypeRef

Evaluate = Callable[[Any, Scope, Rule], Rule | None]
ANY = ("Resource", "DomainResource")


class _Run(threading.local):
    """One outermost check in one thread: what is being checked, and what was found on the way."""

    def __init__(self) -> None:
        self.open: set[tuple[int, str]] = set()
        self.known: dict[tuple[int, str], list[tuple[str, Rule]]] = {}


class Profiles:
    """The profiles that somebody named, compiled when they are first met.

    Args:
        definitions: where StructureDefinitions are found.
        bind: makes the check of a binding.
        references: tells the type of what a reference means.
        fhirpath: makes the check of an invariant.

    Attributes:
        must_support: whether an absent must-support element is reported.
    """

    def __init__(
        self,
        definitions: Definitions,
        bind: Callable[[str, str], Binding | None],
        references: References,
        fhirpath: Callable[[Constraint, str], Evaluate],
    ) -> None:
        model = Model(definitions)
        self._definitions = definitions
        self._bind = bind
        self._references = references
        self._fhirpath = fhirpath
        self._chain = Chain(definitions, model)
        self._values = Values(model)
        self._slices = Slices(self, self._values)
        self._bindings: dict[tuple[str, str], Binding | None] = {}
        self._run = _Run()
        self.must_support = False

    def check(self, value: Any, profile: str, scope: Scope) -> Faults:
        """Return what a value lacks of a profile and of the profiles that it is based on.

        Args:
            value: a resource or an element.
            profile: canonical URL; one that nobody defines is reported as not checked.
        """
        run, key = self._run, (id(value), profile)
        if key in run.open:
            return []  # a reference that leads back to where it came from
        known = run.known.get(key)
        if known is None:
            run.open.add(key)
            try:
                known = [(place, rule) for place, rule in self._against(value, profile, scope)]
                run.known[key] = known
            finally:
                run.open.discard(key)
                if not run.open:
                    run.known.clear()  # ids are good only as long as the values live
        return [[place, rule] for place, rule in known]

    def claimed(self, resource: Any, scope: Scope) -> Faults:
        """Check a resource against the profiles that it claims to conform to (``meta.profile``)."""
        meta = resource["meta"]
        urls = meta.get("profile") if type(meta) is dict else None
        out: Faults = []
        for at, url in enumerate(urls if type(urls) is list else []):
            if type(url) is str:
                for place, rule in self.check(resource, url, scope):
                    about = not place and rule.id in rules.ABOUT_PROFILE
                    out.append([f"meta.profile[{at}]" if about else place, rule])
        return out

    def extension(self, value: Any, scope: Scope, path: str, around: Any) -> Faults | None:
        """Check an extension against the definition of its URL, where there is one.

        Args:
            path: of the definition, e.g. ``"Patient.contact.extension"``.
            around: the element that it stands in.
        """
        structure = self._chain.structure(value["url"])
        if structure is None or structure.get("type") != "Extension":
            published = value["url"].startswith("http://hl7.org/fhir/StructureDefinition/")
            return [["url", rules.UNKNOWN_EXTENSION]] if published else None
        out = self.check(value, value["url"], scope)
        rule = may_stand(structure, path, scope, self._definitions)
        if rule is not None:
            out.append(["", rule])
        for constraint in conditions(structure):
            rule = self._fhirpath(constraint, path.rpartition(".")[0])(around, scope, rules.CONTEXT)
            if rule is not None:
                out.append(["", rule])
        rule = of_the_other_kind(structure, path)
        if rule is not None:
            out.append(["", rule])
        return out or None

    def conforms(self, value: Any, profile: str, scope: Scope) -> bool:
        """Return whether a value has no error against a profile; one that nobody defines takes everything."""
        kind = value.get("resourceType") if type(value) is dict else None
        if kind is not None and self._chain.structure(profile) is None:
            return self.profile_type(profile) in (kind, *ANY) or not profile.startswith(rules.R4)
        return not _wrong(self.check(value, profile, scope))

    def members(self, value_set: str, value: Any) -> bool | None:
        """Return whether a code, Coding or CodeableConcept is in a value set; None where nobody knows."""
        binding = self._binding("required", value_set)
        if binding is None:
            return None
        if type(value) is str:
            return binding.code(value) is None
        found = binding.concept(value) if type(value) is dict and "coding" in value else binding.coding(value)
        return found is None

    def profile_type(self, profile: str) -> str:
        """Return the type that a profile (or a plain type's URL) is about."""
        return self._chain.type_of(profile)

    def profile_root(self, profile: str) -> Node | None:
        """Return the tree of a profile, None where nobody defines it or it is a plain type."""
        tree = self._chain.tree(profile)
        return tree.root if tree is not None else None

    def resolve(self, value: Any, scope: Scope) -> Item | None:
        """Return the resource that a Reference means, with its own scope."""
        to = value.get("reference") if type(value) is dict else None
        resource = scope.resolve(to) if type(to) is str else None
        if type(to) is not str or type(resource) is not dict:
            return None
        kind = resource.get("resourceType")
        found = Found("", resource, "", kind if type(kind) is str else "")
        if to.startswith("#"):
            return found, inside(scope, resource)
        known = scope.entries is not None and to in scope.entries
        return found, Scope(resource, scope.entries, to if known else scope.base, scope.transaction)

    def target_type(self, value: Any, scope: Scope) -> str | None:
        """Return the type of what a Reference means, None where nobody can tell."""
        return self._references.type_of(value, scope) if type(value) is dict else None

    def _against(self, value: Any, profile: str, scope: Scope) -> Iterator[Fault]:
        structure = self._chain.structure(profile)
        if structure is None:
            yield ["", rules.unknown(profile)]
            return
        about = str(structure.get("type", ""))
        kind = value.get("resourceType") if type(value) is dict else None
        if kind is not None and about not in (kind, *ANY):
            yield ["", rules.other_type(about)]
            return
        tree = self._chain.tree(profile)
        if tree is None:
            return
        yield from (["", doubt] for doubt in tree.doubts)
        yield from self._value(tree.root, Found("", value, "", kind if type(kind) is str else about), scope)
        if about == "Extension":
            yield from nested(tree.root, value)

    def _children(self, node: Node, parent: Found, scope: Scope) -> Iterator[Fault]:
        for child in node.children.values():
            found = [(one, within(parent, one, scope)) for one in self._values.below(parent, child.name)]
            yield from self._count(child, len(found), child.name.removesuffix("[x]"))
            for one, around in found:
                yield from _under(self._value(child, one, around), one.place)
            if child.slices:
                yield from self._cut(child, self._slices.discriminators(child), found)

    def _cut(self, element: Node, told: tuple[Discriminator, ...], found: list[Item]) -> Iterator[Fault]:
        """Check the slices of a list; where nothing tells them apart, nobody can say what is in them."""
        if not told:
            return
        counts: list[list[Item]] = [[] for _ in element.slices]
        default = [at for at, one in enumerate(element.slices) if one.slice.endswith("@default")]
        slicing, latest, outside = element.slicing, 0, False
        for one, scope in found:
            at = self._slices.position(element, told, one, scope)
            at = default[0] if at is None and default else at
            if at is None:
                outside = True
                if slicing is not None and slicing.rules == "closed":
                    yield [
                        one.place,
                        rules.no_slice(element.path, tuple(cut.slice for cut in element.slices)),
                    ]
                continue
            if slicing is not None and slicing.ordered and at < latest:
                yield [one.place, rules.ORDER]
            if slicing is not None and slicing.rules == "openAtEnd" and outside:
                yield [one.place, rules.AT_END]
            latest = max(latest, at)
            counts[at].append((one, scope))
            yield from _under(self._value(element.slices[at], one, scope), one.place)
        for cut, members in zip(element.slices, counts, strict=True):
            yield from self._count(cut, len(members), element.name)
            if cut.slices:
                yield from self._cut(cut, cut.slicing.discriminators if cut.slicing else told, members)

    def _count(self, node: Node, count: int, place: str) -> Iterator[Fault]:
        if node.least is not None and count < node.least:
            yield [place, rules.too_few(node.path, node.least)]
        if node.most is not None and 0 <= node.most < count:
            yield [place, rules.too_many(node.path, node.most)]
        if self.must_support and node.must_support and not count:
            yield [place, rules.not_supported(node.path)]

    def _value(self, node: Node, found: Found, scope: Scope) -> Iterator[Fault]:
        value = found.value
        types = node.types if node.types is not None else node.short
        left = [one for one in types if _may_be(found, one)]
        if types and not left:
            yield ["", rules.wrong_type(node.path, tuple(one.code for one in types))]
            return
        for one in node.fixed:
            if not same(value, one):
                yield ["", rules.fixed(node.path, one)]
        for one in node.pattern:
            if not fits(value, one):
                yield ["", rules.pattern(node.path, one)]
        if node.longest is not None and type(value) is str and len(value) > node.longest:
            yield ["", rules.too_long(node.path, node.longest)]
        if beyond(value, node.lowest, node.highest):
            yield ["", rules.bounds(node.path, node.lowest, node.highest)]
        if value is not None:
            yield from (["", rule] for rule in self._codes(node, found))
            yield from (["", rule] for rule in self._invariants(node, found, scope))
        if left:
            yield from self._types(node, left, found, scope)
        if node.children:
            yield from self._children(node, found, scope)

    def _invariants(self, node: Node, found: Found, scope: Scope) -> Iterator[Rule]:
        value = found.value
        for constraint in node.constraints:
            rule = invariant(constraint)
            known = native(constraint.expression)
            if known is None:
                broken = self._fhirpath(constraint, found.kind)(value, scope, rule)
                if broken is not None:
                    yield broken
            elif type(value) is dict and all(need in value for need in known.needs):
                try:
                    holds = known.holds(value, scope)
                except Exception:  # noqa: BLE001 (the JSON is not of the types that it takes for granted)
                    yield not_evaluated(constraint.key)
                else:
                    yield from () if holds else (rule,)

    def _codes(self, node: Node, found: Found) -> Iterator[Rule]:
        for strength, url in node.bindings:
            binding = self._binding(strength, url)
            if binding is None:
                continue
            value = found.value
            if type(value) is str:
                rule = binding.code(value)
                yield from () if rule is None else (rule,)
            elif type(value) is dict:
                shape = "concept" if "coding" in value or "text" in value else "coding"
                method = CODED.get(found.kind, shape if not found.kind else "")
                yield from (getattr(binding, method)(value) or ()) if method else ()

    def _binding(self, strength: str, url: str) -> Binding | None:
        if (strength, url) not in self._bindings:
            self._bindings[(strength, url)] = self._bind(strength, url)
        return self._bindings[(strength, url)]

    def _types(self, node: Node, left: list[TypeRef], found: Found, scope: Scope) -> Iterator[Fault]:
        if all(one.profiles for one in left) and found.value is not None and not self._known(node, found):
            yield from self._one_of([url for one in left for url in one.profiles], found.value, scope)
        if all(one.targets for one in left) and type(found.value) is dict:
            yield from self._target([url for one in left for url in one.targets], found.value, scope)

    def _known(self, node: Node, found: Found) -> bool:
        """Whether the walker checks it anyway: an extension against the definition of its URL."""
        if node.name not in ("extension", "modifierExtension") or type(found.value) is not dict:
            return False
        url = found.value.get("url")
        named = {one.partition("|")[0] for type_ in node.types or () for one in type_.profiles}
        return type(url) is str and named == {url} and self._chain.tree(url) is not None

    def _one_of(self, profiles: list[str], value: Any, scope: Scope) -> Iterator[Fault]:
        tried = [self.check(value, url, scope) for url in profiles]
        good = [faults for faults in tried if not _wrong(faults)]
        if not good and len(profiles) > 1:
            yield ["", rules.none_of(tuple(profiles))]
        yield from min(good or tried, key=len)  # of several, the one that comes closest says what to mend

    def _target(self, targets: list[str], value: dict[str, Any], scope: Scope) -> Iterator[Fault]:
        allowed = frozenset(self.profile_type(url) for url in targets)
        known = all(name in ANY or self._definitions.is_resource(name) for name in allowed)
        rule = self._references.target(value, scope, allowed) if known else None
        if rule is not None:
            yield ["", rule]
            return
        to = self.resolve(value, scope)
        if to is not None and not any(self.conforms(to[0].value, url, to[1]) for url in targets):
            yield ["", rules.none_of(tuple(targets))]


def _may_be(found: Found, type_: TypeRef) -> bool:
    """Whether a value may be of a type: what a choice's name says, or the type of a resource."""
    if found.type:
        return is_type(found.type, type_.code)
    if type(found.value) is dict and "resourceType" in found.value:
        return type_.code in (found.kind, *ANY)
    return True


def _wrong(faults: Faults) -> bool:
    return any(rule.severity in ("error", "fatal") for _, rule in faults)


def _under(faults: Iterator[Fault], place: str) -> Iterator[Fault]:
    for here, rule in faults:
        yield [f"{place}.{here}" if here else place, rule]
