r"""Frame: MLLP's ``VT content FS CR`` in a byte stream (HL7 MLLP Release 2 §2), without sockets.

What real senders do, and what becomes of it:

- FS without CR ends the frame where a VT, an LF or nothing follows; FS before anything else is content.
- VT inside a frame is content (word processors write it), except before MSH, FHS or BHS: there the
  sender lost the trailer of the frame before. That one is dropped and counted as truncated; it was
  never acknowledged, so the sender still has it.
- In UTF-16 both bytes are halves of ordinary characters (东 is 1C 4E): only FS CR ends such a frame.
- Blanks, line ends and zeros between frames are nothing; other bytes there are noise and counted.
"""

from __future__ import annotations

import re

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
_END = FS + CR
_RESTART = re.compile(rb"\x0b(?=(?:\xef\xbb\xbf)?(?:MSH|BHS|FHS)[^A-Za-z0-9])")
_NOTHING = b"\r\n\t \x00\x1c"
_AFTER_FS = frozenset(b"\r\n\x0b")


def frame(content: bytes) -> bytes:
    """Return ``content`` as one MLLP frame."""
    return b"\x0b%b\x1c\r" % content


class Framer:
    """Cuts a stream into frames; keeps at most one unfinished frame and the last bytes received.

    Attributes:
        inside: True between a VT and its FS: a frame has begun.
        noise: bytes seen outside frames.
        recent_noise: the same since the last good frame.
        truncated: frames dropped because the next one began before their end.
    """

    __slots__ = ("_buffer", "_searched", "inside", "noise", "recent_noise", "truncated")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self.inside = False
        self.noise = 0
        self.recent_noise = 0
        self.truncated = 0

    def feed(self, data: bytes) -> None:
        """Take bytes from the stream."""
        self._buffer += data

    def __len__(self) -> int:
        """Return how many bytes wait: of the unfinished frame, or not looked at yet."""
        return len(self._buffer)

    def discard(self) -> None:
        """Forget everything that waits."""
        self._buffer.clear()
        self.inside = False
        self._searched = 0

    def next(self) -> bytes | None:
        """Return the content of the next complete frame, or None until more bytes come."""
        if not self.inside and not self._enter():
            return None
        end = self._find_end()
        if end < 0:
            return None
        buffer = self._buffer
        content = bytes(memoryview(buffer)[:end])
        del buffer[: end + 1 + (buffer[end + 1 : end + 2] == CR)]
        self.inside = False
        self._searched = 0
        self.recent_noise = 0
        return self._last_begun(content)

    def _enter(self) -> bool:
        buffer = self._buffer
        begin = buffer.find(VT)
        junk = len(buffer) if begin < 0 else begin
        if junk > 1 or (junk == 1 and buffer[0] not in _NOTHING):
            heard = len(bytes(buffer[:junk]).strip(_NOTHING))
            self.noise += heard
            self.recent_noise += heard
        self.inside = begin >= 0
        del buffer[: junk + self.inside]
        return self.inside

    def _find_end(self) -> int:
        buffer = self._buffer
        wide = 0 in buffer[:8]
        at = buffer.find(_END if wide else FS, self._searched)
        while at >= 0 and not wide and at + 1 < len(buffer) and buffer[at + 1] not in _AFTER_FS:
            at = buffer.find(FS, at + 1)
        if at < 0:
            self._searched = max(0, len(buffer) - 1)
        return at

    def _last_begun(self, content: bytes) -> bytes:
        if VT not in content or 0 in content[:8]:
            return content
        restarts = [found.end() for found in _RESTART.finditer(content)]
        self.truncated += len(restarts)
        return content[restarts[-1] :] if restarts else content
