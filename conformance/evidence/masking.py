"""Masking: takes personal data and secrets out of whatever an exchange carries, before it is stored.

What stands in a place for it (``places.py``) is masked there and remembered; what has its form (``seen.py``),
and what was remembered (``known.py``), is masked wherever it stands, through the codings of texts
(``codings.py``). Documents keep their structure, and an institution its name. Nothing is read or written.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from conformance.evidence.astm_places import looks_like_astm, open_astm
from conformance.evidence.broken import open_broken
from conformance.evidence.codings import as_text, from_base64, layers, looks_like_base64, masked_base64
from conformance.evidence.er7_places import looks_like_er7, open_er7
from conformance.evidence.json_places import open_json
from conformance.evidence.known import Known
from conformance.evidence.marks import MARK, Kind, Marks, bare, plainly
from conformance.evidence.opened import Opened, plain
from conformance.evidence.seen import SEPARATOR, Span, forms
from conformance.evidence.url_places import mask_form, mask_headers, mask_url
from conformance.evidence.xml_places import open_xml

__all__ = ["MARK", "Masker"]

_ROUNDS, _DEPTH = 4, 4
_PERSONS = frozenset(("Patient", "Person", "RelatedPerson"))
_TITLE = re.compile(r"([\u3400-\u9fff·]{2,4})[\s/,，、(（].*")
_BIRTH = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:\d{4,6}|T.*)?")
_NO_BIRTH_YEARS = 2
"""A birth date that is nearly today is not looked for elsewhere: every date of today would pass for it."""


class Masker:
    """What one run has learned, and the masks it writes. Threads may use it at the same time.

    Args:
        key: of the pseudonyms; random by default, and then nobody can make the same masks again.
    """

    def __init__(self, key: bytes = b"") -> None:
        self._marks = Marks(key or secrets.token_bytes(32))
        self._known = Known()
        self._given: set[str] = set()
        self._depth = 0
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, kind: Kind, value: str) -> str:
        """Remember a value, so that it is masked wherever it is met from now on; returns its mark.

        What is too short or too common (a family name alone, a password of five characters) is not looked
        for; it is masked only where it stands in a place for it.
        """
        if not value.strip() or MARK.search(value):
            return value
        with self._lock:
            for form in _FORMS[kind](value) if kind in _FORMS else (value,):
                self._known.add(kind, form)
            if kind == "name" and (titled := _TITLE.fullmatch(value.strip())):
                self._known.add(kind, titled[1])
        return self._marks.of(kind, value)

    def mark(self, kind: Kind, value: str) -> str:
        """Return the mark of a value without remembering it."""
        return self._marks.of(kind, value)

    def learn_name(self, family: str, given: str) -> None:
        """Remember a name of two parts, in the orders in which it is written as one."""
        family, given = family.strip(), given.strip()
        if MARK.search(family + given) or not family or not (given or len(family) > 1):
            return
        wholes = {f"{family}{given}", f"{family} {given}"}
        if family.isascii():
            wholes |= {f"{given} {family}", f"{family}, {given}"}
        with self._lock:
            for whole in wholes:
                for form in _name_forms(whole.strip(" ,")):
                    self._known.add("name", form)

    def knows_name(self, name: str) -> bool:
        """Tell whether a whole name was seen already."""
        return self._known.has("name", name)

    def text(self, text: str) -> str:
        """Return a free text, masked: a reason, a title, an error."""
        return self.texts([text])[0]

    def url(self, url: str) -> str:
        """Return a URL, masked."""
        return self.text(self.places(url, {})[0])

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers, masked."""
        _, named = self.places("", headers)
        return dict(zip(named, self.texts(list(named.values())), strict=True))

    def body(self, body: bytes, content_type: str = "") -> str | None:
        """Return a body, masked, as text; None where it is none."""
        opened = self.open(body, content_type)
        return None if opened is None else opened.close(self.texts(opened.leaves))

    def places(self, url: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Return a URL and headers with only their places masked, and learn what these tell."""
        with self._lock:
            return mask_url(url, self), mask_headers(headers, self)

    def open(self, body: bytes | str, content_type: str = "") -> Opened | None:
        """Take a body apart, mask its places, and learn what they tell; None where it is no text."""
        media, _, parameters = content_type.lower().partition(";")
        charset = re.search(r"charset=\"?([\w.-]+)", parameters)
        text = body if isinstance(body, str) else as_text(body, charset[1] if charset else "", damaged=True)
        with self._lock:
            return None if text is None else self._document(text, media.strip())

    def people(self, resource: str) -> None:
        """Learn whom a FHIR resource speaks of, who stands in other places where it is told in another form.

        Args:
            resource: its JSON. Of a person every identifier is learned, of whatever system.
        """
        self.open(resource, "application/fhir+json")
        told = json.loads(resource)
        if told.get("resourceType") not in _PERSONS:
            return
        for one in told.get("identifier") or ():
            self.learn("number", str(one.get("value") or ""))
        given = {str(part) for one in told.get("name") or () for part in one.get("given") or ()}
        with self._lock:  # what is short and of Latin letters may be a code
            self._given |= {one for one in given if one and (not one.isascii() or len(one) > 3)}

    def is_given(self, value: str) -> bool:
        """Tell whether a whole value is the given name of one of :meth:`people`."""
        return value in self._given

    def inside(self, text: str) -> str:
        """Return a document that stands inside another, masked."""
        with self._lock:
            if self._depth >= _DEPTH:
                return text
            self._depth += 1
            try:
                opened = self._document(text, "")
                return opened.close(self.texts(opened.leaves))
            finally:
                self._depth -= 1

    def attached(self, text: str) -> str:
        """Return base64 with its text masked; of what is no text, base64 of its size and hash."""
        data = from_base64(text)
        if data is None or not data:
            return text
        if as_text(data) is not None:
            return masked_base64(text, self.inside)
        note = f"{len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}"
        return base64.b64encode(note.encode()).decode()

    def texts(self, texts: Sequence[str]) -> list[str]:
        """Return texts, masked. They are looked at as one, which is what makes this fast."""
        with self._lock:
            once = list(dict.fromkeys(texts))  # codes, systems and references stand in a document many times
            joined = SEPARATOR.join(once)
            masked = self._settled(joined, 0)
            found = once if masked is joined else _parted(once, masked)
            for place, one in enumerate(found):
                if len(one) >= 8 and len(one) % 4 == 0 and looks_like_base64(one):
                    found[place] = masked_base64(one, self.inside)
            new = dict(zip(dict.fromkeys(texts), found, strict=True))
            return [new[one] for one in texts]

    def _document(self, text: str, media: str) -> Opened:
        start = text.lstrip("\ufeff \t\r\n\x0b")[:1]
        if media == "application/x-www-form-urlencoded":
            return plain(mask_form(text, self))
        if looks_like_astm(text):
            return open_astm(text, self)
        if start not in ("{", "[", "<", '"') and looks_like_er7(text):
            return open_er7(text, self)
        if start == "<":
            return open_xml(text, self)
        if start not in ("{", "[", '"'):
            return plain(text)
        try:
            return open_json(text, self)
        except (ValueError, RecursionError):
            return self._lines(text)

    def _lines(self, text: str) -> Opened:
        """NDJSON, each line for itself; what is no JSON is taken apart as well as it can be."""
        lines = text.split("\n")
        if len(lines) == 1 or not lines[0].rstrip().endswith("}"):
            return open_broken(text, self)
        return _all([self._line(line) for line in lines], "\n")

    def _line(self, line: str) -> Opened:
        try:
            return open_json(line, self) if line.strip() else plain(line)
        except (ValueError, RecursionError):
            return open_broken(line, self)

    def _settled(self, text: str, depth: int) -> str:
        """Mask a text until nothing is left to mask: a mask may part what stood together."""
        for _ in range(_ROUNDS):
            new = self._once(text)
            if depth < _DEPTH:
                new = layers(new, lambda piece: self._settled(piece, depth + 1))
            if new == text:
                return text
            text = new
        return text

    def _once(self, text: str) -> str:
        low = plainly(text)
        spans = sorted([*self._known.spans(low), *forms(low)], key=lambda one: (one.start, -one.end))
        pieces: list[str] = []
        at = 0
        for one in spans:
            if one.start < at:
                continue
            value = text[one.start : one.end]
            pieces += (text[at : one.start], self._masked(one, value))
            at = one.end
        return "".join((*pieces, text[at:])) if pieces else text

    def _masked(self, span: Span, value: str) -> str:
        if span.secret and any(one.isdigit() for one in value) and any(one.isalpha() for one in value):
            self._known.add("secret", value)
        elif span.kind in ("number", "phone", "email"):
            self._known.add(span.kind, value)
        return self._marks.of(span.kind, value)


def _parted(texts: Sequence[str], masked: str) -> list[str]:
    """Return a masked text as as many as it was made of; they may have had the separator in them."""
    parts = masked.split(SEPARATOR)
    if len(parts) == len(texts):
        return parts
    pieces = iter(parts)
    return [SEPARATOR.join(next(pieces) for _ in range(one.count(SEPARATOR) + 1)) for one in texts]


def _all(opened: Sequence[Opened], between: str) -> Opened:
    def close(leaves: list[str]) -> str:
        rest = iter(leaves)
        return between.join(one.close([next(rest) for _ in one.leaves]) for one in opened)

    return Opened([leaf for one in opened for leaf in one.leaves], close)


def _birth_forms(value: str) -> list[str]:
    found = _BIRTH.fullmatch(plainly(value).strip())
    try:
        day = date(*(int(one) for one in found.groups())) if found else None
    except ValueError:
        return []
    if day is None or day.year > datetime.now(UTC).year - _NO_BIRTH_YEARS:
        return []
    year, month, number = day.year, day.month, day.day
    return [
        f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day:%Y/%m/%d}", f"{day:%Y.%m.%d}", f"{day:%Y年%m月%d日}",
        f"{year}年{month}月{number}日", f"{year}/{month}/{number}",
    ]  # fmt: skip


def _number_forms(value: str) -> list[str]:
    """Return a number as it stands, without what is between its digits, and, of eight, in two fours."""
    plain = bare(plainly(value))
    fours = [f"{plain[:4]}{between}{plain[4:]}" for between in " -"] if len(plain) == 8 else []
    return [value, plain, *fours]


def _name_forms(value: str) -> list[str]:
    """Return a name as it stands, and as the words of a query are joined."""
    return [value, "+".join(value.split())] if value.isascii() else [value]


_FORMS = {"name": _name_forms, "birth": _birth_forms, "number": _number_forms, "phone": _number_forms}
