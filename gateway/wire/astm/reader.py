"""Reader: signals, frames and bare records in a byte stream, however it is split (CLSI LIS1-A §8.3).

What real senders do, and what becomes of it:

- A frame is complete with its checksum: the answer does not wait for CR LF, which some leave out.
- Control characters inside a frame are content: a damaged byte that looks like ENQ must not be answered.
  Only STX begins anew; a frame that it cuts off was never acknowledged.
- Records that come without frames begin with H and its delimiters, at the beginning of a line.
- A frame that begins with RS holds a line of BCI (``bci``), and becomes the records that it says.
- Bare records that go on behind L, without a header, are no noise: their message is kept as it came.
- Line ends, blanks and zeros between frames are nothing; other bytes there are noise.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from gateway.wire.astm import bci
from gateway.wire.astm.frame import ACK, CR, ENQ, EOT, LAST, LF, NAK, STX, checksum

Kind = Literal["ENQ", "ACK", "NAK", "EOT", "frame", "bad", "line", "noise", "too-long"]

_SIGNALS: dict[bytes, Kind] = {ENQ: "ENQ", ACK: "ACK", NAK: "NAK", EOT: "EOT"}
_CONTROL = re.compile(rb"[\x02\x04\x05\x06\x15]")
_CONTROL_OR_BARE = re.compile(
    rb"[\x02\x04\x05\x06\x15]|(?:\A|(?<=[\r\n]))[ \t]{0,8}(?:H[!-/:-@\[-`{-~]|h\|[\\@~^])"
)
_END = re.compile(rb"[\x03\x17]")
_LINE_END = re.compile(rb"[\r\n]")
_NOTHING = b"\r\n\x00\t "
_ENDS, _BLANK = re.compile(rb"[\r\n\x00]+"), re.compile(rb"[\r\n\x00\t ]+")
_PERHAPS_BARE = re.compile(rb"(?:\A|(?<=[\r\n]))H\Z")
_TRAILER = re.compile(rb"[0-9A-Fa-f]{1,2}")


class Token(NamedTuple):
    """One thing that was heard.

    Attributes:
        kind: a signal, a frame, a bad frame, a bare record, noise, or more bytes than allowed.
        number: of the frame, 0 to 7.
        text: of the frame or record; a record with its line end.
        more: the record goes on in the next frame (ETB).
        size: bytes of noise.
    """

    kind: Kind
    number: int = 0
    text: bytes = b""
    more: bool = False
    size: int = 0


class Reader:
    """Cuts a stream into tokens; keeps at most one unfinished frame and the last bytes received.

    Args:
        check: compare the checksums.
        trailer: False where frames end with ETX or ETB, without checksum.
        bare: records without frames are taken too.
        limit: bytes of one frame or record.

    Attributes:
        truncated: frames dropped because another began before their end.
    """

    def __init__(
        self, *, check: bool = True, trailer: bool = True, bare: bool = True, limit: int = 1 << 20
    ) -> None:
        self._check, self._trailer, self._limit = check, trailer, limit
        self._bare = bare
        self._buffer = bytearray()
        self._searched = 0
        self._digits = 0  # characters of a checksum that may follow a frame that was taken without it
        self._lines = False  # inside of a message of bare records
        self._mark = b""  # delimiter of the bare records that came before
        self._tagged = 0  # frames of BCI since ENQ: they have no numbers
        self.truncated = 0

    def feed(self, data: bytes) -> None:
        """Take bytes from the stream."""
        self._buffer += data

    def __len__(self) -> int:
        """Return how many bytes wait."""
        return len(self._buffer)

    @property
    def inside(self) -> bool:
        """Whether a frame or record has begun whose end has not come."""
        return bool(self._buffer)

    def next(self) -> Token | None:
        """Return what comes next, or None until more bytes come."""
        self._pass_over()
        buffer = self._buffer
        if not buffer:
            return None
        signal = _SIGNALS.get(bytes(buffer[:1]))
        if signal:
            self._drop(1)
            if signal == "ENQ":
                self._tagged, self._mark = 0, b""
            return Token(signal)
        if buffer[:1] == STX:
            return self._frame()
        if self._lines or (self._bare and (_CONTROL_OR_BARE.match(buffer) or self._goes_on())):
            return self._line()
        return self._noise()

    def _goes_on(self) -> bool:
        """Tell whether a record follows those of a message that has ended, or may begin."""
        return bool(self._mark) and self._buffer[:1].isalpha() and self._buffer[1:2] in (b"", self._mark)

    def rest(self) -> Token | None:
        """Return a bare record that has not been ended, and forget everything that waits."""
        left = bytes(self._buffer)
        line = self._lines and not left.startswith(STX)
        self._drop(len(left))
        self._lines = False
        return Token("line", text=left) if line and left.strip(_NOTHING) else None

    def _pass_over(self) -> None:
        buffer = self._buffer
        if self._digits and buffer:
            found = _TRAILER.match(buffer, 0, self._digits)
            self._digits = self._digits - found.end() if found and found.end() == len(buffer) else 0
            self._drop(found.end() if found else 0)
        blank = (_ENDS if self._lines else _BLANK).match(buffer)
        self._drop(blank.end() if blank else 0)

    def _drop(self, count: int) -> None:
        if count:
            del self._buffer[:count]
            self._searched = 0

    def _frame(self) -> Token | None:
        buffer = self._buffer
        end = _END.search(buffer, max(1, self._searched))
        if end is None:
            self._searched = len(buffer)
            return self._too_long() if len(buffer) > self._limit else None
        at, tail = end.start(), 2 if self._trailer else 0
        if at > self._limit:
            return self._too_long()
        if bci.is_one(bytes(buffer[1:2])):
            return self._line_of_bci(bytes(buffer[1:at]), at + 1)
        trailer = bytes(buffer[at + 1 : at + 1 + tail])
        cut = _CONTROL.search(trailer)
        if len(trailer) < tail and not cut:
            self._searched = at
            return None
        inside = bytes(buffer[1 : at + 1])
        self._drop(at + 1 + (cut.start() if cut else tail))
        if self._buffer.startswith(CR + LF):
            self._drop(2)
        self._digits = 0 if self._trailer else 2
        return self._checked(inside, trailer)

    def _line_of_bci(self, inside: bytes, size: int) -> Token:
        """Return a frame of BCI as the records that it says; it begins anew at its last STX."""
        self._drop(size)
        self.truncated += b"\x02" in inside
        inside = inside[inside.rfind(STX) + 1 :]
        text = bci.text_of(inside) if self._check else inside.partition(bci.GS)[0]
        if text is None:
            return Token("bad")
        self._lines = False
        self._tagged += 1
        return Token("frame", self._tagged % 8, bci.records(text))

    def _checked(self, inside: bytes, trailer: bytes) -> Token:
        begun = inside.rfind(STX)
        if begun >= 0:
            self.truncated += 1
            inside = inside[begun + 1 :]
        number, text = inside[:1], inside[1:-1]
        wrong = self._check and self._trailer and trailer.upper() != checksum(inside)
        if wrong or not b"0" <= number <= b"7" or len(inside) < 2:
            return Token("bad")
        self._lines, self._mark = False, b""
        return Token("frame", int(number), text, inside.endswith(b"\x17"))

    def _line(self) -> Token | None:
        buffer = self._buffer
        end = _LINE_END.search(buffer, self._searched)
        if end is None:
            self._searched = len(buffer)
            return self._too_long() if len(buffer) > self._limit else None
        text = bytes(buffer[: end.end()])
        if len(text) > self._limit:
            return self._too_long()
        self._drop(end.end())
        self._mark = self._mark if self._lines else text[1:2]
        self._lines = not LAST.match(text)
        return Token("line", text=text)

    def _noise(self) -> Token | None:
        found = (_CONTROL_OR_BARE if self._bare else _CONTROL).search(self._buffer, 1)
        if self._bare and not found:
            found = _PERHAPS_BARE.search(self._buffer)  # its delimiters may be on their way
        size = found.start() if found else len(self._buffer)
        if not size:
            return None
        heard = len(self._buffer[:size].translate(None, _NOTHING))
        self._drop(size)
        return Token("noise", size=heard)

    def _too_long(self) -> Token:
        size = len(self._buffer)
        self._drop(size)
        self._lines = False
        return Token("too-long", size=size)
