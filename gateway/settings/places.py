"""Places: the files that stand beside the store unless the settings say where."""

from __future__ import annotations

from pathlib import Path

from gateway.settings.sections import Settings


def clients_file(settings: Settings) -> Path:
    """Return where the clients of the API are kept: as set, else beside the store."""
    return Path(settings.api.clients) if settings.api.clients else _folder(settings) / "clients.toml"


def terminology_file(settings: Settings) -> Path:
    """Return where imported terminologies are kept: as set, else beside the store."""
    if settings.terminology.file:
        return Path(settings.terminology.file)
    return _folder(settings) / "terminology.db"


def _folder(settings: Settings) -> Path:
    """Return the folder of the store; of one that is no file, the working directory."""
    return settings.store.file.parent if settings.store.file else Path()
