"""Told: what a mapping remarks names the paths of the record, not those of its segments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from gateway.canonical import Issue, Translation
from gateway.mapping.layout.laid import Laid

_PATH = re.compile(r"\b([A-Z][A-Z0-9]{2}-\d+)((?:\[\d+\])?(?:\.\d+)*)")
_HEADER = "MSH-"


def told_as_written(translation: Translation, message: Laid, shown: Mapping[str, str]) -> None:
    """Let the remarks and counts of a translation name what stands in the record.

    Args:
        shown: path of a segment → path of the record.
    """
    unmapped = Counter(message.left)
    for path, count in translation.unmapped.items():
        if not path.startswith(_HEADER):
            unmapped[_said(path, shown)] += count
    translation.unmapped = unmapped
    translation.issues[:] = [_told(issue, shown) for issue in translation.issues]


def _said(text: str, shown: Mapping[str, str]) -> str:
    return _PATH.sub(lambda found: shown.get(found[1], found[1]) + found[2], text)


def _told(issue: Issue, shown: Mapping[str, str]) -> Issue:
    where, text, text_zh = (_said(one, shown) for one in (issue.where, issue.text, issue.text_zh))
    return replace(issue, where=where, text=text, text_zh=text_zh)
