"""Run: everything that is known while one message is being mapped."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as percent_encoded

from gateway.canonical import Envelope, Issue
from gateway.mapping import times
from gateway.mapping.codes import Table
from gateway.mapping.handles import NO_FIELDS, Frame, Handle, display_of, pick_identifier
from gateway.mapping.identity import seed
from gateway.mapping.layout.laid import Laid
from gateway.wire import er7

if TYPE_CHECKING:
    from gateway.mapping.memory import Memories, Mentioned
    from gateway.mapping.senders import Profile

_URI = re.compile(r"(?:https?://|urn:)\S+\Z")
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_V2_TABLE = re.compile(r"HL7(\d{4})")
_PLAIN_CODE = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

MOST = 1024
"""Authorities that are remembered for one sender, and the longest name of one."""

XML = "application/xml"
"""What some doors call ``text/xml``: the two are one (RFC 7303 §9.2), as is a document that comes by both."""

_CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])
_BYTEWISE = frozenset({"ascii", "utf-8", "gb18030"})
"""Charsets in which the byte of a control character is that character, wherever it stands."""

DEFAULTS = er7.Separators("|", "^", "~", "\\", "&")
"""The separators that the compiled maps are written for; other messages are brought to these first."""


def _has_control(message: er7.Message) -> bool:
    """Return whether the text holds a control character other than tab, LF and CR."""
    if isinstance(message, Laid):
        return message.holds_control
    raw = message.raw
    # The bytes are looked through in a sixth of the time.
    if message.charset in _BYTEWISE and len(raw.translate(None, _CONTROL_BYTES)) == len(raw):
        return False
    return _CONTROL.search(message.text) is not None


def zone_of(message: er7.Message, profile: Profile) -> str:
    """Return the zone of the times that name none: that of MSH-7, else the sender's."""
    return times.zone_of(message.header(7).split(message.separators.component, 1)[0]) or profile.zone


_CHARSETS = {
    "ascii": "us-ascii",
    "cp1252": "windows-1252",
    "euc_kr": "euc-kr",
    "gb2312": "gb18030",
    "iso2022_jp": "iso-2022-jp",
    "utf-16-be": "utf-16be",
    "utf-16-le": "utf-16le",
}
"""Python codec → name in the IANA registry, where they differ."""


def charset_name(codec: str) -> str:
    """Return the name of a codec in the IANA registry of character sets."""
    return _CHARSETS.get(codec, codec.replace("iso8859", "iso-8859"))


@lru_cache(maxsize=4096)
def quoted(name: str) -> str:
    """Return a name as it stands in a URN (RFC 8141); few names come again in every message."""
    return percent_encoded(name, safe=".-_~")


