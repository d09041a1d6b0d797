"""Sender profiles: what is particular to one kind of sending system, as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from gateway.canonical.sample import COMPARED, DAY_US, MINUTE_US, WAYS, Samples
from gateway.errors import Misconfigured
from gateway.mapping.barcoded import FIELDS, with_barcode
from gateway.mapping.chosen import DOOR, PART
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
        "answer",
        "unknown",
        "repeat_window",
        "owns",
        "namespaces",
    }
    | {"systems", "scope", "like", "orders", "tests", "specimen", "sample", "note", "source", "__line__"}
    | {"repairs", "overrides", "maps", "messages"}
)


@dataclass(slots=True, frozen=True)
class Profile:
    """One sender profile; see docs/add-a-mapping.md.

    Attributes:
        id: file stem and name of the sender.
        match: each of them is enough: field of the header (``"MSH-3"``), or of the first segment of its name
            (``"OBR-4.3"``), or ``"door"`` → shell pattern; all of one must match.
        adapters: shell patterns of adapter ids; the door decides where no header does.
        authorities: names that the hospital gives itself in assigning authorities (HD.1). They are no
            registers: there the kind of a number says which register it belongs to.
        processing: processing ids (MSH-11) that carry real patients; ``""`` counts as ``P``.
        charset: overrides MSH-18; ``""`` for none.
        zone: of times without one, ``"+08:00"``.
        acknowledge: when the answer leaves: after the inbox commit or after processing.
        answer: what it hears of orders: the answer that HL7 has for them (ORR, ORL), or ``ack``, a plain ACK.
        unknown: what becomes of a message type without a map.
        repeat_window_s: seconds within which the same message is a repeat.
        owns: resource types that this sender owns; ``"*"`` for all.
        namespaces: assigning authority or coding system → URI.
        systems: identifier kind → URI, for identifiers without an authority.
        scope: resource type → one of :data:`SCOPES`.
        orders: code table by which ordered tests are said to it (its own codes, several for a panel);
            ``""``: as they were ordered. Tests that are not in the table are none of its own.
        tests: code tables that say which LOINC code a test of its own has; none: its codes stay as they are.
        specimen: of what its tests are where a message does not say (SPM-4, OBR-15), in words of the table
            ``specimen-type``; ``""``: nobody knows.
        sample: its results must belong to a sample, order or patient that is known here; None: it says itself
            whom they are about.
        repairs: what this sender writes wrongly, put right before the rows read it; None for nothing.
        overrides: rows that differ for this sender; None for none.
    """

    id: str = "default"
    match: tuple[Mapping[str, str], ...] = ()
    adapters: tuple[str, ...] = ()
    authorities: frozenset[str] = frozenset()
    processing: frozenset[str] = frozenset({"P", ""})
    charset: str = ""
    zone: str = "+08:00"
    acknowledge: Literal["processing", "receipt"] = "processing"
    answer: Literal["order", "ack"] = "order"
    unknown: Literal["quarantine", "reject"] = "quarantine"
    repeat_window_s: int = 7 * 86400
    owns: frozenset[str] = frozenset({"*"})
    namespaces: Mapping[str, str] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)
    scope: Mapping[str, str] = field(default_factory=dict)
    orders: str = ""
    tests: tuple[str, ...] = ()
    specimen: str = ""
    sample: Samples | None = None
    repairs: Repairs | None = None
    overrides: Overrides | None = None

    def owner(self, type_name: str) -> bool:
        """Return whether this sender owns a resource type."""
        return "*" in self.owns or type_name in self.owns


_SAMPLE = frozenset({"barcode", "within", "skew", "by", "compare", "clock", "validated"})
_LASTING = re.compile(r"(\d{1,5})([mhd])")

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

    def matches(self) -> tuple[dict[str, str], ...]:
        """Return what chooses this profile: patterns that all must fit, or several such."""
        said = self.data.get("match") or {}
        listed = said if isinstance(said, list) else [said]
        found = []
        for one in listed:
            if not isinstance(one, dict):
                raise self.wrong("match", f"match takes names and their values, or several such, not {one!r}")
            for name in one:
                part = PART.fullmatch(str(name))
                if name != DOOR and (part is None or (part[1] == "MSH" and int(part[2]) < 3)):
                    text = f"match takes fields (MSH-3, OBR-4.3) or {DOOR}, not {name!r}"
                    raise self.wrong("match", text)
            if one:
                found.append({str(name): str(pattern) for name, pattern in one.items()})
        return tuple(found)

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

    def sample(self) -> Samples | None:
        """Return how results find their sample (``sample: {}``), None where nothing asks for it."""
        said = self.data.get("sample")
        if said is False or "sample" not in self.data:
            return None
        if not isinstance(said, dict) or set(said) - _SAMPLE:
            raise self.wrong("sample", f"sample takes {', '.join(sorted(_SAMPLE))}, not {said!r}")
        if said.get("barcode", FIELDS[0]) not in FIELDS:
            raise self.wrong(
                "sample", f"barcode of sample is one of {', '.join(FIELDS)}, not {said['barcode']!r}"
            )
        base = Samples()
        return Samples(
            self.lasting(said, "within", base.within_us),
            self.lasting(said, "skew", base.skew_us),
            self.among(said, "by", WAYS),
            self.among(said, "compare", COMPARED),
            self.flag(said, "clock", default=True),
            self.flag(said, "validated", default=False),
        )

    def flag(self, said: Mapping[str, Any], key: str, *, default: bool) -> bool:
        """Return whether something holds."""
        value = said.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong("sample", f"{key} of sample is true or false, not {value!r}")
        return value

    def lasting(self, said: Mapping[str, Any], key: str, default: int) -> int:
        """Return a time such as ``14d``, ``36h`` or ``15m`` in microseconds."""
        if key not in said:
            return default
        found = _LASTING.fullmatch(str(said[key]))
        if found is None:
            raise self.wrong("sample", f"{key} of sample looks like 14d, 36h or 15m, not {said[key]!r}")
        return int(found[1]) * {"m": MINUTE_US, "h": 60 * MINUTE_US, "d": DAY_US}[found[2]]

    def among(self, said: Mapping[str, Any], key: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the known words that are listed, in their order; all where none is."""
        asked = said.get(key, list(known))
        if not isinstance(asked, list) or not set(map(str, asked)) <= set(known):
            raise self.wrong("sample", f"{key} of sample takes some of {', '.join(known)}, not {asked!r}")
        return tuple(one for one in known if one in asked)

    def check(self) -> None:
        """Refuse keys, header fields and resource types that there are not."""
        for key in self.data:
            if key not in PROFILE_KEYS:
                raise self.wrong(key, f"unknown key {key!r}; known are {', '.join(sorted(PROFILE_KEYS))}")
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
    marked = with_barcode(_liked(read(path), path))
    written = _Written(plain(marked), lambda key: f"{path.name}{_line_of(path, key)}")
    written.check()
    base = base or Profile()
    ident = str(written.data.get("sender") or path.name.removesuffix(".yaml"))
    return Profile(
        id=ident,
        match=written.matches(),
        adapters=tuple(written.texts("adapters")),
        authorities=frozenset(written.texts("authorities")) | base.authorities,
        processing=frozenset([*(written.texts("processing") or ["P"]), ""]),
        charset=str(written.data.get("charset") or ""),
        zone=written.zone(base.zone),
        acknowledge=written.choice("acknowledge", ("processing", "receipt")),
        answer=written.choice("answer", ("order", "ack")),
        unknown=written.choice("unknown", ("quarantine", "reject")),
        repeat_window_s=written.seconds("repeat_window", 7 * 86400),
        owns=frozenset(written.texts("owns") or ["*"]),
        namespaces={**base.namespaces, **written.pairs("namespaces")},
        systems={**base.systems, **written.pairs("systems")},
        scope=written.pairs("scope"),
        orders=str(written.data.get("orders") or ""),
        tests=tuple(written.texts("tests")),
        specimen=str(written.data.get("specimen") or ""),
        sample=written.sample(),
        repairs=compile_repairs(ident, marked.get("repairs"), path.name),
        overrides=read_overrides(ident, marked, path.name),
    )


