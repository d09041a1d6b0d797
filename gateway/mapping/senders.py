"""Sender profiles: what is particular to one kind of sending system, as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from gateway.errors import Misconfigured
from gateway.mapping.elements import is_resource
from gateway.mapping.marked import plain, read
from gateway.mapping.overrides import Overrides, read_overrides
from gateway.mapping.repairs import Repairs, compile_repairs
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
        scope: resource type → one of :data:`SCOPES`.
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

SCOPES = ("visit", "date", "year", "kind", "admission")
"""What makes a recycled number unique: ``kind`` is a document's type, ``admission`` the day a stay began."""


@dataclass(slots=True, frozen=True)
class _Written:
    """The keys of one profile file, each checked for its kind; errors name file and line."""

    data: Mapping[str, Any]
    where: Callable[[str], str]

    def wrong(self, key: str, reason: str) -> Misconfigured:
        return Misconfigured(reason, where=self.where(key))

    def texts(self, key: str) -> list[str]:
        """Return a list; a text alone is refused, because its letters would pass for one."""
        value = self.data.get(key) or []
        if not isinstance(value, list):
            raise self.wrong(key, f"{key} takes a list, not {value!r}")
        return [str(one) for one in value]

    def pairs(self, key: str) -> dict[str, str]:
        value = self.data.get(key) or {}
        if not isinstance(value, dict):
            raise self.wrong(key, f"{key} takes names and their values, not {value!r}")
        return {str(name): str(one) for name, one in value.items()}

    def choice(self, key: str, choices: tuple[str, ...]) -> Any:
        value = str(self.data.get(key, choices[0]))
        if value not in choices:
            raise self.wrong(key, f"{key} must be one of {', '.join(choices)}, not {value!r}")
        return value

    def seconds(self, key: str, default: int) -> int:
        value = self.data.get(key, default)
        if not isinstance(value, int) or value < 0:
            raise self.wrong(key, f"{key} takes whole seconds, not {value!r}")
        return value

    def zone(self, default: str) -> str:
        zone = str(self.data.get("zone", default))
        if not _ZONE.fullmatch(zone) or ":" not in zone:
            raise self.wrong("zone", f"zone must look like +08:00, not {zone!r}")
        return zone

    def check(self) -> None:
        """Refuse keys, header fields and resource types that there are not."""
        for key in self.data:
            if key not in PROFILE_KEYS:
                raise self.wrong(key, f"unknown key {key!r}; known are {', '.join(sorted(PROFILE_KEYS))}")
        for name in self.pairs("match"):
            if not _HEADER.fullmatch(name):
                raise self.wrong("match", f"match takes fields of the header (MSH-3), not {name!r}")
        for key, names in (("owns", self.texts("owns")), ("scope", list(self.pairs("scope")))):
            for name in names:
                if name != "*" and not is_resource(name):
                    raise self.wrong(key, f"R4 has no resource type {name!r}")
        for name, kind in self.pairs("scope").items():
            if kind not in SCOPES:
                raise self.wrong("scope", f"scope of {name} is one of {', '.join(SCOPES)}, not {kind!r}")


def profile_file(path: Path | Traversable, base: Profile | None = None) -> Profile:
    """Return one sender profile; ``base`` lends the namespaces and systems that it does not name.

    Raises:
        Misconfigured: an unknown key or value; names file and line.
    """
    marked = read(path)
    written = _Written(plain(marked), lambda key: f"{path.name}{_line_of(path, key)}")
    written.check()
    base = base or Profile()
    ident = str(written.data.get("sender") or path.name.removesuffix(".yaml"))
    return Profile(
        id=ident,
        match=written.pairs("match"),
        adapters=tuple(written.texts("adapters")),
        authorities=frozenset(written.texts("authorities")) | base.authorities,
        processing=frozenset([*(written.texts("processing") or ["P"]), ""]),
        charset=str(written.data.get("charset") or ""),
        zone=written.zone(base.zone),
        acknowledge=written.choice("acknowledge", ("processing", "receipt")),
        unknown=written.choice("unknown", ("quarantine", "reject")),
        repeat_window_s=written.seconds("repeat_window", 7 * 86400),
        owns=frozenset(written.texts("owns") or ["*"]),
        namespaces={**base.namespaces, **written.pairs("namespaces")},
        systems={**base.systems, **written.pairs("systems")},
        scope=written.pairs("scope"),
        repairs=compile_repairs(ident, marked.get("repairs"), path.name),
        overrides=read_overrides(ident, marked, path.name),
    )


def _line_of(path: Path | Traversable, key: str) -> str:
    """Return ``:LINE`` of a key at the top of a file; asked only where the key is wrong."""
    for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.match(rf"[\"']?{re.escape(key)}[\"']?\s*:", line):
            return f":{at}"
    return ""


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
