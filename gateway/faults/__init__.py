"""Faults: the sentences of ``gateway.errors``, English where they are raised, in Chinese; tables by area.

The command line and the API say them in the language of who asked. A test reads the sources: a sentence that
may reach somebody and stands in no table fails it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from gateway.faults import (
    analysers,
    codes,
    databases,
    documents,
    entries,
    exports,
    feeds,
    files,
    images,
    installation,
    laboratory,
    layouts,
    ledgers,
    maps,
    matching,
    patches,
    policies,
    receivers,
    reconciliations,
    requests,
    running,
    samples,
    searches,
    senders,
    services,
    signatures,
    sources,
    subscriptions,
    terminologies,
    writebacks,
)
from gateway.faults.template import PLACE, Template

TABLES = [
    table.FAULTS
    for table in (
        running,
        maps,
        layouts,
        laboratory,
        analysers,
        samples,
        matching,
        senders,
        codes,
        installation,
        requests,
        sources,
        databases,
        entries,
        patches,
        searches,
        exports,
        subscriptions,
        receivers,
        terminologies,
        signatures,
        ledgers,
        feeds,
        files,
        images,
        documents,
        policies,
        reconciliations,
        writebacks,
        services,
    )
]
"""A table for each area; a sentence stands in one of them."""

FAULTS: dict[str, str] = {english: chinese for table in TABLES for english, chinese in table.items()}
"""Sentence of an error, ``{…}`` for what varies → Chinese; ``{why}`` is a sentence of the tables itself."""

_LONGEST = 4000
"""Characters of a text that is looked for; no sentence is as long."""
_HEAD = 3
"""Characters by which templates are looked up."""
_PLACES = 4
"""Places that stand in front of one sentence (``"Bundle.entry[3]: identifier: …"``)."""


def in_chinese(text: str) -> str:
    """Return the sentence of an error in Chinese, or as it stands where no table has it.

    Args:
        text: as it was raised, with its place in front of it or without.
    """
    if len(text) > _LONGEST:
        return text
    return next((said for said in _read(text)), text)


def _read(text: str) -> Iterator[str]:
    """Yield what the text means: as a whole, and behind one place after another."""
    for at in _beginnings(text):
        said = _sentence(text[at:])
        if said:
            yield text[:at] + said


def _beginnings(text: str) -> Iterator[int]:
    at = 0
    for _ in range(_PLACES):
        yield at
        at = text.find(": ", at) + 2
        if at == 1:
            return


def _sentence(text: str) -> str:
    exact, templates = _tables()
    if text in exact:
        return exact[text]
    for template in templates.get(text[:_HEAD]) or templates[""]:
        given = template.read(text)
        if given is not None:
            return template.chinese(given | {"why": in_chinese(given["why"])} if "why" in given else given)
    return ""


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, str], dict[str, list[Template]]]:
    """Return what stands as it is, and the templates that a text may be by how it begins.

    Of several those that say most come first; ``""`` has those that begin with what varies.
    """
    exact = {english: chinese for english, chinese in FAULTS.items() if not PLACE.search(english)}
    made = [Template(english, chinese) for english, chinese in FAULTS.items() if english not in exact]
    made.sort(key=lambda one: one.weight, reverse=True)
    begun = {one.head[:_HEAD] if len(one.head) >= _HEAD else "" for one in made} | {""}
    return exact, {
        begin: [one for one in made if len(one.head) < _HEAD or one.head[:_HEAD] == begin] for begin in begun
    }