_OWN = frozenset({"sender", "match", "adapters", "note", "source", "__line__"})
"""What a profile has of its own, whatever it is like."""

_JOINED = ("namespaces", "systems", "scope")


def _liked(marked: Mapping[str, Any], path: Path | Traversable) -> dict[str, Any]:
    """Return a profile with what it takes from the one that it is like; its repairs come behind those.

    Raises:
        Misconfigured: there is no such profile beside it, or that one is like yet another.
    """
    name = marked.get("like")
    if not name:
        return dict(marked)
    folder = getattr(path, "parent", None)
    beside = None if folder is None else folder / f"{name}.yaml"
    if beside is None or not beside.is_file():
        raise Misconfigured(
            f"no sender profile {name!r} beside it", where=f"{path.name}{_line_of(path, 'like')}"
        )
    base = {key: one for key, one in read(beside).items() if key not in _OWN}
    if "like" in base:
        raise Misconfigured(f"{name!r} is like another profile itself", where=path.name)
    made = {**base, **marked}
    for key in _JOINED:
        made[key] = {**(base.get(key) or {}), **(marked.get(key) or {})}
    made["repairs"] = [*(base.get("repairs") or ()), *(marked.get("repairs") or ())]
    return made


def _line_of(path: Path | Traversable, key: str) -> str:
    """Return ``:LINE`` of a key at the top of a file; asked only where the key is wrong."""
    for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.match(rf"[\"']?{re.escape(key)}[\"']?\s*:", line):
            return f":{at}"
    return ""