class Run:
    """The state of one message on its way through the maps; what the compiled maps call ``run``."""

    __slots__ = (
        *(
            "L",
            "authorities",
            "by_id",
            "clean",
            "envelope",
            "frame",
            "functions",
            "gaps",
            "handles",
            "issues",
            "key",
            "known",
        ),
        *(
            "lineage",
            "maps",
            "memories",
            "mentioned",
            "message",
            "plain",
            "profile",
            "ranges",
            "segment",
            "tables",
            "tenant",
            "tests",
            "units",
            "zone",
        ),
    )

    def __init__(
        self,
        message: er7.Message,
        envelope: Envelope,
        profile: Profile,
        tables: Mapping[str, Table],
        functions: Mapping[str, Callable[..., Any]],
        memories: Memories,
        maps: str = "",
    ) -> None:
        self.maps = maps
        self.memories, self.units, self.ranges = memories.maps, memories.units, memories.ranges
        self.authorities, self.tests = memories.authorities, memories.tests
        self.mentioned: list[Mentioned] = []
        self.functions = functions
        self.key = ""
        self.message, self.envelope, self.profile, self.tables = message, envelope, profile, tables
        self.tenant, self.zone = envelope.tenant, zone_of(message, profile)
        text = message.text
        self.plain = message.separators[:5] == DEFAULTS[:5] and not _has_control(message)
        self.clean = self.plain and "\\" not in text[9:]
        self.lineage: list[int] = []
        self.L = self.lineage.append
        self.handles: list[Handle] = []
        self.by_id: dict[str, Handle] = {}
        self.gaps: list[tuple[str, str]] = []
        self.known: set[bytes] = set()
        self.issues: list[Issue] = []
        self.frame = Frame("", None)
        self.segment = ""

    def unescape(self, text: str) -> str:
        """Return a raw leaf with its escape sequences resolved (chapter 2.7)."""
        return er7.unescape(text, DEFAULTS, self.message.charset) if "\\" in text else text

    def bad(self, rule: int, rule_id: str, path: str) -> None:
        """Report a malformed value: the field is lost, not the message."""
        self.L(-rule)
        self.issues.append(
            Issue(
                "warning",
                "value",
                f"{self.segment}:{path}" if self.segment not in path else path,
                rule_id,
                f"{path} is malformed; the element was left out",
                f"{path} 的值格式不正确，该元素未写入",
            )
        )

    def variable(self, name: str) -> str:
        """Return a fact of the envelope (``$sender``, ``$control``…) or of the place, ``""`` for none."""
        envelope = self.envelope
        if name == "first":
            return "1" if self._is_first() else ""
        if name == "sender":
            return self.profile.id
        if name == "tenant":
            return envelope.tenant
        if name == "id":
            return envelope.id
        if name == "map":
            return self.maps
        if name == "control":
            return self.message.control_id
        if name == "bytes":
            return b64encode(self._raw()).decode()
        if name == "hash":  # what Attachment.hash is in R4: it names bytes, it protects nothing
            return b64encode(sha1(self._raw(), usedforsecurity=False).digest()).decode()
        if name == "size":
            return str(len(self._raw()))
        if name == "format":
            kind = envelope.content_type or "x-application/hl7-v2+er7"
            kind = "text/xml" if kind == XML else kind
            return f"{kind}; charset={charset_name(self.message.charset)}"
        if name == "received" and envelope.received_at:
            moment = datetime.fromtimestamp(envelope.received_at / 1_000_000, UTC)
            return moment.strftime("%Y%m%d%H%M%S+0000")
        return ""

    def _is_first(self) -> bool:
        """Tell whether no segment of this name stood before in the group around its own."""
        here, around = self.frame, self.frame.parent
        before = around.inside.get(self.segment) if around is not None else None
        return before is None or before[1] is here.segments.get(self.segment)

    def _raw(self) -> bytes:
        """Return the bytes of the message; of a clinical document its own, without what is around it."""
        message = self.message
        return message.raw if isinstance(message, Laid) and message.clinical else self.envelope.raw

    def fields_of(self, segment: str) -> list[str]:
        """Return the fields of another segment, none where there is none.

        It is looked for in the own group, then inside it, then in the groups around; never in another
        repetition of the same group: an order does not borrow the number of the order before it.
        """
        here = self.frame
        if segment in here.segments:
            return here.segments[segment]
        if segment in here.inside:
            return here.inside[segment][1]
        child, frame = here.group, here.parent
        while frame is not None:
            found = frame.segments.get(segment)
            if found is not None:
                return found
            below = frame.inside.get(segment)
            if below is not None and below[0] != child:
                return below[1]
            child, frame = frame.group, frame.parent
        return NO_FIELDS

    def other(self, segment: str, field: int) -> str:
        """Return a raw field of another segment, ``""`` for none."""
        fields = self.fields_of(segment)
        return fields[field] if len(fields) > field else ""

    def local(self, kind: str, name: str) -> str:
        """Return a URI for something that only this hospital names."""
        return f"urn:qiao:{self.tenant}:{kind}:{quoted(name)}"

    def authority(self, raw: str) -> str | None:
        """Return the URI of an HD (namespace, universal id, type), None for nothing.

        The hospital's own names (``authorities`` of the profile) are no registers: there the kind of the
        number decides. What a message calls itself (MSH-4) plays no part: two systems that name the same
        authority mean the same register.
        """
        known = self.authorities
        if raw not in known:
            found = self._authority(raw)
            if "\\" in raw or len(raw) > MOST:  # what an escape sequence means depends on the charset
                return found
            if len(known) >= MOST:
                known.clear()
            known[raw] = found
        return known[raw]

    def _authority(self, raw: str) -> str | None:
        parts = raw.split("&") if "&" in raw else raw.split("^")
        name = self.unescape(parts[0]).strip()
        uid = self.unescape(parts[1]).strip() if len(parts) > 1 else ""
        kind = parts[2].strip().upper() if len(parts) > 2 else ""
        if uid and _OID.fullmatch(uid) and kind in ("ISO", ""):
            return "urn:oid:" + uid
        if uid and kind in ("UUID", "GUID"):
            return "urn:uuid:" + uid.lower()
        if uid and re.match(r"[a-zA-Z][\w+.-]*:\S+$", uid):
            return uid
        if not name:
            return self.local("authority", uid) if uid else None
        if name in self.profile.authorities:
            return None
        known = self.profile.namespaces.get(name)
        if known is not None:
            return known or None
        if _URI.match(name):  # EI.3 where the universal id stands alone
            return name
        return "urn:oid:" + name if _OID.fullmatch(name) else self.local("authority", name)

    def coding_system(self, name: str) -> str | None:
        """Return the URI of a coding system (CWE.3, v2-0396), None for nothing."""
        if not name:
            return None
        known = self.profile.namespaces.get(name)
        if known:
            return known
        table = self.tables.get("coding-systems")
        entry = table.get(name) if table else None
        if entry:
            return entry.code
        v2 = _V2_TABLE.fullmatch(name)
        if v2:
            return f"http://terminology.hl7.org/CodeSystem/v2-{v2[1]}"
        if _OID.fullmatch(name):
            return "urn:oid:" + name
        return name if name.startswith(("http://", "https://", "urn:")) else self.local("codes", name)

    def gap(self, table: Table, code: str) -> None:
        """Count a code without a map."""
        self.gaps.append((table.name, code[:64]))

    def code(self, table: Table, raw: str) -> str | None:
        """Return the mapped code of a raw leaf, None (and a gap) without a map."""
        text = raw if self.clean else self.unescape(raw)
        entry = table.get(text)
        if entry is None and "^" in text:
            entry = table.get(text.split("^", 1)[0])
        if entry is None:
            self.gap(table, text.strip())
            return None
        return entry.code or None

    def coding(self, table: Table, original: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return the mapped Coding, or the original one (and a gap) without a map."""
        if original is None:
            return None
        entry = table.get(str(original.get("code", ""))) or table.get(str(original.get("display", "")))
        if entry is None:
            self.gap(table, str(original.get("code", original.get("display", ""))))
            return self.named(table, original)
        return entry.coding()

    def named(self, table: Table, coding: dict[str, Any]) -> dict[str, Any]:
        """Return a coding with the system of its field where it names none; a word is no code of a table."""
        if table.source_system and "system" not in coding and _PLAIN_CODE.fullmatch(coding.get("code", "")):
            return {**coding, "system": table.source_system}
        return coding

    def by_map(self, name: str, raw: str) -> dict[str, Any] | None:
        """Return what a datatype map makes of one raw repetition."""
        made: dict[str, Any] | None = self.functions[name](raw, self, "^")
        return made

    def concept(self, table: Table, original: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return the CodeableConcept with its mapped coding beside the original ones."""
        if original is None:
            return None
        codings = original.get("coding", ())
        text = original.get("text")
        disagree = any(table.disagrees(c.get("code"), c.get("display")) for c in codings)
        sources = (*(c.get("code") for c in codings), *(c.get("display") for c in codings), text)
        for source in () if disagree else sources:
            entry = table.get(source) if source else None
            if entry is not None and entry.code:
                # A bare code that the table only completes with its system would say the same thing twice.
                others = [
                    self.named(table, c)
                    for c in codings
                    if c.get("code") != entry.code or c.get("system", "") not in ("", entry.system)
                ]
                return {**original, "coding": [*others, entry.coding()]}
        if len(table):
            self.gap(table, str(codings[0].get("code", text or "")) if codings else str(text or ""))
        if not codings or not table.source_system:
            return original
        return {**original, "coding": [self.named(table, one) for one in codings]}

    def composed(self, type_name: str) -> tuple[str, str] | None:
        """Return the identity that the datatype map just made put together from its components."""
        key = self.key.rstrip("|")
        return (self.local("key", type_name), key) if key else None

    def refer(
        self, type_name: str, body: dict[str, Any] | None, kinds: tuple[str, ...] | None
    ) -> dict[str, Any] | None:
        """Make the resource of a datatype map, or find it again, and return the Reference to it.

        Without an identifier there is no identity to make a resource of: the Reference is a display only.

        Args:
            kinds: identifier type codes to prefer; None where the map put a key together (``self.key``).
        """
        if not body:
            return None
        picked = pick_identifier(body, kinds) if kinds is not None else self.composed(type_name)
        display = display_of(body)
        if picked is None:
            return {"display": display} if display else None
        ident = seed(self.tenant, type_name, *picked)
        self.mention(type_name, ident, picked if kinds is not None else None, body)
        reference = {"reference": f"{type_name}/{ident}"}
        if display:
            reference["display"] = display
        return reference

    def mention(
        self, type_name: str, ident: str, key: tuple[str, str] | None, body: dict[str, Any], mark: bytes = b""
    ) -> None:
        """Note a resource that a datatype map made; what is known of it already stays.

        Args:
            mark: digest of a remembered body; it holds while nothing else is known of the resource.
        """
        self.mentioned.append((type_name, ident, key, body, mark))
        handle = self.by_id.get(ident)
        if handle is None:
            handle = Handle(type_name, self.frame, None, [], 0)
            handle.id, handle.key = ident, key
            handle.settle()
            handle.mark = mark
            self.by_id[ident] = handle
            self.handles.append(handle)
        else:
            handle.mark = b""
        for name, value in body.items():
            handle.body.setdefault(name, value)

    def unmention(self, since: int) -> None:
        """Forget the resources that only a value mentioned which came to nothing.

        Args:
            since: length of ``mentioned`` before the value.
        """
        gone = {one[1] for one in self.mentioned[since:]} - {one[1] for one in self.mentioned[:since]}
        if gone:
            self.handles[:] = [one for one in self.handles if one.step is not None or one.id not in gone]
            self.known.difference_update(one[4] for one in self.mentioned[since:] if one[1] in gone)
            for ident in gone:
                del self.by_id[ident]
        del self.mentioned[since:]

    def clear(self, handle: Handle, name: str) -> None:
        """Note that the sender deleted an element (the v2 null)."""
        if handle.cleared is None:
            handle.cleared = []
        handle.cleared.append(name)
