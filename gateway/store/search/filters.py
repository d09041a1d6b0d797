"""The filters of a search, and what each of them means for one resource (R4 §3.1.1.3 to §3.1.1.5).

What a filter means is told here alone; postings only find candidates for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from gateway.store.index import Parameter, references, unversioned, values
from gateway.store.search import canonical
from gateway.store.search.composite import Wanted
from gateway.store.search.date import Moment
from gateway.store.search.reference import Target
from gateway.store.search.special import Words
from gateway.store.view import Tag

Json = dict[str, Any]


class Resolver(Protocol):
    """What a test of one resource asks of others."""

    def fetch(self, type_: str, id_: str) -> Json | None:
        """Return a resource as the search sees it, or None."""
        ...

    def leads(self, chain: Chain, kind: str, reference: str) -> bool:
        """Tell whether a reference or canonical leads to a resource that fulfils the chain's filter on it."""
        ...

    def refers(self, has: Has, resource: Json) -> bool:
        """Tell whether what ``has`` asks for refers to a resource."""
        ...

    def canonicals(self, resources: tuple[tuple[str, str], ...]) -> frozenset[str]:
        """Return the canonicals that name the resources (type, id), those that are there."""
        ...

    def listed(self, list_: str) -> frozenset[str]:
        """Return the references of a List's items."""
        ...

    def supervised(self, type_: str, id_: str) -> bool:
        """Tell whether a resource belongs to the supervised business."""
        ...


@dataclass(slots=True, frozen=True, eq=False)
class Values:
    """Some element that the parameter selects fulfils any of these; ``negated``: none does."""

    parameter: Parameter
    any_of: tuple[Wanted, ...]
    modifier: str = ""
    negated: bool = False

    def holds(self, resource: Json, _resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        found = values(self.parameter, resource)
        return any(wanted.holds(*each) for wanted in self.any_of for each in found) is not self.negated


@dataclass(slots=True, frozen=True, eq=False)
class Missing:
    """The parameter selects nothing; or, not ``missing``, something."""

    parameter: Parameter
    missing: bool

    def holds(self, resource: Json, _resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        return (not any(self._whole(value) for _, value in values(self.parameter, resource))) is self.missing

    def _whole(self, value: Any) -> bool:
        """Tell whether an element has every part of a composite; any other element is whole as it is."""
        return all(values(part, value) for part in self.parameter.components)


@dataclass(slots=True, frozen=True, eq=False)
class Ids:
    """``_id``: one of these logical ids."""

    any_of: frozenset[str]
    negated: bool = False

    def holds(self, resource: Json, _resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        return (resource.get("id") in self.any_of) is not self.negated


@dataclass(slots=True, frozen=True, eq=False)
class Tagged:
    """``meta.tag`` has this very tag; a search for a token would not tell letters by their case."""

    tag: Tag

    def holds(self, resource: Json, _resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        meta = resource.get("meta")
        tags = meta.get("tag") if isinstance(meta, dict) else None
        wanted = self.tag.system, self.tag.code
        return isinstance(tags, list) and any(
            isinstance(one, dict) and (one.get("system"), one.get("code")) == wanted for one in tags
        )


@dataclass(slots=True, frozen=True, eq=False)
class Business:
    """It belongs to the supervised business (``gateway/store/supervised_business.py``)."""

    def holds(self, resource: Json, resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        assert resolver is not None
        return resolver.supervised(str(resource.get("resourceType")), str(resource.get("id")))


@dataclass(slots=True, frozen=True, eq=False)
class Updated:
    """``_lastUpdated``: the moment of the commit."""

    any_of: tuple[Moment, ...]

    def holds(self, resource: Json, _resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        meta = resource.get("meta")
        at = meta.get("lastUpdated") if isinstance(meta, dict) else None
        return at is not None and any(moment.holds("instant", at) for moment in self.any_of)


@dataclass(slots=True, frozen=True, eq=False)
class Text:
    """``_text`` or ``_content``: any of these groups of words."""

    any_of: tuple[Words, ...]

    def holds(self, resource: Json, _resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        return any(words.holds(resource) for words in self.any_of)


@dataclass(slots=True, frozen=True, eq=False)
class Listed:
    """``_list``: an item of one of these Lists (R4 §3.1.1.4.4, ``_list``)."""

    lists: tuple[str, ...]

    def holds(self, resource: Json, resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        assert resolver is not None
        name = f"{resource.get('resourceType')}/{resource.get('id')}"
        return any(name in resolver.listed(each) for each in self.lists)


@dataclass(slots=True, frozen=True, eq=False)
class Chain:
    """A reference to a resource that fulfils the filter for its type (R4 §3.1.1.4.4).

    ``asked`` says the same as it was written.
    """

    parameter: Parameter
    links: tuple[tuple[str, Filter], ...]
    asked: str = ""

    def holds(self, resource: Json, resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        assert resolver is not None
        return any(
            resolver.leads(self, kind, reference)
            for kind, value in values(self.parameter, resource)
            for reference in references(kind, value)
        )


@dataclass(slots=True, frozen=True, eq=False)
class Has:
    """``_has``: a resource of ``type`` that fulfils ``inner`` refers to it (R4 §3.1.1.4.5).

    ``asked`` says the same as it was written.
    """

    type: str
    parameter: Parameter
    inner: Filter
    asked: str = ""

    def holds(self, resource: Json, resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        assert resolver is not None
        return resolver.refers(self, resource)

    def to(self, resource: Json) -> Values:
        """Return the filter on ``type`` that a reference to a resource fulfils."""
        name = f"{resource.get('resourceType')}/{resource.get('id')}"
        canonicals = canonical.names(resource) if canonical.by_url(self.parameter) else frozenset[str]()
        return Values(self.parameter, (Target(frozenset((name,)), canonicals),))


@dataclass(slots=True, frozen=True, eq=False)
class Named:
    """A canonical of one of these resources (type, id), or any of what ``values`` says."""

    values: Values
    resources: tuple[tuple[str, str], ...]

    def holds(self, resource: Json, resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        assert resolver is not None
        return self.named_by(resolver).holds(resource, resolver)

    def named_by(self, resolver: Resolver) -> Values:
        """Return what it means by the URLs that the resources have."""
        found = Target(frozenset(), resolver.canonicals(self.resources))
        return Values(self.values.parameter, (*self.values.any_of, found))


@dataclass(slots=True, frozen=True, eq=False)
class During:
    """All these moments hold for the parameter; a resource without any value is not left out."""

    parameter: Parameter
    moments: tuple[Moment, ...]

    def holds(self, resource: Json, _resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        found = values(self.parameter, resource)
        return not found or all(any(moment.holds(*each) for each in found) for moment in self.moments)


@dataclass(slots=True, frozen=True, eq=False)
class Belongs:
    """A member of a compartment: any of these parameters refers to its owner, or it is the owner."""

    parameters: tuple[Parameter, ...]
    owner: str

    def holds(self, resource: Json, _resolver: Resolver | None) -> bool:
        """Tell whether a resource fulfils it."""
        if self.owner == f"{resource.get('resourceType')}/{resource.get('id')}":
            return True
        return any(
            unversioned(reference) == self.owner
            for parameter in self.parameters
            for each in values(parameter, resource)
            for reference in references(*each)
        )


Filter = (
    Values
    | Missing
    | Ids
    | Tagged
    | Business
    | Updated
    | Text
    | Listed
    | Chain
    | Has
    | Named
    | During
    | Belongs
)
