"""Turning: a merge the other way round (A40 of M5 into M6, later of M6 into M5) turns the first one round.

Who is named as going on had ended in the very one that ends now. All that is theirs is one person's: the
earlier merge is taken back, and what went on ends in who is named, with everything that refers to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gateway.canonical import Issue, Merge, Resource, Translation
from gateway.errors import Rejected
from gateway.store.body import resource
from gateway.store.clock import Ticks
from gateway.store.identity import ident_key, key_of, replaced_by, survivor_of
from gateway.store.interaction import Interactions
from gateway.store.lookup import IdentKey
from gateway.store.message import Message
from gateway.store.numbers import OLD, entry_of, in_force
from gateway.store.types import NUMBER
from gateway.store.unmerge import unmerge

_PATIENT = NUMBER["Patient"]
_MOST = 64
"""Patients who ended in one that are looked at."""


def turn(
    translation: Translation, message: Message, do: Interactions, ticks: Ticks
) -> tuple[Translation, list[str], list[Issue]]:
    """Take back the merges that a message turns round, before its own are done.

    Returns:
        The message with what else has to end in who goes on again; the new versions
        (``"Type/id/_history/n"``); what there is to say.

    Raises:
        Rejected: ``merge-not-turned``: several had ended under the number that goes on.
    """
    refs, issues, more = list[str](), list[Issue](), list[Merge]()
    for one in translation.merges:
        if one.kind == "merge" and one.type == "Patient":
            path = _path(translation, one, message, do, ticks.no)
            for id_ in reversed(path[:-1]):
                done = unmerge(do, ticks.no, id_, translation.event_at or ticks.ts_us)
                refs += done.names
            more += [made for id_ in path[1:-1] if (made := _ending(do, ticks.no, id_, one)) is not None]
            if path:
                issues.append(_TURNED if len(path) > 1 else _UNLINKED)
    return replace(translation, merges=[*more, *translation.merges]) if more else translation, refs, issues


def _path(translation: Translation, one: Merge, message: Message, do: Interactions, tenant: int) -> list[str]:
    """Return who ended in whom, from who is to go on to who went on until now (see ``_way``).

    Empty where nothing turns.
    """
    own = key_of(tenant, "Patient", one.survivor, translation.drafts)
    ends = ident_key(tenant, "Patient", one.key)
    now = message.belongs(own) if own else None
    if own is None or now is None or message.belongs(ends) != now:
        return []
    if not in_force(_body(do, tenant, now), *one.key) or message.numbers.is_late(own):
        return []
    ended = dict(_ended(do, tenant, now))
    if any(entry_of(body, *one.key) is not None for body in ended.values()):
        return []  # who went on goes on: what ends is the number of somebody else who had ended there
    named = _named(ended, one, own)
    if not named or message.undone(now, named):
        return []
    return _way(do, tenant, named, now)


def _way(do: Interactions, tenant: int, named: str, now: str) -> list[str]:
    """Return who ended in whom, from one to the other; the first alone where the links do not lead there.

    Links are elements like others: a client may have written somebody without them, or in a circle.
    """
    way = [named]
    while way[-1] != now:
        after = survivor_of(_body(do, tenant, way[-1]))
        if not after or after in way:
            return way[:1]
        way.append(after)
    return way


def _named(ended: Mapping[str, Resource], one: Merge, own: IdentKey) -> str:
    """Return who ended and is now said to go on, ``""`` for nobody: the number alone had ended."""
    found = [id_ for id_, body in ended.items() if in_force(body, *own[2:])]
    if one.survivor in found:
        return one.survivor
    if len(found) > 1:
        names = ", ".join(f"Patient/{id_}" for id_ in found)
        raise Rejected(
            f"several ended under the number that is to go on now: {names}; take back the merge of the wrong "
            "ones (qiao match undo Patient/ID), then replay",
            code="merge-not-turned",
            where="Patient",
        )
    return found[0] if found else ""


def _ended(do: Interactions, tenant: int, now: str) -> Iterator[tuple[str, Resource]]:
    """Yield those who ended in a Patient, and in those."""
    front, seen = replaced_by(_body(do, tenant, now)), {now}
    while front and len(seen) <= _MOST:
        id_ = front.pop(0)
        body = _body(do, tenant, id_) if id_ not in seen else {}
        seen.add(id_)
        if body:
            yield id_, body
            front += replaced_by(body)


def _ending(do: Interactions, tenant: int, id_: str, one: Merge) -> Merge | None:
    """Return the merge of somebody who stood between the two into who goes on; None: no number tells who."""
    said = _body(do, tenant, id_).get("identifier", ())
    numbers = [one for one in said if one.get("use") != OLD and one.get("value")]
    if not numbers:
        return None
    key = (numbers[0].get("system") or one.key[0], numbers[0]["value"])
    return Merge("Patient", key, id_, one.survivor, number=numbers[0])


def _body(do: Interactions, tenant: int, id_: str) -> Resource:
    said = do.body((tenant, _PATIENT, id_))
    return resource(said) if said else {}


_TURNED = Issue(
    "information", "business-rule", "Patient", "merge-turned",
    "the earlier merge was the other way round: who had ended goes on now, with everything of both",
    "之前的合并方向相反：原先被合并的患者现在存续，双方的资源都归其名下",
)  # fmt: skip

_UNLINKED = Issue(
    "warning", "business-rule", "Patient", "merge-not-turned",
    "who is to go on had ended here, and was written since without the link of that merge: only the numbers "
    "were turned; look at both patients",
    "要存续的患者曾在此终止，但之后被改写而失去合并链接：只对调了号码，请核对这两位患者",
)  # fmt: skip
