"""Parting: a message that two Patients are two (ADT A37) takes back the merge that has made them one.

HL7 v2 has no event for it; a merge (A40) leaves both numbers with one Patient, and who says that they are
those of two persons means just that.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import permutations

from gateway.canonical import Issue, Merge, Resource, Translation
from gateway.store.body import resource
from gateway.store.clock import Ticks
from gateway.store.identity import ident_key, replaced_by, undone_row
from gateway.store.interaction import Interactions
from gateway.store.lookup import IdentKey
from gateway.store.message import Message
from gateway.store.numbers import in_force
from gateway.store.types import NUMBER
from gateway.store.unmerge import unmerge

_PATIENT = NUMBER["Patient"]


def part(
    translation: Translation, message: Message, do: Interactions, ticks: Ticks
) -> tuple[Translation, list[str], list[Issue]]:
    """Take back the merges of those whom a message parts, before its drafts look for their owners.

    Returns:
        The message, without what it says of whom it could not part; the new versions
        (``"Type/id/_history/n"``); what there is to say.
    """
    refs, issues = list[str](), list[Issue]()
    at = translation.event_at or ticks.ts_us
    for one in translation.merges:
        keys = _keys(translation, one, ticks.no)
        if one.kind != "unlink" or one.type != "Patient" or len(keys) != 2:
            continue
        owners = {message.belongs(key) or seed for key, seed in keys.items()}
        if len(owners) == 2:
            _remember(do, ticks.no, owners, at)
            continue
        (survivor,) = owners
        if not message.in_time((ticks.no, _PATIENT, survivor)):
            continue
        ended = _ended(do, ticks.no, survivor, one, keys)
        if len(ended) != 1:
            translation = _silenced(translation, set(keys.values()))
            issues.append(_UNKNOWN)
            continue
        done = unmerge(do, ticks.no, ended[0], at)
        _remember(do, ticks.no, (survivor, ended[0]), at)
        refs += done.names
        issues.append(_told(done.moved, len(done.left)))
    return translation, refs, issues


def _keys(translation: Translation, one: Merge, tenant: int) -> dict[IdentKey, str]:
    """Return the two numbers, each with the seed id of its Patient."""
    return {
        ident_key(tenant, draft.type, draft.key): draft.id
        for draft in translation.drafts
        if draft.key and draft.type == "Patient" and draft.id in (one.retired, one.survivor)
    }


def _remember(do: Interactions, tenant: int, two: Collection[str], at_us: int) -> None:
    """Leave word that two Patients are two, so that no merge counts that was said before and comes later."""
    for ends, goes_on in permutations(two):
        row = undone_row(tenant, ends, goes_on)
        if int(do.owner(row) or 0) < at_us:
            do.note(row, str(at_us))


def _ended(do: Interactions, tenant: int, survivor: str, one: Merge, keys: Collection[IdentKey]) -> list[str]:
    """Return who has ended in ``survivor`` and is meant by one of the numbers, as the other means that.

    A number that is ``old`` on either has come by another merge.
    """
    goes_on = resource(do.body((tenant, _PATIENT, survivor)))
    if not any(in_force(goes_on, *key[2:]) for key in keys):
        return []
    found = []
    for id_ in replaced_by(goes_on):
        said = do.body((tenant, _PATIENT, id_))
        if said and (
            id_ in (one.retired, one.survivor) or any(in_force(resource(said), *key[2:]) for key in keys)
        ):
            found.append(id_)
    return found


def _silenced(translation: Translation, ids: Collection[str]) -> Translation:
    """Return a message that says nothing of two of whom it cannot be told who is who."""
    drafts = [
        replace(draft, body=_bare(draft.body), cleared=(), fills=(), mark=b"")
        if draft.type == "Patient" and draft.id in ids
        else draft
        for draft in translation.drafts
    ]
    return replace(translation, drafts=drafts)


def _bare(body: Resource) -> Resource:
    return {"resourceType": body["resourceType"], "id": body["id"]}


def _told(moved: int, left: int) -> Issue:
    return Issue(
        "information", "business-rule", "Patient", "merge-undone",
        f"the merge was taken back: {moved} resources went back; {left} that came since stay: look at them",
        f"合并已撤销：{moved} 个资源已归还；合并之后产生的 {left} 个仍归存续患者，请核对",
    )  # fmt: skip


_UNKNOWN = Issue(
    "warning", "business-rule", "Patient", "merge-not-undone",
    "both numbers belong to one patient, and it is not known which merge is meant: use qiao match undo",
    "两个号码属于同一患者，但无法确定要撤销哪次合并：请使用 qiao match undo",
)  # fmt: skip
