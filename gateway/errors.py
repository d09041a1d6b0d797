"""The exception tree of qiao. Every error is one of two words: permanent or temporary.

    Exception
    └── QiaoError                 anything that qiao raises on purpose
        ├── Rejected              permanent: the same bytes will fail again
        │   └── Misconfigured     permanent until a file of the operator changes (exit code 2)
        └── Retry(after)          temporary: the same bytes may succeed later

Messages never carry patient data: they may name a segment, a field, a rule, a file or a line,
never the value that stood there.
"""

from __future__ import annotations


class QiaoError(Exception):
    """Anything that qiao raises on purpose."""


class Rejected(QiaoError):
    """The input can never succeed as it stands.

    Args:
        reason: one English sentence without patient data.
        code: a short machine-readable word, e.g. ``"not-hl7"``; it becomes the reason of a
            quarantine, a counter's label and the ``details.text`` of an OperationOutcome.
        where: the place in the source (``"PID-7"``, ``"PID.yaml:12"``), if there is one.
    """

    def __init__(self, reason: str, *, code: str = "rejected", where: str = "") -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason = reason
        self.code = code
        self.where = where


class Misconfigured(Rejected):
    """A file or setting of the operator is wrong; says which one and what to do."""


class Retry(QiaoError):
    """The work could not be done now; the same bytes may succeed later.

    Args:
        reason: one English sentence without patient data.
        after: seconds after which another try makes sense.
    """

    def __init__(self, reason: str, *, after: float = 1.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
