"""Parting: a message that two Patients are two (ADT A37) takes back the merge that has made them one.

HL7 v2 has no event for it; a merge (A40) leaves both numbers with one Patient, and who says that they are
those of two persons means just that.
"""

from __future__ import annotations

from gateway.canonical import Issue, Merge, Translation
from gateway.store.body import resource
from gateway.store.clock import Ticks
from gateway.store.identity import ident_key, replaced_by
from gateway.store.interaction import Interactions, identifiers
from gateway.store.lookup import IdentKey
from gateway.store.message import Message
from gateway.store.types import NUMBER
from gateway.store.unmerge import unmerge

_PATIENT = NUMBER["Patient"]


def part(
    translation: Translation, message: Message, do: Interactions, ticks: Ticks
) -> tuple[Translation, list[str], list[Issue]]:
    """Take back the merges of those whom a message parts, before its drafts look for their owners.

    Returns:
        The message as it was, the new versions (``"Type/id/_history/n"``), and what there is to say.
    """
    refs, issues = list[str](), list[Issue]()
    for one in translation.merges:
        if one.kind == "unlink" and one.type == "Patient":
            keys = _keys(translation, one, ticks.no)
            survivor = _one_of(keys, message)
            if survivor and message.in_time((ticks.no, _PATIENT, survivor)):
                ended = list(_ended(do, ticks.no, survivor, one, set(keys)))
                if len(ended) == 1:
                    done = unmerge(do, ticks.no, ended[0], translation.event_at or ticks.ts_us)
                    refs += done.names
                    issues.append(_told(done.moved, len(done.left)))
                else:
                    issues.append(_UNKNOWN)
    return translation, refs, issues


def _keys(translation: Translation, one: Merge, tenant: int) -> list[IdentKey]:
    return [
        ident_key(tenant, draft.type, draft.key)
        for draft in translation.drafts
        if draft.key and draft.type == "Patient" and draft.id in (one.retired, one.survivor)
    ]


def _one_of(keys: list[IdentKey], message: Message) -> str:
    """Return the Patient to whom both numbers belong, ``""`` where they are two anyway."""
    owners = {message.belongs(key) or "" for key in keys}
    return owners.pop() if len(owners) == 1 and len(keys) == 2 else ""


def _ended(do: Interactions, tenant: int, survivor: str, one: Merge, keys: set[IdentKey]) -> list[str]:
    """Return who has ended in ``survivor`` and is meant by one of the numbers."""
    found = []
    for id_ in replaced_by(resource(do.body((tenant, _PATIENT, survivor)))):
        key = tenant, _PATIENT, id_
        if do.lives(key) and (
            id_ in (one.retired, one.survivor)
            or not keys.isdisjoint(identifiers(key, resource(do.body(key))))
        ):
            found.append(id_)
    return found


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
