"""Settle: when all rows have run, what was made gets identities and references and becomes a Translation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.canonical import Draft, Issue, Merge, Translation
from gateway.canonical.lineage import MARK, pack
from gateway.errors import Rejected
from gateway.mapping.handles import LEFT_OUT, NOWHERE, SETTLED, Frame, Handle
from gateway.mapping.identities import Identities
from gateway.mapping.identity import seed
from gateway.mapping.messages import Joining, MessageMap, Search, Tie
from gateway.mapping.run import Run
from gateway.mapping.times import to_us

_DAY = len("2026-01-31")
"""Longest text of a day without a time."""

CHOICES = (
    "abatement",
    "deceased",
    "effective",
    "medication",
    "multipleBirth",
    "occurrence",
    "onset",
    "value",
)
"""Elements ``[x]`` of the types that messages say more than once; one member excludes the others."""

_AHEAD_US = 86_400_000_000
_SUBJECTS = ("subject", "patient", "beneficiary")

Pending = tuple[Handle, Tie, Frame, Handle | None, dict[str, Any] | None]
"""Who refers, how, from which group, to whom where that is known, and what else the list element says."""

Late = tuple[str, Tie, Frame, Handle | None, dict[str, Any] | None]
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


def _provenance_last(handle: Handle) -> bool:
    return handle.type == "Provenance"


def _owned(handle: Handle) -> bool:
    """Return whether the row that made it says that its sender decides about what it writes."""
    return handle.step is not None and bool(handle.step.step.owns)


def join(handle: Handle, other: Handle) -> None:
    """Add to a resource what the same one says elsewhere in the message; lists are united.

    What either wrote only as a default gives way to what the other knows.
    """
    defaults, others = handle.fills or set(), other.fills or set()
    for name, value in other.body.items():
        mine = handle.body.get(name)
        if mine is None or (name in defaults and name not in others):
            if mine is not None or not _says_otherwise(handle.body, name):
                handle.body[name] = value
        elif mine is not value and isinstance(mine, list) and name not in others:
            handle.body[name] = [*mine, *(one for one in value if one not in mine)]
    handle.fills = {name for name in defaults if name in others or name not in other.body}
    handle.fills |= {
        name for name in others if name not in defaults and handle.body.get(name) is other.body[name]
    }
    handle.cleared = [*(handle.cleared or ()), *(other.cleared or ())]
    handle.subject = handle.subject or other.subject
    handle.stub = handle.stub and other.stub
    handle.mark = b""  # it is no longer what was remembered


def _says_otherwise(body: dict[str, Any], name: str) -> bool:
    """Return whether another member of the choice ``x[x]`` to which ``name`` belongs is there already."""
    return any(name.startswith(stem) and _other_choice(body, name, stem) for stem in CHOICES)


def _other_choice(body: dict[str, Any], name: str, stem: str) -> bool:
    return name[len(stem) : len(stem) + 1].isupper() and any(
        one != name and one.startswith(stem) and one[len(stem) : len(stem) + 1].isupper() for one in body
    )


def renumbered(lineage: list[int], joined: dict[int, int]) -> list[int]:
    """Return the lineage with the numbers of resources that became one with another."""
    result, at = list(lineage), 0
    while at < len(result):
        result[at + 2] = joined.get(result[at + 2], result[at + 2])
        at += 4
        while at < len(result) and result[at] != MARK:
            at += 1
    return result


def _is_written(body: dict[str, Any], path: str) -> bool:
    """Return whether the message says something about the element of that dotted name."""
    here: Any = body
    for name in path.split("."):
        if not isinstance(here, dict) or name not in here:
            return False
        here = here[name]
    return True


class Settlement:
    """The end of one message on its way through one message map."""

    __slots__ = ("indexes", "noted", "plan", "run")

    def __init__(self, run: Run, plan: MessageMap, noted: Noted) -> None:
        self.run, self.plan, self.noted = run, plan, noted
        self.indexes: dict[tuple[int, tuple[int, ...]], dict[tuple[str, ...], list[Handle]]] = {}

    def finish(self, version: str) -> Translation:
        """Settle identities and references and return what the message became.

        Raises:
            Rejected: a resource that the map requires has no identity; the code is the map's reason.
        """
        run = self.run
        identities = Identities(run, self.plan)
        for handle in run.handles:
            identities.identify(handle)
        self.require()
        kept = self.referred()
        merges = self.joined()
        reason = self.plan.file.requires.get("merge")
        if reason and not merges:
            raise Rejected("the message names nothing to merge", code=reason, where="MRG")
        event_at = self.event_at()
        drafts = [self.draft(handle) for handle in kept]
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
        )

    def referred(self) -> Sequence[Handle]:
        """Write the references; return the resources that have an identity, Provenance last."""
        noted = self.noted
        for owner, tie, frame, known, element in noted.late:
            owning = frame.find(owner)
            if owning is not None:
                noted.pending.append((owning, tie, frame, known, element))
        for handle, tie, frame, known, element in noted.pending:
            other = known or frame.find(tie.name)
            if other is not None and other.state == SETTLED:
                self.tie(handle, tie, other, element)
        for search, said, tie, other in noted.searches:
            found = self.found(search, said, other) if other.state == SETTLED else None
            if found is not None:
                self.tie(found, tie, other, None)
        self.merge_bodies()
        kept = [handle for handle in self.run.handles if handle.state == SETTLED]
        for handle, tie in self.noted.ends:
            handle.body[tie.last] = [{"reference": h.reference} for h in kept if h is not handle]
        kept.sort(key=_provenance_last)
        return kept

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
        """Raise where nothing made a resource that the map requires."""
        have = {h.step.step.name for h in self.run.handles if h.step is not None and h.state == SETTLED}
        for name, reason in self.plan.file.requires.items():
            if name != "merge" and name not in have:
                raise Rejected(f"the message names no {name}", code=reason, where=self.plan.file.structure)

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
        if not tie.many:
            here[tie.last] = reference
            if other.type == "Patient" and tie.last in _SUBJECTS:
                handle.subject = other
        elif reference not in (there := here.get(tie.last, ())):
            here[tie.last] = [*there, reference]
        if inside is not None:  # the same twice, where two segments mean one resource
            *before, last = inside[0][inside[1]]
            if last in before:
                inside[0][inside[1]] = before

    def merge_bodies(self) -> None:
        """Two resources of one identity become one; the earlier one keeps what it says."""
        first: dict[str, Handle] = {}
        joined: dict[int, int] = {}
        for handle in self.run.handles:
            if handle.state != SETTLED:
                continue
            same = first.setdefault(handle.reference, handle)
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
            not handle.stub and (self.run.profile.owner(handle.type) or _owned(handle)),
            handle.number,
            handle.step is not None and bool(handle.step.step.moves),
            handle.mark,
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
        """Yield what ends in ``survivor``: one for each number of the field."""
        for raw in said.split("~"):
            made = self.run.by_map(joining.how, raw) if raw else None
            if not made or not made.get("value"):
                continue
            key = (made.get("system") or self.run.local("id", survivor.type), made["value"])
            retired = seed(self.run.tenant, survivor.type, *key)
            if retired != survivor.id:
                yield Merge(survivor.type, key, retired, survivor.id, joining.kind)

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
