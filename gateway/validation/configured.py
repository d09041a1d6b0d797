"""Configured: the validator and the terminology that the settings describe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gateway.errors import Misconfigured
from gateway.settings import Settings, terminology_file
from gateway.validation.artefacts import load_artefacts
from gateway.validation.drafts import DraftValidator
from gateway.validation.faults import EVERYTHING, Level
from gateway.validation.r4 import Definitions
from gateway.validation.terminology import LoadedFile, Terminology
from gateway.validation.validator import Validator


def terminology_of(settings: Settings, definitions: Definitions | None = None) -> Terminology:
    """Return the codes of ``definitions`` (None: the official ones) and of what was imported."""
    return Terminology(definitions or Definitions(), LoadedFile(terminology_file(settings)))


def validator_of(
    settings: Settings, more: Sequence[Path] = (), *, unchanging: bool = False, level: Level = EVERYTHING
) -> Validator:
    """Return the validator that the settings describe.

    Args:
        more: files, folders and packages with definitions, beside those of the settings.
        unchanging, level: see :class:`Validator`.

    Raises:
        Misconfigured: one of them is no FHIR definition.
    """
    named = [Path(one) for one in settings.validation.definitions]
    definitions = Definitions(load_artefacts([*named, *more]))
    return Validator(definitions, terminology_of(settings, definitions), unchanging, level)


def draft_validator(settings: Settings, mode: str = "") -> DraftValidator | None:
    """Return what checks the resources that the maps make, None where nobody wants a check.

    Args:
        mode: ``"off"``, ``"report"`` or ``"strict"`` instead of what the settings say.

    Raises:
        Misconfigured: a file of definitions is none, or nobody defines a profile.
    """
    mode = mode or settings.pipeline.validate
    if mode == "off":
        return None
    # What the maps made is not changed before it is stored.
    level = Level(settings.validation.level, best_practice=False)
    validator = validator_of(settings, unchanging=True, level=level)
    profiles = _by_type(validator.definitions, settings.validation.profiles)
    return DraftValidator(validator, settings.validation.level, mode == "strict", profiles)


def _by_type(definitions: Definitions, profiles: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for url in profiles:
        structure = definitions.structure(url)
        if structure is None:
            reason = f"nobody defines {url}; load it with [validation] definitions"
            raise Misconfigured(reason, where="[validation] profiles")
        found.setdefault(structure["type"], []).append(url)
    return found
