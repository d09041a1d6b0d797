"""Forms: what a message that is written out as a Bundle still needs when all its rows have run.

The rows of a form (``form: message``, docs/add-a-mapping.md) make its Bundle, its MessageHeader and the
document of its bytes like any other resource; what is said of the message as a whole is settled here. What
stores messages knows no forms and never comes here.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Translation
from gateway.mapping.handles import Handle
from gateway.mapping.rows import MessageFile


def completed(translation: Translation, handles: Sequence[Handle], file: MessageFile) -> Translation:
    """Give the MessageHeader its ``focus`` and take from ``Provenance.target`` what is no target.

    Args:
        handles: the resources in the making, by which a row is known.
        file: the message map, which names the main resources of its messages.
    """
    rows = {handle.number: handle.step.step for handle in handles if handle.step is not None}
    named = {name: list[str]() for name in file.focus}
    apart = set()
    for draft in translation.drafts:
        row = rows.get(draft.number)
        if row is not None and row.name in named:
            named[row.name].append(f"{draft.type}/{draft.id}")
        if row is not None and row.form and row.make and row.make != "MessageHeader":
            apart.add(f"{draft.type}/{draft.id}")
    focus = [{"reference": one} for references in named.values() for one in references]
    for draft in translation.drafts:
        if draft.type == "MessageHeader" and focus:
            draft.body["focus"] = focus
        if draft.type == "Provenance":
            targets = draft.body["target"]
            draft.body["target"] = [one for one in targets if one["reference"] not in apart]
    return translation
