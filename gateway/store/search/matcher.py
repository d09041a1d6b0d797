"""Search criteria that are compiled once and then tested on many resources (subscriptions, R4 §3.1.1)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import Rejected
from gateway.store.search import query
from gateway.store.search.filters import Chain, Filter, Has, Json, Listed, Named, Resolver
from gateway.store.search.parse import Reader
from gateway.store.search.token import Terms


class Criteria:
    """What a search would find, told of one resource at a time and without an index.

    Attributes:
        type: the resource type.
        filters: all of them must hold.
    """

    __slots__ = ("_resolver", "filters", "type")

    def __init__(
        self,
        type_: str,
        pairs: Sequence[tuple[str, str]],
        *,
        zone: str,
        base: str = "",
        terms: Terms | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        """Read the criteria.

        Args:
            type_: one of R4's resource types.
            pairs: decoded (name, value); those that shape an answer (``_count``) mean nothing here.
            zone: in which dates without a zone are read.
            base: the server's own base URL, taken off absolute references.
            terms: terminology for ``:in``, ``:below`` …; None: those are refused.
            resolver: answers about other resources; None: chains, ``_has`` and ``_list`` are refused.

        Raises:
            Rejected: an unknown parameter or a value that it cannot take; ``where`` names it.
        """
        self.type = type_
        self.filters: list[Filter] = query.read([type_], pairs, Reader(zone, base, terms)).filters[type_]
        self._resolver = resolver
        if resolver is None and any(isinstance(each, Chain | Has | Listed | Named) for each in self.filters):
            raise Rejected(
                "chains, _has, _list and the id of what a canonical URL names look at other resources, "
                "which these criteria cannot",
                code="not-supported",
            )

    def matches(self, resource: Json) -> bool:
        """Tell whether a resource fulfils all criteria; one of another type never does."""
        return resource.get("resourceType") == self.type and matches(self.filters, resource, self._resolver)


def matches(filters: Sequence[Filter], resource: Json, resolver: Resolver | None = None) -> bool:
    """Tell whether a resource of the filters' type fulfils them all."""
    return all(each.holds(resource, resolver) for each in filters)
