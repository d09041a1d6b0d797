"""Owns what a reason says apart from what is another in every run: ids, times, ports, marks, durations."""

from __future__ import annotations

import re

from conformance.evidence.marks import MARK

# Between Chinese and Latin letters there is no \b, so words are bounded by what is not of the kind.
_WORD, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_PATTERNS = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        # What was masked, with the little that is left of it: other people are invented for every run.
        (rf"(?:\d{{1,6}}|[^\W_])?\*{{0,12}}{MARK.pattern}(?:@\*)?", "‹mark›"),
        (rf"{_WORD}[0-9A-Fa-f]{{8}}(?:-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}{_END}", "‹id›"),
        (
            rf"{_WORD}\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?{_END}",
            "‹time›",
        ),
        (rf"{_WORD}\d\d:\d\d:\d\d(?:[.,]\d+)?{_END}", "‹time›"),
        (rf"{_WORD}E\d{{4,}}(?:-\d+)?{_END}", "‹evidence›"),
        (rf"{_WORD}([A-Z][A-Za-z]+)/(?=[A-Za-z.-]*\d)[A-Za-z0-9.-]{{1,64}}(?<![.-])", r"\1/‹id›"),
        (r"(/_history/)\w+", r"\1‹n›"),
        (r"((?:\d{1,3}\.){3}\d{1,3}|localhost|://[^/\s:]+|\[[0-9a-f:]+\]):\d{1,5}(?!\d)", r"\1:‹port›"),
        (r"((?:[Pp]ort|端口) ?)\d{1,5}(?!\d)", r"\1‹port›"),
        (
            rf"(?<![A-Za-z0-9.])\d+(?:\.\d+)? ?"
            rf"(?:(?:ms|s|sec|seconds?|min|minutes?|hours?){_END}|毫秒|秒|分钟|小时)",
            "‹duration›",
        ),
        (rf"{_WORD}r[0-9a-f]{{6,20}}{_END}", "‹run›"),
        (rf"{_WORD}(?=[A-Za-z_]*\d)[A-Za-z0-9_]{{10,}}{_END}", "‹id›"),
        (rf"{_WORD}\d{{5,}}(?!-?\d){_END}", "‹n›"),
    )
)


def normal(text: str) -> str:
    """Return a text with what differs from run to run replaced by its kind: ``‹id›``, ``‹time›``, ``‹port›``…

    What a finding is about stays: codes, statuses, counts up to four digits, element names, profiles.
    """
    for pattern, put in _PATTERNS:
        text = pattern.sub(put, text)
    return text
