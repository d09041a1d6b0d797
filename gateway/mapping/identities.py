"""Identities: the seed id of every resource that a message made, by the key of its row."""

from __future__ import annotations

from typing import Any

from gateway.canonical import Issue
from gateway.canonical.named import name_of
from gateway.canonical.placeholders import is_placeholder
from gateway.mapping.acts import Act, Key
from gateway.mapping.handles import LEFT_OUT, SETTLED, SETTLING, Handle, pick_identifier
from gateway.mapping.identity import beside, seed, seed_once
from gateway.mapping.places import MessageMap
from gateway.mapping.run import Run


class Identities:
    """The identities of one message."""

    __slots__ = ("others", "plan", "run", "used")

    def __init__(self, run: Run, plan: MessageMap) -> None:
        self.run, self.plan = run, plan
        self.used: dict[tuple[str, str], int] = {}
        self.others: dict[tuple[str, str], list[Handle]] = {}

    def identify(self, handle: Handle) -> str:
        """Give a resource its seed id, ``""`` where no key of its row works."""
        if handle.state:
            return handle.id if handle.state == SETTLED else ""
        handle.state = SETTLING
        act: Act = handle.step
        for key in act.keys:
            if self.by_key(handle, key, last=key is act.keys[-1]):
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

    def by_key(self, handle: Handle, key: Key, *, last: bool) -> bool:
        run = self.run
        if key.identifier is not None:
            picked = pick_identifier(handle.body, key.identifier)
            if picked is None:
                return False
            system = picked[0] or run.local("id", handle.type)
            handle.key = (system, picked[1] + self.scope(handle))
            handle.id = seed(run.tenant, handle.type, *handle.key)
            return True
        value = key.fixed or self.composed(handle, key, last=last)
        if not value:
            return False
        value += self.scope(handle) + self.part(handle)
        if key.like_datatype:
            handle.key = (run.local("key", handle.type), value.rstrip("|"))
            handle.id = seed(run.tenant, handle.type, *handle.key)
            return True
        if handle.step.step.again == "new":
            used = self.used[(handle.type, value)] = self.used.get((handle.type, value), 0) + 1
            if used > 1:
                value = f"{value}#{used}"
        elif handle.step.step.again == "apart":
            value = self.apart(handle, value)
        handle.id = self.seeded(handle, key, value)
        if handle.step.step.again == "named":
            self.name(handle, key, value)
        return True

    def seeded(self, handle: Handle, key: Key, value: str) -> str:
        """Return the id of a composed key, beside that of the resource that it begins with."""
        ident = seed_once(self.run.tenant, handle.type, "key", value)
        parent = handle.frame.settled(key.parts[0].name) if key.parts and key.parts[0].name else None
        return ident if parent is None else beside(ident, parent.id)

    def name(self, handle: Handle, key: Key, value: str) -> None:
        """Tell a resource by its name from others of its key: the first one keeps the id of the key.

        The store may decide otherwise (``gateway.store.namesakes``): it knows which one was there before.
        """
        name = name_of(handle.body)
        if not name:
            return
        bare, own = handle.id, self.seeded(handle, key, f"{value}#{name}")
        handle.key = (self.run.local("name", handle.type), own)
        handle.bare = bare if handle.body.get("identifier") else ""
        there = self.others.setdefault((handle.type, value), [])
        there.append(handle)
        if len({one.key for one in there}) == 1:
            return
        for one in there:
            one.bare = bare
        if handle.key != there[0].key:
            handle.id = own

    def apart(self, handle: Handle, value: str) -> str:
        """Return the key with a number behind it where another resource has it and says something else."""
        others = self.others.setdefault((handle.type, value), [])
        at = next((at for at, one in enumerate(others) if not _contradict(one.body, handle.body)), None)
        if at is None:
            at = len(others)
            others.append(handle)
        return f"{value}#{at + 1}" if at else value

    def part(self, handle: Handle) -> str:
        """Return what tells the parts of one message apart (``er7.apart``), whose header is the same."""
        at = handle.step.step.at if handle.step is not None else ""
        number = self.run.envelope.meta.get("part", "") if at == "MSH" else ""
        return f"#{number}" if number else ""

    def scope(self, handle: Handle) -> str:
        """Return what makes a recycled number unique, as the sender's profile says for this type."""
        kind = self.run.profile.scope.get(handle.type)
        if kind is None:
            return ""
        if kind == "visit":
            visit = handle.frame.find("encounter")
            return "|" + self.identify(visit) if visit is not None and visit is not handle else "|"
        if kind == "kind":
            codings = handle.body.get("type", {}).get("coding", ())
            return next((f"|{one['code']}" for one in codings if one.get("code")), "")
        if kind == "admission":
            start = str(handle.body.get("period", {}).get("start", ""))
            return f"|{start[:10]}" if start else ""
        day = next((text for read in self.plan.event_at if (text := read([], self.run))), "")
        return "|" + day.strip()[: 4 if kind == "year" else 8]

    def composed(self, handle: Handle, key: Key, *, last: bool) -> str:
        """Return the parts as one text, empty where they tell nothing.

        The first path of a key tells one from another: without it (a report without a number, of which only
        the code is left) the next key has its turn. The last key makes do with any of its paths. What is a
        placeholder (``不详``) tells nothing.
        """
        values, valued, run = [], False, self.run
        run.frame = handle.frame
        for part in key.parts:
            if part.name:
                other = handle.frame.settled(part.name)
                if other is None or not self.identify(other):
                    return ""
                run.frame = handle.frame  # settling the other one may have moved it
                values.append(other.id)
            elif part.value is not None:
                text = part.value(handle.fields, run).strip()
                values.append("" if is_placeholder(text) else text)
                if not values[-1] and not valued and not last:
                    return ""
                valued = valued or bool(values[-1])
        return "|".join(values) if valued else ""


def _contradict(one: Any, other: Any) -> bool:
    """Tell whether two resources in the making say different things in the same place; the id is none."""
    if isinstance(one, dict) and isinstance(other, dict):
        return any(_contradict(one[name], other[name]) for name in one.keys() & other.keys() - {"id"})
    if isinstance(one, list) and isinstance(other, list):
        return len(one) != len(other) or any(map(_contradict, one, other))
    return bool(one != other)
