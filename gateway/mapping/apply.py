"""Apply: walk the segments of one message, let the rows write, then settle identities and references."""

from __future__ import annotations

from collections import Counter
from itertools import compress
from typing import Any

from gateway.canonical import Draft, Issue, Merge, Translation
from gateway.canonical.lineage import MARK, pack
from gateway.errors import Rejected
from gateway.mapping.identity import beside, seed
from gateway.mapping.messages import Act, Key, MessageMap, Place, Tie
from gateway.mapping.run import (
    DEFAULTS,
    LEFT_OUT,
    NOWHERE,
    SETTLED,
    SETTLING,
    Frame,
    Handle,
    Run,
    pick_identifier,
)
from gateway.mapping.times import to_us
from gateway.wire import er7

HEADER_KNOWN = frozenset({0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20})
"""Fields of MSH that the gateway itself reads, or that only route the message."""

NOTHING_KNOWN = frozenset({0})

_DAY = len("2026-01-31")
"""Longest text of a day without a time."""

_AHEAD_US = 86_400_000_000

_INDEXES = range(512)
_SUBJECTS = ("subject", "patient", "beneficiary")
_ESCAPES = {"|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\\": "\\E\\"}


def _provenance_last(handle: Handle) -> bool:
    return handle.type == "Provenance"


def _join(body: dict[str, Any], other: dict[str, Any]) -> None:
    """Add to ``body`` what the same resource says elsewhere in the message; lists are united."""
    for name, value in other.items():
        mine = body.setdefault(name, value)
        if mine is not value and isinstance(mine, list):
            body[name] = [*mine, *(one for one in value if one not in mine)]


def _is_written(body: dict[str, Any], path: str) -> bool:
    """Return whether the message says something about the element of that dotted name."""
    here: Any = body
    for name in path.split("."):
        if not isinstance(here, dict) or name not in here:
            return False
        here = here[name]
    return True


def normal_fields(message: er7.Message) -> list[list[str]]:
    """Return the fields of every segment, written with the default separators."""
    if message.separators[:5] == DEFAULTS[:5]:
        return [segment.fields for segment in message.segments]
    change = {ord(char): escape for char, escape in _ESCAPES.items()}
    change |= {ord(old): new for old, new in zip(message.separators[:5], DEFAULTS[:5], strict=False) if old}
    fields = [segment.text.translate(change).split("|") for segment in message.segments]
    for one in fields:
        if one[0] == "MSH":
            one[1:2] = ["|", "^~\\&"]
    return fields


