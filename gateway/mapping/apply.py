"""Apply: walk the segments of one message and let the rows write (what comes after: ``settle.py``)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress, repeat
from typing import Any

from gateway.canonical import Translation
from gateway.canonical.lineage import MARK
from gateway.mapping.acts import Act, Search
from gateway.mapping.alone import check_same
from gateway.mapping.handles import Frame, Handle
from gateway.mapping.places import MessageMap, Place
from gateway.mapping.run import DEFAULTS, Run
from gateway.mapping.settle import Noted, Settlement
from gateway.mapping.shapes import Shaped
from gateway.wire import er7

HEADER_KNOWN = frozenset({0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20})
"""Fields of MSH that the gateway itself reads, or that only route the message."""

NOTHING_KNOWN = frozenset({0})

_INDEXES = range(512)
_NO_TEXTS = repeat("\\")
"""Of a message with separators of its own, or control characters: every segment takes the long way."""

_ESCAPES = {"|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\\": "\\E\\"}


def normal_fields(message: er7.Message) -> list[list[str]]:
    """Return the fields of every segment, written with the default separators."""
    if message.separators[:5] == DEFAULTS[:5]:
        return [segment.fields for segment in message.segments]
    change = {ord(char): escape for char, escape in _ESCAPES.items()}
    change |= {ord(old): new for old, new in zip(message.separators[:5], DEFAULTS[:5], strict=False) if old}
    fields = [[segment.name, *segment.text.translate(change).split("|")[1:]] for segment in message.segments]
    for one in fields:
        if one[0] == "MSH":
            one[1:2] = ["|", "^~\\&"]
    return fields


class Application:
    """One message on its way through one message map."""

    __slots__ = ("findable", "noted", "number", "placed", "plan", "root", "run")

    def __init__(self, run: Run, plan: MessageMap) -> None:
        self.run, self.plan = run, plan
        self.root = run.frame
        self.number = 0
        self.noted = Noted()
        self.placed: list[tuple[list[str], Frame, Place | None]] = []
        self.findable: dict[int, bool] = {}

    def group_segments(self) -> list[tuple[list[str], Frame, Place | None]]:
        """Return every segment with its open group and its place in the structure.

        All are placed before any row runs, so that ORC can read the OBR that follows it.
        """
        move, places, extras = self.plan.walk.move, self.plan.places, self.plan.extras
        segments, repairs = normal_fields(self.run.message), self.run.profile.repairs
        if repairs is not None:
            segments = repairs(segments, self.run)
        stack, cursor, placed = [self.root], 0, []
        for index, f in enumerate(segments):
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

    def texts(self) -> list[str]:
        """Return the text of every segment, of MSH what stands behind the separators that it declares."""
        if self.run.profile.repairs is None:
            first, *others = [segment.text for segment in self.run.message.segments]
        else:
            first, *others = ["|".join(f) for f, _, _ in self.placed]
        return [first.split("|", 2)[-1], *others]

    def walk(self) -> None:
        """Let every segment do what its place says: in short where its shape is known, else row by row."""
        run = self.run
        placed = self.placed = self.group_segments()
        texts = self.texts() if run.plain else _NO_TEXTS
        for index, ((f, frame, place), text) in enumerate(zip(placed, texts, strict=False)):
            name = run.segment = f[0]
            run.frame = frame
            frame.segments[name] = f
            if place is None:
                self.unread(f, None)
                continue
            if "\\" not in text and (
                '"' not in text or '""' not in text
            ):  # one sign is found much faster than two
                valued, repeats = tuple(compress(_INDEXES, f)), "~" in text
                shaped = place.shapes.known[repeats].get(valued) or self.meet(place, f, valued, repeats)
                if shaped is not None:
                    self.short(shaped, f, frame, index)
                    continue
            for act in place.acts:
                if act.test is None or act.test(f, run):
                    self.act(act, act.call, f, frame, index)
            self.unread(f, place)

    @staticmethod
    def meet(place: Place, f: list[str], valued: tuple[int, ...], repeats: bool) -> Shaped | None:
        """Return what happens at a place to a shape that is not known yet, None while it is a rare one."""
        if not place.read:
            place.learn(HEADER_KNOWN if f[0] == "MSH" else NOTHING_KNOWN)
        return place.shapes.meet(valued, repeats, dict(place.partly), place.read)

    def short(self, shaped: Shaped, f: list[str], frame: Frame, index: int) -> None:
        """Let a segment of a known shape do what is left of its place."""
        choices = shaped.always
        if choices is None:
            choices = shaped.chosen.get(shaped.asks(f)) or shaped.choose(f)
        for act, call, test in choices:
            if test is None or test(f, self.run):
                self.act(act, call, f, frame, index)
        for at, path, reads in shaped.partly:
            left = reads.seen.get(f[at])
            for part in reads.left(f[at]) if left is None else left:
                self.count(path + part)
        for path in shaped.unread:
            self.count(path)

    def unread(self, f: list[str], place: Place | None) -> None:
        """Count the valued parts that no row reads: fields, components, sub-components."""
        name, known = f[0], HEADER_KNOWN if f[0] == "MSH" else NOTHING_KNOWN
        if place is not None:
            if not place.read:
                place.learn(known)
            known = place.read
            for at, reads in place.partly:
                if at >= len(f):
                    break
                text = f[at]
                if text:
                    left = reads.seen.get(text)
                    for part in reads.left(text) if left is None else left:
                        self.count(f"{name}-{at}{part}")
        if not known.issuperset(compress(_INDEXES, f)):
            for at in compress(_INDEXES, f):
                if at not in known and f[at] != '""':
                    self.count(f"{name}-{at}")

    def count(self, path: str) -> None:
        """Count what no row reads."""
        unmapped = self.noted.unmapped
        unmapped[path] = unmapped.get(path, 0) + 1

    def act(self, act: Act, call: Callable[..., None] | None, f: list[str], frame: Frame, index: int) -> None:
        """Carry out one row of the message map; ``call`` is its map."""
        if act.merge is not None:
            field = act.merge.field
            self.noted.merges.append((act.merge, f[field] if len(f) > field else "", frame))
            return
        handle = self.handle(act, f, frame)
        if handle is None:
            return
        lineage = self.run.lineage
        lineage += (MARK, index, handle.number, act.rule)
        if call is not None:
            call(f, handle, self.run)
        if act.links:
            self.noted.pending.append((handle, act.links, frame, None, None))
        for tie in act.ends:
            self.noted.ends.append((handle, tie))
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
        search = act.search
        for owner, ties, own in act.appends:
            if search is not None and owner == search.name:
                if self.may_find(search):
                    said = tuple([here(f, self.run).strip() for _, here in search.same])
                    self.noted.searches.append((search, said, ties[0], handle))
                continue
            target = frame.find(owner)
            if target is not None:
                self.noted.pending.append((target, ties, frame, handle if own else None, element))
            else:
                self.noted.late.append((owner, ties, frame, handle if own else None, element))

    def may_find(self, search: Search) -> bool:
        """Return whether any segment of the message may be the one that a search looks for."""
        found = self.findable.get(id(search))
        if found is None:
            may, segment = search.may, search.segment
            found = may is None or any(f[0] == segment and may(f) for f, _, _ in self.placed)
            self.findable[id(search)] = found
        return found

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
                if found.step is act:
                    check_same(found.fields, f)
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

    def finish(self, version: str) -> Translation:
        """Return what the message became; see :meth:`Settlement.finish`."""
        return Settlement(self.run, self.plan, self.noted).finish(version)
