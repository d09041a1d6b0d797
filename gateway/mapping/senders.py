"""Sender profiles: what is particular to one kind of sending system, as data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from gateway.errors import Misconfigured
from gateway.mapping.elements import is_resource
from gateway.mapping.overrides import Overrides, read_overrides
from gateway.mapping.repairs import Repairs, compile_repairs
from gateway.mapping.rows import plain, read
from gateway.mapping.times import _ZONE

PROFILE_KEYS = frozenset(
    {
        "sender",
        "match",
        "adapters",
        "authorities",
        "processing",
        "charset",
        "zone",
        "acknowledge",
        "unknown",
        "repeat_window",
        "owns",
        "namespaces",
    }
    | {"systems", "scope", "note", "source", "__line__"}
    | {"repairs", "overrides", "maps", "messages"}
)


@dataclass(slots=True, frozen=True)
class Profile:
    """One sender profile; see docs/add-a-mapping.md.

    Attributes:
        id: file stem and name of the sender.
        match: header field (``"MSH-3"``) → shell pattern; all must match.
        adapters: shell patterns of adapter ids; the door decides where no header does.
        authorities: names that the hospital gives itself in assigning authorities (HD.1). They are no
            registers: there the kind of a number says which register it belongs to.
        processing: processing ids (MSH-11) that carry real patients; ``""`` counts as ``P``.
        charset: overrides MSH-18; ``""`` for none.
        zone: of times without one, ``"+08:00"``.
        acknowledge: when the answer leaves: after the inbox commit or after processing.
        unknown: what becomes of a message type without a map.
        repeat_window_s: seconds within which the same message is a repeat.
        owns: resource types that this sender owns; ``"*"`` for all.
        namespaces: assigning authority or coding system → URI.
        systems: identifier kind → URI, for identifiers without an authority.
        scope: resource type → ``visit`` | ``date`` | ``year``.
        repairs: what this sender writes wrongly, put right before the rows read it; None for nothing.
        overrides: rows that differ for this sender; None for none.
    """

    id: str = "default"
    match: Mapping[str, str] = field(default_factory=dict)
    adapters: tuple[str, ...] = ()
    authorities: frozenset[str] = frozenset()
    processing: frozenset[str] = frozenset({"P", ""})
    charset: str = ""
    zone: str = "+08:00"
    acknowledge: Literal["processing", "receipt"] = "processing"
    unknown: Literal["quarantine", "reject"] = "quarantine"
    repeat_window_s: int = 7 * 86400
    owns: frozenset[str] = frozenset({"*"})
    namespaces: Mapping[str, str] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)
    scope: Mapping[str, str] = field(default_factory=dict)
    repairs: Repairs | None = None
    overrides: Overrides | None = None

    def owner(self, type_name: str) -> bool:
        """Return whether this sender owns a resource type."""
        return "*" in self.owns or type_name in self.owns

    def fits(self, header: Mapping[str, str]) -> bool:
        """Return whether the header (``{"MSH-3": …}``, first components) belongs to this sender."""
        return bool(self.match) and all(fnmatchcase(header.get(k, ""), v) for k, v in self.match.items())


_HEADER = re.compile(r"MSH-([3-9]|1\d|2[0-5])")

SCOPES = ("visit", "date", "year")
"""What makes a recycled number unique."""


def _choice(data: dict[str, Any], key: str, choices: tuple[str, ...], where: str) -> Any:
    value = str(data.get(key, choices[0]))
    if value not in choices:
        raise Misconfigured(f"{key} must be one of {', '.join(choices)}, not {value!r}", where=where)
    return value


def profile_file(path: Path | Traversable, base: Profile | None = None) -> Profile:
    """Return one sender profile; ``base`` lends the namespaces and systems that it does not name.

    Raises:
        Misconfigured: an unknown key or value; names the file.
    """
    marked = read(path)
    data = plain(marked)
    for key in data:
        if key not in PROFILE_KEYS:
            known = ", ".join(sorted(PROFILE_KEYS))
            raise Misconfigured(f"unknown key {key!r}; known are {known}", where=path.name)
    for name in data.get("match") or {}:
        if not _HEADER.fullmatch(str(name)):
            raise Misconfigured(f"match takes fields of the header (MSH-3), not {name!r}", where=path.name)
    for name in [*(data.get("owns") or []), *(data.get("scope") or {})]:
        if name != "*" and not is_resource(str(name)):
            raise Misconfigured(f"R4 has no resource type {name!r}", where=path.name)
    for name, kind in (data.get("scope") or {}).items():
        if kind not in SCOPES:
            raise Misconfigured(
                f"scope of {name} is one of {', '.join(SCOPES)}, not {kind!r}", where=path.name
            )
    zone = str(data.get("zone", base.zone if base else "+08:00"))
    if not _ZONE.fullmatch(zone) or ":" not in zone:
        raise Misconfigured(f"zone must look like +08:00, not {zone!r}", where=path.name)
    ident = str(data.get("sender") or path.name.removesuffix(".yaml"))
    return Profile(
        id=ident,
        match={str(k): str(v) for k, v in (data.get("match") or {}).items()},
        adapters=tuple(str(one) for one in data.get("adapters") or ()),
        authorities=frozenset(data.get("authorities") or ()) | (base.authorities if base else frozenset()),
        processing=frozenset([*(data.get("processing") or ["P"]), ""]),
        charset=str(data.get("charset") or ""),
        zone=zone,
        acknowledge=_choice(data, "acknowledge", ("processing", "receipt"), path.name),
        unknown=_choice(data, "unknown", ("quarantine", "reject"), path.name),
        repeat_window_s=int(data.get("repeat_window", 7 * 86400)),
        owns=frozenset(data.get("owns") or ["*"]),
        namespaces=(dict(base.namespaces) if base else {}) | (data.get("namespaces") or {}),
        systems=(dict(base.systems) if base else {}) | (data.get("systems") or {}),
        scope=dict(data.get("scope") or {}),
        repairs=compile_repairs(ident, marked.get("repairs"), path.name),
        overrides=read_overrides(ident, marked, path.name),
    )


def choose(profiles: Iterable[Profile], header: Mapping[str, str], adapter: str) -> Profile | None:
    """Return the profile that fits the header best (most patterns), else the one that the door names.

    Many senders leave MSH-3 empty or put the name of an instrument there: what came in by the laboratory's
    door must not own the hospital's patients for that.
    """
    known = list(profiles)
    fitting = [one for one in known if one.fits(header)]
    if fitting:
        return max(fitting, key=lambda one: (len(one.match), one.id))
    doors = [(pattern, one) for one in known for pattern in one.adapters if fnmatchcase(adapter, pattern)]
    return max(doors, key=lambda found: (len(found[0]), found[1].id))[1] if doors else None
