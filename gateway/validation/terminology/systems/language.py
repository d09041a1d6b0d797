"""Languages: tags of BCP 47 whose subtags are registered (RFC 5646 §2.1, §2.2.9)."""

from __future__ import annotations

import re
from functools import cached_property

from gateway.validation.terminology.concepts import Concept
from gateway.validation.terminology.systems.grammar import Grammar
from gateway.validation.terminology.systems.table import rows

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
)
_PRIVATE = re.compile(r"x(?:-[a-z0-9]{1,8})+")
_RESERVED = {  # ranges of the registry that are free for private use
    "language": re.compile(r"q[a-t][a-z]"),
    "script": re.compile(r"qa(?:a[a-z]|b[a-x])"),
    "region": re.compile(r"aa|q[m-z]|x[a-z]|zz"),
}


class Languages(Grammar):
    """Whether a text is a language tag; case does not matter."""

    url = "urn:ietf:bcp:47"
    name = "Language tags (BCP 47)"

    @cached_property
    def _subtags(self) -> dict[tuple[str, str], str]:
        return {(row[0], row[1].lower()): row[2] for row in rows("language-subtags.tsv")}

    def has(self, code: str) -> bool | None:
        """Return whether the tag is well-formed and all its subtags are registered."""
        return self._parts(code) is not None

    def concept(self, code: str) -> Concept | None:
        """Return the tag with what the registry calls its parts: ``Chinese (China)``."""
        parts = self._parts(code)
        if parts is None:
            return None
        names = [self._subtags.get(part, part[1]) for part in parts]
        return Concept(code, names[0] + (f" ({', '.join(names[1:])})" if names[1:] else ""))

    def _parts(self, code: str) -> list[tuple[str, str]] | None:
        """Return (type, subtag) of what is registered of a tag, None where it is no tag."""
        tag = code.lower()
        if ("grandfathered", tag) in self._subtags:
            return [("grandfathered", tag)]
        if _PRIVATE.fullmatch(tag) and len(tag) < 256:
            return [("private", tag)]
        found = _TAG.fullmatch(tag) if len(tag) < 256 else None
        if found is None:
            return None
        parts = _split(found)
        return parts if all(self._registered(*part) for part in parts) and _once(found) else None

    def _registered(self, kind: str, subtag: str) -> bool:
        if (kind, subtag) in self._subtags:
            return True
        return kind in _RESERVED and _RESERVED[kind].fullmatch(subtag) is not None


def _split(found: re.Match[str]) -> list[tuple[str, str]]:
    language, *extended = found["language"].split("-")
    parts = [("language", language), *(("extlang", one) for one in extended)]
    parts += [(kind, found[kind]) for kind in ("script", "region") if found[kind]]
    return parts + [("variant", one) for one in found["variants"].split("-")[1:]]


def _once(found: re.Match[str]) -> bool:
    """No variant and no singleton may be there twice (RFC 5646 §2.2.5, §2.2.6)."""
    variants = found["variants"].split("-")[1:]
    singletons = [one for one in found["extensions"].split("-")[1:] if len(one) == 1]
    return len(set(variants)) == len(variants) and len(set(singletons)) == len(singletons)
