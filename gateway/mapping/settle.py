"""Settle: when all rows have run, what was made gets identities and references and becomes a Translation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any

from gateway.canonical import Draft, Issue, Merge, Translation
from gateway.canonical.lineage import pack
from gateway.errors import Rejected
from gateway.mapping.acts import Joining, Search, Tie
from gateway.mapping.handles import LEFT_OUT, NOWHERE, SETTLED, Frame, Handle, rank_of
from gateway.mapping.identities import Identities
from gateway.mapping.identity import seed
from gateway.mapping.joined import is_withdrawn, join, renumbered
from gateway.mapping.places import MessageMap
from gateway.mapping.run import Run
from gateway.mapping.sampled import PATIENT, happened, stand_in, stands, tells_results, unnamed
from gateway.mapping.times import to_us

_DAY = len("2026-01-31")
"""Longest text of a day without a time."""


_AHEAD_US = 86_400_000_000

_NUMBERS = {
    "Patient": frozenset(("resourceType", "id", "identifier")),
    "Encounter": frozenset(("resourceType", "id", "identifier", "class", "status", "subject")),
}
"""Type → elements that only say which one is meant; a status beside them is not stated (``fills``)."""

_REGISTERS = ("ADT_", "ROWS^", "XML^")
"""How the structure of a message begins that is one of the register, which says what numbers somebody has."""

_DELETES = "ADT^A23"
"""How MSH-9 of one begins that deletes a record (HL7 v2.5.1 §3.3.23): it brings no number back."""

Pending = tuple[Handle, Sequence[Tie], Frame, Handle | None, dict[str, Any] | None]
"""Who refers, how, from which group, to whom where that is known, and what else the list element says."""

Late = tuple[str, Sequence[Tie], Frame, Handle | None, dict[str, Any] | None]
"""The same by the name of who refers: it stands further down in the message."""


@dataclass(slots=True)
class Noted:
    """What the rows left to be done when all of them have run.

    Attributes:
        pending: references between resources.
        late: the same, where who refers stands further down in the message.
        searches: references by a resource that is told by its values.
        ends: references to all resources (Provenance.target).
        merges: identities to join: how, the field that names what ends, group.
        unmapped: path → fields that no row reads.
    """

    pending: list[Pending] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    searches: list[tuple[Search, tuple[str, ...], Tie, Handle]] = field(default_factory=list)
    ends: list[tuple[Handle, Tie]] = field(default_factory=list)
    merges: list[tuple[Joining, str, Frame]] = field(default_factory=list)
    unmapped: dict[str, int] = field(default_factory=dict)


def _turn(handle: Handle) -> int:
    """Return where a resource comes: what is withdrawn behind what stands, Provenance last."""
    return 2 if handle.type == "Provenance" else int(is_withdrawn(handle))


def _owned(handle: Handle) -> bool:
    """Return whether the row that made it says that its sender decides about what it writes."""
    return handle.step is not None and bool(handle.step.step.owns)


def _is_mentioned(handle: Handle) -> bool:
    """Return whether the message only says which one is meant.

    Then it speaks for no moment: what is told of a patient at an earlier time, and arrives later, is not
    overtaken by a prescription that names their number.
    """
    known = _NUMBERS.get(handle.type)
    if known is None or handle.cleared or not handle.body.keys() <= known:
        return False
    return "status" not in handle.body or bool(handle.fills and "status" in handle.fills)


def _is_written(body: dict[str, Any], path: str) -> bool:
    """Return whether the message says something about the element of that dotted name."""
    here: Any = body
    for name in path.split("."):
        if not isinstance(here, dict) or name not in here:
            return False
        here = here[name]
    return True


_BARE = {"resourceType", "id"}
"""Of a resource of which nothing is said: an empty segment loses nothing."""


class Settlement:
    """The end of one message on its way through one message map."""

    __slots__ = ("indexes", "lists", "noted", "plan", "run")

    def __init__(self, run: Run, plan: MessageMap, noted: Noted) -> None:
        self.run, self.plan, self.noted = run, plan, noted
        self.lists: dict[tuple[int, str], tuple[list[dict[str, Any]], set[str]]] = {}
        self.indexes: dict[tuple[int, tuple[int, ...]], dict[tuple[str, ...], list[Handle]]] = {}

    def finish(self, version: str) -> Translation:
        """Settle identities and references and return what the message became.

        Raises:
            Rejected: a resource that the map requires has no identity; the code is the map's reason.
                ``no-identity``: nothing has one, so nothing would be stored.
        """
        run = self.run
        identities = Identities(run, self.plan)
        asks = run.profile.sample is not None and tells_results(run)
        if asks:
            stand_in(run)
        for handle in run.handles:
            identities.identify(handle)
        self.require()
        kept = self.referred()
        merges = self.joined()
        if not kept and any(handle.state == LEFT_OUT for handle in run.handles):
            raise Rejected(
                "nothing in the message has an identity", code="no-identity", where=self.plan.file.structure
            )
        reason = self.plan.file.requires.get("merge")
        if reason and not merges:
            raise Rejected("the message names nothing to merge", code=reason, where="MRG")
        event_at = self.event_at()
        drafts = [self.draft(handle) for handle in kept]
        samples = run.profile.sample if asks else None
        if samples is not None:
            samples = replace(samples, unnamed=unnamed(run))
            event_at = happened(drafts, run.envelope.received_at, samples, run.issues) or event_at
        for handle in run.handles:
            # Frames name their resources: without this, every message would wait for the cycle collector.
            handle.frame = NOWHERE
        return Translation(
            drafts=drafts,
            merges=merges,
            event_at=event_at,
            lineage=pack(run.lineage),
            map_version=version,
            unmapped=Counter(self.noted.unmapped),
            gaps=Counter(run.gaps),
            issues=run.issues,
            samples=samples,
        )

    def referred(self) -> Sequence[Handle]:
        """Write the references; return the resources that have an identity, Provenance last."""
        noted = self.noted
        for owner, ties, frame, known, element in noted.late:
            owning = frame.find(owner)
            if owning is not None:
                noted.pending.append((owning, ties, frame, known, element))
        for handle, ties, frame, known, element in noted.pending:
            for tie in ties:
                other = known or frame.settled(tie.name)
                if other is None or other.state != SETTLED:
                    continue
                if tie.plain:
                    handle.body[tie.last] = {"reference": other.reference}
                    if tie.subject and other.type == "Patient":
                        handle.subject = other
                else:
                    self.tie(handle, tie, other, element)
        for search, said, tie, other in noted.searches:
            found = self.found(search, said, other) if other.state == SETTLED else None
            if found is not None:
                self.tie(found, tie, other, None)
        self.merge_bodies()
        kept = [handle for handle in self.run.handles if handle.state == SETTLED]
        for handle, tie in self.noted.ends:
            others = [{"reference": h.reference} for h in kept if h is not handle]
            if not others:  # a Provenance of nothing: an answer that found no patient
                return []
            handle.body[tie.last] = others
        self.require_subjects(kept)
        kept.sort(key=_turn)
        return kept

    def require_subjects(self, kept: Sequence[Handle]) -> None:
        """Raise where a report belongs to nobody: it stands before the patient of its message."""
        if PATIENT not in self.plan.file.requires or self.run.profile.sample is not None:
            return
        reason = self.plan.file.requires[PATIENT]
        if any(one.type == "DiagnosticReport" and "subject" not in one.body for one in kept):
            said = "a report stands before its patient, or beside nobody: PID comes before OBR"
            raise Rejected(said, code=reason, where="PID")

    def found(self, search: Search, said: tuple[str, ...], asking: Handle) -> Handle | None:
        """Return the one resource of the message that a row means; None for none or several."""
        asked = tuple(at for at, text in enumerate(said) if text)
        if not asked:
            return None
        index = self.indexes.get((id(search), asked))
        if index is None:
            index = self.indexes[id(search), asked] = self.index(search, asked)
        fits = [handle for handle in index.get(tuple(said[at] for at in asked), ()) if handle is not asking]
        return fits[0] if len(fits) == 1 else None

    def index(self, search: Search, asked: tuple[int, ...]) -> dict[tuple[str, ...], list[Handle]]:
        """Return the resources that a search may mean, by what they say; looked through once a message."""
        run, index = self.run, dict[tuple[str, ...], list[Handle]]()
        for handle in run.handles:
            act = handle.step
            if handle.state != SETTLED or act is None or act.step.name != search.among:
                continue
            run.frame = handle.frame
            if search.test is None or search.test(handle.fields, run):
                key = tuple(search.same[at][0](handle.fields, run).strip() for at in asked)
                index.setdefault(key, []).append(handle)
        return index

    def require(self) -> None:
        """Raise where nothing made a resource that the map requires, or one of them cannot be told."""
        made = [handle for handle in self.run.handles if handle.step is not None]
        have = {one.step.step.name for one in made if one.step and one.state == SETTLED}
        if self.run.profile.sample is not None and stands(self.run):
            have.add(PATIENT)
        lost = {
            one.step.step.name
            for one in made
            if one.step and one.state == LEFT_OUT and not one.step.step.only and one.body.keys() > _BARE
        }
        for names, reason in self.plan.file.requires.items():
            wanted = names.split(" or ")
            if names != "merge" and (have.isdisjoint(wanted) or not lost.isdisjoint(wanted)):
                raise Rejected(f"the message names no {names}", code=reason, where=self.plan.file.structure)

    def tie(self, handle: Handle, tie: Tie, other: Handle, element: dict[str, Any] | None) -> None:
        """Write the Reference to ``other``; ``element`` is what else the list element says."""
        here = handle.body
        inside: tuple[dict[str, Any], str] | None = None
        for name, many in tie.way:  # on copies: what is there may be shared with other messages
            if many:
                fresh: dict[str, Any] = dict(element) if element else {}
                here[name] = [*here.get(name, ()), fresh]
                inside = here, name
            else:
                fresh = here[name] = dict(here.get(name, ()))
            here = fresh
        reference = {"reference": other.reference}
        if not tie.way and tie.many:
            self.extend(handle, tie.last, other.reference)
            return
        if not tie.many:
            here[tie.last] = reference
            if tie.subject and other.type == "Patient":
                handle.subject = other
        elif reference not in (there := here.get(tie.last, ())):
            here[tie.last] = [*there, reference]
        if inside is not None:  # the same twice, where two segments mean one resource
            *before, last = inside[0][inside[1]]
            if last in before:
                inside[0][inside[1]] = before

    def extend(self, handle: Handle, name: str, reference: str) -> None:
        """Append a Reference to a list of a resource, once; the list is copied once, it may be shared."""
        known = self.lists.get((id(handle), name))
        if known is None:
            there = handle.body[name] = list(handle.body.get(name, ()))
            known = self.lists[id(handle), name] = (
                there,
                {one["reference"] for one in there if one.keys() == {"reference"}},
            )
        there, references = known
        if reference not in references:
            references.add(reference)
            there.append({"reference": reference})

    def merge_bodies(self) -> None:
        """Two resources of one identity become one; the earlier one keeps what it says.

        A record of a diagnosis that is withdrawn takes back none that stands beside it: the store tells them
        apart by their numbers.
        """
        first: dict[tuple[str, bool], Handle] = {}
        joined: dict[int, int] = {}
        for handle in self.run.handles:
            if handle.state != SETTLED:
                continue
            same = first.setdefault((handle.reference, is_withdrawn(handle)), handle)
            if same is not handle:
                join(same, handle)
                handle.state = LEFT_OUT
                joined[handle.number] = same.number
        if joined:
            self.run.lineage[:] = renumbered(self.run.lineage, joined)

    def draft(self, handle: Handle) -> Draft:
        body = handle.body
        return Draft(
            handle.type,
            handle.id,
            body,
            handle.key,
            handle.subject.id if handle.subject is not None else "",
            tuple([name for name in handle.cleared if not _is_written(body, name)]) if handle.cleared else (),
            tuple([name for name in handle.fills if name in body]) if handle.fills else (),
            not (handle.stub or _is_mentioned(handle))
            and (self.run.profile.owner(handle.type) or _owned(handle)),
            handle.number,
            handle.step is not None and bool(handle.step.step.moves),
            handle.mark,
            self.plan.file.structure.startswith(_REGISTERS)
            and not (handle.type == "Patient" and self.run.message.header(9).startswith(_DELETES)),
            handle.type == "Encounter" and self.run.message.header(9).startswith("CDA"),
            handle.bare != "",
            handle.bare or "",
        )

    def joined(self) -> list[Merge]:
        """Return the identities that the message joins (MRG) or links."""
        merges: list[Merge] = []
        for joining, said, frame in self.noted.merges:
            survivor = frame.find(joining.into)
            if survivor is None or not survivor.id:
                continue
            if not self.run.profile.owner(survivor.type):
                raise Rejected(
                    f"this sender does not own {survivor.type} and may not join two of them",
                    code="not-the-owner",
                    where="MRG" if joining.how else self.plan.file.structure,
                )
            if joining.how:
                merges += self.merged(joining, said, survivor)
            else:
                other = frame.find(joining.other)
                if other is not None and other.id and other.id != survivor.id:
                    key = other.key or ("", "")
                    merges.append(Merge(joining.type, key, other.id, survivor.id, joining.kind))
        return merges

    def merged(self, joining: Joining, said: str, survivor: Handle) -> Iterator[Merge]:
        """Yield what ends in ``survivor``: one for each number of the field.

        Where some of them are of the kind that identifies (MR), the others (an insurance number) are further
        numbers of the same ones, as they are in PID-3.
        """
        kinds = survivor.step.step.key if survivor.step is not None else ()
        kinds = tuple(kinds.get("identifier", ())) if isinstance(kinds, dict) else ()
        numbers = [made for raw in said.split("~") if raw and (made := self.run.by_map(joining.how, raw))]
        numbers = [made for made in numbers if made.get("value")]
        ranks = [rank_of(made, kinds) for made in numbers]
        further = tuple(compress(numbers, [rank != min(ranks) for rank in ranks]))
        for made in compress(numbers, [rank == min(ranks) for rank in ranks]):
            key = (made.get("system") or self.run.local("id", survivor.type), made["value"])
            retired = seed(self.run.tenant, survivor.type, *key)
            if retired != survivor.id:
                yield Merge(survivor.type, key, retired, survivor.id, joining.kind, dict(made), further)

    def event_at(self) -> int | None:
        """Return when it happened: the first time with hours, else the first day.

        A day alone says too little: its first moment would make the event older than what came before it.
        A time more than a day ahead of us is an error of the sender's clock, and would lock the record.
        """
        run = self.run
        texts = [text.strip() for read in self.plan.event_at if (text := read([], run))]
        texts.sort(key=lambda text: len(text) <= _DAY)
        latest = run.envelope.received_at + _AHEAD_US if run.envelope.received_at else None
        for text in texts:
            moment = to_us(text, run.zone)
            if moment is None:
                continue
            if latest is None or moment <= latest:
                return moment
            run.issues.append(
                Issue(
                    "warning",
                    "value",
                    self.plan.file.structure,
                    "event_at",
                    "the event lies in the future; its time was not used",
                    "事件时间在未来，未用于判断先后",
                )
            )
        return None
