"""Under which keys the values of a parameter are filed: what a search looks up, and what is written.

A key hashes tenant, list and value; the ``type`` column of ``sx`` tells resource types apart, the keys of the
other tables hold it. All references to one target have one key: the ``sys`` column names their list. So those
to a patient lie side by side, and a merge finds every one of them.
"""

from __future__ import annotations

from functools import lru_cache

from gateway.store.index.parameter import Parameter
from gateway.store.index.readings import unversioned
from gateway.store.keys import neighbour_key, posting_key, repeated_key, system_key
from gateway.store.types import NUMBER

SHORT_US = 86_400_000_000
"""Ranges below one day are short."""

_LOW = 0xFFFFFFFFFF


def token_key(tenant: int, name: str, code: str) -> int:
    """Return ``sx.k`` of a code in a list; codes are compared without case (R4 §3.1.1.4.10)."""
    key = neighbour_key if name == "identifier" else posting_key
    return key(tenant, name, code.casefold())


@lru_cache(maxsize=8192)
def reference_key(tenant: int, target: str) -> int:
    """Return ``sx.k`` of what a reference names (``"Patient/1"``, a URL), whatever refers to it.

    Ids that begin alike (those of one patient, visit or report) are filed near each other.
    """
    target = unversioned(target)
    id_ = target.partition("/")[2]
    if id_[8:9] != "-":
        return posting_key(tenant, "reference", target)
    near = repeated_key(tenant, "reference", id_[:8])
    return (near & ~_LOW) | (posting_key(tenant, "reference", target) & _LOW)


def list_key(tenant: int, kind: str, name: str, type_: str) -> int:
    """Return ``p`` of a list of one resource type: ``short`` and ``long`` dates, ``string``, ``number``."""
    return repeated_key(tenant, kind, f"{name}\x00{NUMBER[type_]}")


def logical(name: str) -> str:
    """Return the list of the identifiers of the references in a list."""
    return f"{name}:identifier"


def token_keys(parameter: Parameter, tenant: int, code: str) -> tuple[int, ...]:
    """Return the ``sx.k`` of a code, any of which may have it; ``sx.sys`` is ``system_key(system)``."""
    return tuple(token_key(tenant, name, code) for name in parameter.postings)


def identifier_keys(parameter: Parameter, tenant: int, value: str) -> tuple[int, ...]:
    """Return the ``sx.k`` of the identifier of a Reference; ``sx.sys`` is ``system_key`` of its system."""
    return tuple(token_key(tenant, logical(name), value) for name in parameter.postings)


def reference_keys(parameter: Parameter, tenant: int, target: str) -> tuple[tuple[int, int], ...]:
    """Return the (``sx.k``, ``sx.sys``) of a reference or canonical, any of which may have it."""
    key = reference_key(tenant, target)
    return tuple((key, system_key(name)) for name in parameter.postings)


def uri_keys(parameter: Parameter, tenant: int, uri: str) -> tuple[int, ...]:
    """Return the ``sx.k`` of a uri; ``sx.sys`` is 0. Canonicals are filed without a version."""
    if any(path.type == "canonical" for path in parameter.paths):
        uri = unversioned(uri)
    return tuple(posting_key(tenant, name, uri) for name in parameter.postings)


def range_keys(parameter: Parameter, tenant: int) -> tuple[tuple[int, int], ...]:
    """Return the ``sx_range.p`` of short and long ranges, a pair for each list.

    Apart, because what is known of a short range's end bounds its beginning: a search for a month then
    reads that month of the index and not all that came before it. Short is below :data:`SHORT_US`.
    """
    base = parameter.base
    return tuple(
        (list_key(tenant, "short", name, base), list_key(tenant, "long", name, base))
        for name in parameter.postings
    )


def string_keys(parameter: Parameter, tenant: int) -> tuple[int, ...]:
    """Return the ``sx_str.p``; ``norm`` begins with the normal search value, cut at ``STRING_LENGTH``."""
    return tuple(list_key(tenant, "string", name, parameter.base) for name in parameter.postings)


def number_keys(parameter: Parameter, tenant: int) -> tuple[int, ...]:
    """Return the ``sx_number.p``; ``lo`` and ``hi`` are doubles, ``±FAR`` where open."""
    return tuple(list_key(tenant, "number", name, parameter.base) for name in parameter.postings)
