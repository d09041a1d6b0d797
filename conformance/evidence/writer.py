"""Writer: the exchanges of a check as one masked JSON file, ``evidence/E0017.json``.

A file is masked with what the run has learned until its check ended, and once more at the end of the run,
with everything: the answer of one check may name, in passing, whom only a later one makes known.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from conformance.evidence.exchange import Book, Exchange, Message
from conformance.evidence.masking import Masker

LONGEST = 64 * 1024
"""Bytes of a masked body that are stored."""
_WAYS = ("request", "response")

Kept = dict[str, Any]
"""A message or an exchange as it is stored."""


class EvidenceWriter:
    """Writes to a folder, which is made. Threads may write at the same time, each its own check.

    Raises:
        OSError: the folder or a file cannot be written.
    """

    def __init__(self, folder: Path, masker: Masker) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._masker = folder, masker
        self._lock = threading.Lock()

    def write(self, number: int, check_id: str, book: Book) -> tuple[str, ...]:
        """Write the exchanges of a check; returns their ids (``"E0017-1"``), none where there were none.

        Args:
            number: of the check in the run's plan; an earlier file of this number is replaced.
        """
        name = f"E{number:04d}"
        for one in book.secrets:
            self._masker.learn("secret", one)
        for one in book.spoken_of:
            self._masker.people(one)
        kept = [_kept(f"{name}-{n}", n, one) for n, one in enumerate(book.exchanges, 1)]
        if kept:
            self._put(name, {"check": check_id, "exchanges": self._masked(kept)})
        else:
            (self._folder / f"{name}.json").unlink(missing_ok=True)
        return tuple(str(one["id"]) for one in kept)

    def finish(self) -> int:
        """Mask all files of the folder once more, with all that was learned; returns how many changed."""
        changed = 0
        for left in self._folder.glob(".E*.new"):  # of a run that was killed while it wrote
            left.unlink()
        for path in sorted(self._folder.glob("E*.json")):
            document = json.loads(path.read_bytes())
            masked = self._masked(document["exchanges"])
            if masked != document["exchanges"]:
                self._put(path.stem, {**document, "exchanges": masked})
                changed += 1
        return changed

    def _put(self, name: str, document: Kept) -> None:
        # A lone surrogate, which JSON can say and UTF-8 cannot, becomes the escape that it was.
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        beside = self._folder / f".{name}.new"
        with self._lock:
            beside.write_bytes(text.encode("utf-8", "backslashreplace"))
            beside.replace(self._folder / f"{name}.json")

    def _masked(self, exchanges: Sequence[Kept]) -> list[Kept]:
        """Mask exchanges: first all places of all are learned, then all texts of all are looked through."""
        opened = [
            {way: _Opened(one[way], self._masker) for way in _WAYS if one[way] is not None}
            for one in exchanges
        ]
        leaves = [leaf for one in opened for message in one.values() for leaf in message.leaves]
        said = [text for one in exchanges for text in (one["step"], one["error"])]
        rest = iter(self._masker.texts([*leaves, *said]))
        messages = [{way: message.closed(rest) for way, message in one.items()} for one in opened]
        return [
            {**one, **ways, "step": next(rest), "error": next(rest)}
            for one, ways in zip(exchanges, messages, strict=True)
        ]


class Unwritten(EvidenceWriter):
    """Numbers exchanges and writes none: what the harness is tried on itself needs no evidence."""

    def __init__(self) -> None:
        """Nothing is made."""

    def write(self, number: int, check_id: str, book: Book) -> tuple[str, ...]:
        """Return the ids that the exchanges would have."""
        return tuple(f"E{number:04d}-{n}" for n in range(1, len(book) + 1))

    def finish(self) -> int:
        """Nothing was written."""
        return 0


class _Opened:
    """A message taken apart: its places are masked and learned, its texts are still to be looked through."""

    def __init__(self, kept: Kept, masker: Masker) -> None:
        self._kept = kept
        self._line = "url" if "url" in kept else ""
        self._url, self._headers = masker.places(kept.get("url", ""), kept["headers"])
        kinds = (value for name, value in self._headers.items() if name.lower() == "content-type")
        self._body = None if kept["body"] is None else masker.open(kept["body"], next(kinds, ""))
        self.leaves = [self._url, *self._headers.values(), *(self._body.leaves if self._body else ())]

    def closed(self, rest: Iterator[str]) -> Kept:
        """Return the message with its texts taken from ``rest``."""
        url, headers = next(rest), {name: next(rest) for name in self._headers}
        address = {"url": url} if self._line else {}
        kept = {**self._kept, **address, "headers": headers}
        if self._body is None:
            return kept if self._kept["body"] is None else {**kept, **_binary(self._kept["body"])}
        return {**kept, **_cut(self._body.close([next(rest) for _ in self._body.leaves]), kept.get("whole"))}


def _kept(id_: str, n: int, one: Exchange) -> Kept:
    return {
        "n": n, "id": id_, "step": one.step, "protocol": one.protocol, "at": one.at, "seconds": one.seconds,
        "request": _request(one.request),
        "response": None if one.response is None else _response(one.response),
        "error": one.error,
    }  # fmt: skip


def _request(message: Message) -> Kept:
    method, _, url = message.line.rpartition(" ")
    return {"method": method, "url": url, **_message(message)}


def _response(message: Message) -> Kept:
    return {"status": int(message.line) if message.line.isdecimal() else message.line, **_message(message)}


def _message(message: Message) -> Kept:
    return {"headers": dict(message.headers), "body": message.body or None, "length": message.length}


def _binary(body: bytes) -> Kept:
    whole = {"kind": "binary", "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    return {"body": None, "whole": whole}


def _cut(text: str, before: Kept | None) -> Kept:
    """Return a body as it is stored; of one that was cut before, what is said of the whole stays."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= LONGEST:
        return {"body": text} if before is None else {"body": text, "whole": before}
    whole = before or {"kind": "cut", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {"body": data[:LONGEST].decode("utf-8", "ignore"), "whole": whole}
