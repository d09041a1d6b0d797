"""The words of the command line, in English and Chinese: closed tables, one for commands of a kind.

``WORDS`` is what the commands say; ``ends.py`` says where a message stands and why. The sentences of errors,
English where they are raised, are in ``gateway.faults``. What is in no table is shown as it is.
"""

from __future__ import annotations

from typing import Literal

from gateway.cli.words import (
    bulk,
    checking,
    clients,
    common,
    converting,
    critical,
    db,
    delivering,
    doctor,
    feed,
    inbox,
    mapping,
    matching,
    policy,
    purging,
    regulator,
    running,
    signing,
    writing,
)
from gateway.cli.words.ends import REASONS, STATES

Language = Literal["zh", "en"]

WORDS: dict[str, tuple[str, str]] = {
    key: said
    for table in (
        common,
        running,
        bulk,
        clients,
        converting,
        checking,
        inbox,
        mapping,
        matching,
        critical,
        db,
        delivering,
        doctor,
        signing,
        policy,
        feed,
        purging,
        regulator,
        writing,
    )
    for key, said in table.WORDS.items()
}

_language: Language = "en"


def speak(language: Language) -> None:
    """Set the language of everything that :func:`say` returns in this process."""
    global _language
    _language = language


def say(key: str, **values: object) -> str:
    """Return the words of ``key`` in the chosen language, with ``values`` filled in."""
    return WORDS[key][_language == "zh"].format(**values)


def say_reason(code: str) -> str:
    """Return a reason, in Chinese with its meaning beside it."""
    meaning = REASONS.get(code, "") if _language == "zh" else ""
    return f"{code} {meaning}" if meaning else code


def say_state(state: str) -> str:
    """Return where a message stands, in Chinese with its meaning beside the word that scripts look for."""
    meaning = STATES.get(state, "") if _language == "zh" else ""
    return f"{state} {meaning}" if meaning else state


def say_fault(text: str) -> str:
    """Return the sentence of an error in the chosen language, or as it stands where no table has it."""
    if _language == "zh":
        from gateway.faults import in_chinese

        return in_chinese(text)
    return text


def language() -> Language:
    """Return the language in which this process speaks."""
    return _language
