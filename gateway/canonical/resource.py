"""Draft, Merge and Translation: what the mapping makes of one message, before it is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.canonical.outcome import Issue
from gateway.canonical.sample import Samples

Resource = dict[str, Any]
"""A FHIR resource as parsed JSON; a FHIR decimal is a ``decimal.Decimal``, so that its precision
survives (R4 §2.24.0.1); read and written with ``gateway.canonical.json``."""


@dataclass(slots=True)
class Draft:
    """One resource that a message writes.

    Attributes:
        type: resource type, e.g. ``"Patient"``.
        id: deterministic seed id (uuid5, see ``gateway.mapping.identity``); the ``ident`` table may
            decide for another id, and the store then rewrites the references inside the message.
        body: the resource, with ``resourceType`` and ``id``, without ``meta.versionId`` and
            ``meta.lastUpdated``, which the store adds. References inside the message are literal
            (``"Patient/<seed id>"``).
        key: ``(system, value)`` under which the ``ident`` table knows it; None: ``id`` alone.
        subject: seed id of the Patient that it is about, ``""`` for none. The same key with
            another patient is quarantined.
        cleared: elements that the sender deleted (the v2 null ``""``): top-level names, or one level below
            (``"period.end"``).
        fills: top-level elements to write only where the store has none yet (a status that the
            message does not state, but that a new resource needs).
        moves: True where the message gives it to another patient (ADT A45): no sign of a recycled number.
        mark: digest of what a remembered value was made of, empty for none: two drafts of one resource with
            the same mark say the same, and nobody needs to look.
        number: what the lineage calls it, 0 for a resource that a datatype map made.
        owns: True where the sender's profile owns this type. Others create stubs and fill gaps,
            they never overwrite.
        registers: True where the message is one of the register (ADT, a table of patients): a number that has
            ended and that it names is in force again. An order or a report only uses numbers.
        vague: True where its number may be that of several stays: a clinical document has none of the visit
            alone (WS/T 500 has 住院号 and 门诊号).
        claims: False where ``key`` only asks whether something else has that name; nothing is noted then.
        bare: seed id that the code of a diagnosis gives where its name may have to tell it from another of
            the same code; ``key`` then is ``(register, id by the name)``. ``""``: nothing else has its code.
    """

    type: str
    id: str
    body: Resource
    key: tuple[str, str] | None = None
    subject: str = ""
    cleared: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()
    owns: bool = True
    number: int = 0
    moves: bool = False
    mark: bytes = b""
    registers: bool = True
    vague: bool = False
    claims: bool = True
    bare: str = ""


@dataclass(slots=True)
class Merge:
    """Two identities that turned out to be one (ADT A40), or that are linked (A24), or no longer (A37).

    Attributes:
        type: resource type: ``"Patient"``, ``"Account"`` (A41) or ``"Encounter"`` (A42).
        key: ``(system, value)`` of the identity that ends; of a link, that of ``retired``.
        retired: seed id of the resource that ends; it stays, a Patient with ``link.type`` replaced-by. Of a
            link, the other one of the two: both go on.
        survivor: seed id of the resource that goes on; the ``ident`` row of ``key`` moves to it.
        kind: ``link`` and ``unlink`` only write or remove ``Patient.link`` of type seealso, on both sides;
            ``change`` gives what the old number names its new one, and merges only where both are known.
        number: the Identifier of ``key``, as it goes on to what survives; ``{}``: it is made of ``key``.
        further: other numbers of what ends that the message names, of registers that do not identify it.
    """

    type: str
    key: tuple[str, str]
    retired: str
    survivor: str
    kind: Literal["merge", "change", "link", "unlink"] = "merge"
    number: Resource = field(default_factory=dict)
    further: tuple[Resource, ...] = ()


@dataclass(slots=True)
class Translation:
    """What the mapping made of one message.

    Attributes:
        drafts: the resources, dependencies first, the Provenance last.
        merges: identities to join.
        event_at: when the event happened at the sender (EVN-6, EVN-2 or MSH-7), microseconds since
            1970-01-01T00:00:00Z; None where the sender does not say. An older event never
            overwrites a newer state.
        lineage: packed rule numbers, see ``gateway.canonical.lineage``.
        map_version: digest of the compiled maps that produced ``lineage``.
        unmapped: valued source fields that no row reads, by path (``"PID-27"``) with their count.
        gaps: codes without a map, by ``(table, code)``.
        issues: what was repaired or dropped, and why; never patient data.
        samples: its results must belong to a sample, order or patient that is known; None: it says itself
            whom it is about.
    """

    drafts: list[Draft] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    event_at: int | None = None
    lineage: bytes = b""
    map_version: str = ""
    unmapped: Counter[str] = field(default_factory=Counter)
    gaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    issues: list[Issue] = field(default_factory=list)
    samples: Samples | None = None
