"""The offer: which interactions a server has, by the parts that it was given (R4 §3.1.0)."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.api import (
    code_system,
    compartment,
    concept_map,
    create,
    critical,
    delete,
    deliveries,
    delta,
    doors,
    everything,
    evidence,
    export,
    export_file,
    export_status,
    feed,
    feedback,
    history,
    import_manifest,
    import_ndjson,
    lastn,
    ledger_proof,
    match,
    match_decide,
    measure,
    metadata,
    operation_definition,
    patch,
    policy,
    purge,
    read,
    readiness,
    reconciliation,
    search,
    structure_definition,
    subscription,
    transaction,
    translate,
    update,
    validate,
    value_set,
    visit,
    vread,
)
from gateway.api.context import Context
from gateway.api.interaction import Interaction, Served

READING: tuple[Interaction, ...] = (
    read.INTERACTION,
    vread.INTERACTION,
    *history.INTERACTIONS,
    *search.INTERACTIONS,
    *everything.INTERACTIONS,
    *lastn.INTERACTIONS,
    *compartment.INTERACTIONS,
)
"""The interactions of every type."""

WRITING: tuple[Interaction, ...] = (
    create.INTERACTION,
    update.INTERACTION,
    update.CONDITIONAL,
    patch.INTERACTION,
    patch.CONDITIONAL,
    delete.INTERACTION,
    delete.CONDITIONAL,
    *transaction.INTERACTIONS,
    *import_ndjson.INTERACTIONS,
    *import_manifest.INTERACTIONS,
)
"""Those that a server without a writer does not have."""

BULK: tuple[Interaction, ...] = (
    *export.INTERACTIONS,
    *export_status.INTERACTIONS,
    *export_file.INTERACTIONS,
)
"""All at once, in the background."""

_CONCEPT_MAP = Served(
    "ConceptMap", (*translate.OPERATIONS, *concept_map.SEARCH, concept_map.READ), ("translate",)
)
TERMINOLOGY = (structure_definition.SERVED, code_system.SERVED, value_set.SERVED, _CONCEPT_MAP)
"""What codes mean; its interactions come before those of every type."""


def interactions(here: Context, version: str) -> tuple[Interaction, ...]:
    """Return all that is served below each base; the first one of an address and method counts."""
    served, known = tuple(_of_resources(here)), _definitions(here)
    known = (*known, measure.SERVED, operation_definition.served(served))
    more = {"Subscription": subscription.described(here.notifier)} if here.notifier is not None else {}
    described = metadata.interaction(served, known, version, more)
    return (described, *(one for of in known for one in of.interactions), *served)


def short(here: Context) -> Iterator[Interaction]:
    """Yield what is also served below ``/feed``, for clients that are no FHIR clients."""
    if here.pull is not None:
        yield from (*feed.SHORT, ledger_proof.SHORT)
    if here.obligations is not None:
        yield from (*reconciliation.SHORT, evidence.SHORT)


def _definitions(here: Context) -> tuple[Served, ...]:
    if here.terminology is not None:
        return TERMINOLOGY
    return TERMINOLOGY[-1:] if here.maps is not None else ()


def _of_resources(here: Context) -> Iterator[Interaction]:
    writes = here.write is not None
    yield from validate.INTERACTIONS if here.examine is not None else ()
    yield from (*BULK, *READING, *(WRITING if writes else ()))
    yield from subscription.INTERACTIONS if here.notifier is not None else ()
    yield from (policy.INTERACTION,) if here.policy is not None else ()
    yield from (doors.INTERACTION,) if here.doors is not None else ()
    yield from (delta.INTERACTION,) if here.delta is not None else ()
    if here.matching is not None:
        yield match.INTERACTION
        yield from (match_decide.INTERACTION,) if writes else ()
    if here.visits is not None:
        yield from deliveries.INTERACTIONS
    if here.visits is not None and writes:
        yield from (*visit.INTERACTIONS, *readiness.INTERACTIONS, purge.INTERACTION)
    if here.pull is not None:
        yield from (*feed.INTERACTIONS, ledger_proof.INTERACTION)
    if here.obligations is not None:
        yield from (*reconciliation.INTERACTIONS, evidence.INTERACTION)
        yield from (*feedback.INTERACTIONS, *critical.INTERACTIONS) if writes else ()
