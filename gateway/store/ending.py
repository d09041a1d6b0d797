"""Ending: what becomes of a message or an interaction that cannot be written, told without its data."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from gateway.canonical import Issue, Outcome, Quarantined, Refused
from gateway.errors import Refusal, Rejected, Retry
from gateway.store.governing import told
from gateway.store.model import Settle

_LOG = logging.getLogger("qiao.store")


def answered(item: Settle, outcome: Outcome) -> bytes:
    """Return the item's answer, empty where it cannot make one: the message itself is not at fault."""
    try:
        return item.answer(outcome)
    except Exception as error:  # noqa: BLE001  whatever the adapter's code does, the batch goes on
        _LOG.error("inbox %s: no answer could be made (%s)", item.envelope.id, type(error).__name__)
        return b""


def held(error: Exception, issues: Sequence[Issue]) -> Quarantined | Refused:
    """Return the outcome of a message that is not stored: refused where it breaks a rule."""
    if isinstance(error, Refusal):
        return Refused([*told(error), *issues])
    return quarantined(error, issues)


def quarantined(error: Exception, issues: Sequence[Issue] = ()) -> Quarantined:
    """Return the outcome of a message that the store could not take, without its data."""
    if isinstance(error, Rejected):
        return Quarantined(error.code, [Issue("error", "conflict", error.where, "", error.reason), *issues])
    return Quarantined("store-conflict", [conflict(error), *issues])


def refusal(error: Exception) -> Rejected | Retry:
    """Return why the changes of an interaction cannot be made, or not now, without their data."""
    if isinstance(error, Rejected | Retry):
        return error
    _LOG.error("an interaction was not written (%s)", type(error).__name__)
    return Rejected(f"the store could not write this ({type(error).__name__})", code="exception")


def conflict(error: Exception) -> Issue:
    """Return the remark on a message that the database itself refuses."""
    text = f"the store could not write this message ({type(error).__name__}); replay it once that is mended"
    return Issue("error", "exception", "", "", text, "存储无法写入该消息，排除原因后可重放")