class Application:
    """One message on its way through one message map."""

    __slots__ = ("ends", "merges", "number", "pending", "plan", "root", "run", "unmapped", "used")

    def __init__(self, run: Run, plan: MessageMap) -> None:
        self.run, self.plan = run, plan
        self.root = run.frame
        self.number = 0
        self.pending: list[tuple[Handle, Tie, Frame, Handle | None, dict[str, Any] | None]] = []
        self.ends: list[tuple[Handle, Tie]] = []
        self.merges: list[tuple[str, str, str, Frame]] = []
        self.unmapped: dict[str, int] = {}
        self.used: dict[tuple[str, str], int] = {}

    def group_segments(self) -> list[tuple[list[str], Frame, Place | None]]:
        """Return every segment with its open group and its place in the structure.

        All are placed before any row runs, so that ORC can read the OBR that follows it.
        """
        move, places, extras = self.plan.walk.move, self.plan.places, self.plan.extras
        stack, cursor, placed = [self.root], 0, []
        for index, f in enumerate(normal_fields(self.run.message)):
            name, place = f[0], places.get(0)
            if index:
                step = move(cursor, name)
                cursor = step.cursor
                if step.leaf >= 0:
                    del stack[step.keep :]
                    for group in step.opens:
                        stack.append(Frame(group, stack[-1]))
                place = places.get(step.leaf) if step.leaf >= 0 else extras.get(name)
            stack[-1].place(name, f)
            placed.append((f, stack[-1], place))
        return placed

    def walk(self) -> None:
        """Let every segment do what its place says."""
        run = self.run
        for index, (f, frame, place) in enumerate(self.group_segments()):
            name = run.segment = f[0]
            run.frame = frame
            frame.segments[name] = f
            known = HEADER_KNOWN if not index else NOTHING_KNOWN
            if place is not None:
                for act in place.acts:
                    if act.test is None or act.test(f, run):
                        self.act(act, f, frame, index)
                known = place.known if index else known | place.known
            self.unread(name, f, known)

    def unread(self, name: str, f: list[str], known: frozenset[int]) -> None:
        """Count the valued fields that no row reads."""
        if known.issuperset(compress(_INDEXES, f)):
            return
        for at in compress(_INDEXES, f):
            if at not in known:
                path = f"{name}-{at}"
                self.unmapped[path] = self.unmapped.get(path, 0) + 1

    def act(self, act: Act, f: list[str], frame: Frame, index: int) -> None:
        """Carry out one row of the message map."""
        if act.merge is not None:
            how, field, into = act.merge
            self.merges.append((how, f[field] if len(f) > field else "", into, frame))
            return
        handle = self.handle(act, f, frame)
        if handle is None:
            return
        lineage = self.run.lineage
        lineage += (MARK, index, handle.number, act.rule)
        if act.call is not None:
            act.call(f, handle, self.run)
        for tie in act.links:
            if tie.name == "*":
                self.ends.append((handle, tie))
            else:
                self.pending.append((handle, tie, frame, None, None))
        if act.appends:
            self.append(act, handle, f, frame)

    def append(self, act: Act, handle: Handle, f: list[str], frame: Frame) -> None:
        """Note the references to this resource that others shall carry, with what the row says of them."""
        element: dict[str, Any] | None = None
        if act.element is not None:
            beside = Handle(handle.type, frame, act, f, handle.number)
            element = {}
            beside.body = element
            act.element(f, beside, self.run)
        for owner, tie in act.appends:
            target = frame.find(owner)
            if target is not None:
                other = handle if tie.name == act.step.name else None
                self.pending.append((target, tie, frame, other, element))

    def handle(self, act: Act, f: list[str], frame: Frame) -> Handle | None:
        """Return the resource that a row fills: an earlier one, or a new one."""
        step = act.step
        if not step.make:
            return frame.find(step.into)
        home = frame
        if step.per:
            home = self.group(frame, step.per)
            found = home.names.get(step.name)
            if found is not None:
                return found
        self.number += 1
        handle = Handle(step.make, home, act, f, self.number)
        handle.stub = step.only == "stub"
        self.run.handles.append(handle)
        if step.name:
            home.names[step.name] = handle
        return handle

    def group(self, frame: Frame, name: str) -> Frame:
        """Return the open group of that name; the message where there is none."""
        here: Frame | None = frame
        while here is not None and here.group != name:
            here = here.parent
        return here if here is not None else self.root

    # -- afterwards -------------------------------------------------------------------------------------

    def finish(self, version: str) -> Translation:
        """Settle identities and references and return what the message became.

        Raises:
            Rejected: a resource that the map requires has no identity; the code is the map's reason.
        """
        run = self.run
        for handle in run.handles:
            self.identify(handle)
        self.require()
        for handle, tie, frame, known, element in self.pending:
            other = known or frame.find(tie.name)
            if other is not None and other.state == SETTLED:
                self.tie(handle, tie, other, element)
        self.merge_bodies()
        kept = [handle for handle in run.handles if handle.state == SETTLED]
        for handle, tie in self.ends:
            handle.body[tie.last] = [{"reference": h.reference} for h in kept if h is not handle]
        kept.sort(key=_provenance_last)
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
            unmapped=Counter(self.unmapped),
            gaps=Counter(run.gaps),
            issues=run.issues,
        )

    def identify(self, handle: Handle) -> str:
        """Give a resource its seed id, ``""`` where no key of its row works."""
        if handle.state:
            return handle.id if handle.state == SETTLED else ""
        handle.state = SETTLING
        act: Act = handle.step
        for key in act.keys:
            if self.by_key(handle, key):
                handle.settle()
                return handle.id
        handle.state = LEFT_OUT
        self.run.issues.append(
            Issue(
                "warning",
                "required",
                act.step.at,
                act.step.id,
                f"no identity for this {handle.type}; it was left out",
                f"缺少{handle.type}的标识，未写入",
            )
        )
        return ""

    def by_key(self, handle: Handle, key: Key) -> bool:
        run = self.run
        if key.identifier is not None:
            picked = pick_identifier(handle.body, key.identifier)
            if picked is None:
                return False
            system = picked[0] or run.local("id", handle.type)
            handle.key = (system, picked[1] + self.scope(handle))
            handle.id = seed(run.tenant, handle.type, *handle.key)
            return True
        value = key.fixed or self.composed(handle, key)
        if not value:
            return False
        value += self.scope(handle)
        used = self.used[(handle.type, value)] = self.used.get((handle.type, value), 0) + 1
        # Two results with the same code and sub-id are two results: the second gets its number.
        handle.id = seed(run.tenant, handle.type, "key", value if used == 1 else f"{value}#{used}")
        parent = handle.frame.find(key.parts[0].name) if key.parts and key.parts[0].name else None
        if parent is not None:
            handle.id = beside(handle.id, parent.id)
        return True

    def scope(self, handle: Handle) -> str:
        """Return what makes a recycled number unique, as the sender's profile says for this type."""
        kind = self.run.profile.scope.get(handle.type)
        if kind is None:
            return ""
        if kind == "visit":
            visit = handle.frame.find("encounter")
            return "|" + self.identify(visit) if visit is not None and visit is not handle else "|"
        day = next((text for read in self.plan.event_at if (text := read([], self.run))), "")
        return "|" + day.strip()[: 4 if kind == "year" else 8]

    def composed(self, handle: Handle, key: Key) -> str:
        values, valued, run = [], False, self.run
        run.frame = handle.frame
        for part in key.parts:
            if part.name:
                other = handle.frame.find(part.name)
                if other is None or not self.identify(other):
                    return ""
                run.frame = handle.frame  # settling the other one may have moved it
                values.append(other.id)
            elif part.value is not None:
                values.append(part.value(handle.fields, run).strip())
                valued = valued or bool(values[-1])
        return "|".join(values) if valued else ""

    def require(self) -> None:
        """Raise where nothing made a resource that the map requires."""
        have = {h.step.step.name for h in self.run.handles if h.step is not None and h.state == SETTLED}
        for name, reason in self.plan.file.requires.items():
            if name != "merge" and name not in have:
                raise Rejected(f"the message names no {name}", code=reason, where=self.plan.file.structure)

    def tie(self, handle: Handle, tie: Tie, other: Handle, element: dict[str, Any] | None) -> None:
        """Write the Reference to ``other``; ``element`` is what else the list element says."""
        here = handle.body
        for name, many in tie.way:  # on copies: what is there may be shared with other messages
            if many:
                fresh: dict[str, Any] = dict(element) if element else {}
                here[name] = [*here.get(name, ()), fresh]
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

    def merge_bodies(self) -> None:
        """Two resources of one identity become one; the earlier one keeps what it says."""
        first: dict[str, Handle] = {}
        for handle in self.run.handles:
            if handle.state != SETTLED:
                continue
            same = first.setdefault(handle.reference, handle)
            if same is not handle:
                _join(same.body, handle.body)
                handle.state = LEFT_OUT

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
            not handle.stub and self.run.profile.owner(handle.type),
            handle.number,
            handle.mark,
        )

    def joined(self) -> list[Merge]:
        """Return the identities that the message joins (MRG)."""
        merges: list[Merge] = []
        for how, field, into, frame in self.merges:
            survivor = frame.find(into)
            if survivor is None or not survivor.id:
                continue
            if not self.run.profile.owner(survivor.type):
                raise Rejected(
                    f"this sender does not own {survivor.type} and may not join two of them",
                    code="not-the-owner",
                    where="MRG",
                )
            for raw in field.split("~"):
                made = self.run.by_map(how, raw) if raw else None
                if not made or not made.get("value"):
                    continue
                key = (made.get("system") or self.run.local("id", survivor.type), made["value"])
                retired = seed(self.run.tenant, survivor.type, *key)
                if retired != survivor.id:
                    merges.append(Merge(survivor.type, key, retired, survivor.id))
        return merges

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
