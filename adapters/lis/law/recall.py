"""Recall: which tests that analysers have are not to be made any more, by what the store says now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from adapters.lis.law.piece import Piece, number_of, numbers_in, order_of
from gateway.canonical.elements import each
from gateway.errors import Rejected
from gateway.spec import Ask, Question
from gateway.wire import er7
from gateway.wire.hl7v2 import Asked, written

MOST_LOOKS = 20
"""Pages of orders that are read at a time; what is behind them the next look reads."""

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_LOG = logging.getLogger("qiao.law")


class Recall:
    """Asks the store.

    Args:
        adapter: id of the door.
        tenant: whose orders.
        ask: what has the answers.
    """

    def __init__(self, adapter: str, tenant: str, ask: Ask) -> None:
        self._adapter, self._tenant, self._ask = adapter, tenant, ask

    async def ended(self, since_us: int) -> tuple[set[str], int]:
        """Return numbers of the orders that were ended since a moment, and up to when that is known.

        Raises:
            Retry: the store cannot be asked now.
        """
        numbers: set[str] = set()
        for _ in range(MOST_LOOKS):
            moment = _BEGIN + timedelta(microseconds=since_us)  # of changes no two have the same
            record = _question("ENDED", f"{moment:%Y%m%d%H%M%S.%f}+0000")
            answer = await self._ask(
                Question(self._tenant, self._adapter, record, "", "", "door", shown=False)
            )
            for one in answer.said:
                numbers |= {order_of(said) for line in written(record, one)
                            if (said := number_of(line.split("|")[2]))}  # fmt: skip
            since_us, before = max(since_us, _last_us(answer.found)), since_us
            if not answer.left or since_us == before:
                break
        return numbers, since_us

    async def still(self, piece: Piece) -> set[str] | None:
        """Return the numbers of a piece's tests that are to be made now; None: nobody can tell."""
        found: set[str] = set()
        for barcode in piece.barcodes:
            record = _question("WOS", barcode)
            question = Question(
                self._tenant, self._adapter, record, piece.sender, piece.name, "hl7v2", shown=False
            )
            try:
                answer = await self._ask(question)
            except Rejected as error:
                _LOG.warning("%s: nobody can tell what became of some work: %s", self._adapter, error.code)
                return None
            asked = Asked(record, answer, "", datetime.now(UTC))
            found |= {number for one in answer.said for number in numbers_in(asked, one)}
        return found

    async def note(self, piece: Piece) -> None:
        """Put on record that an analyser is told again whose the tubes of a piece are: it is to stop.

        Raises:
            Retry: that cannot be kept now.
        """
        for barcode in piece.barcodes:
            record = _question("BACK", barcode)
            try:
                await self._ask(
                    Question(self._tenant, self._adapter, record, piece.sender, piece.name, "door")
                )
            except Rejected as error:
                _LOG.warning("%s: no read is on record of work taken back: %s", self._adapter, error.code)

    async def over(self, held: Iterable[tuple[Piece, str]], ended: set[str]) -> list[tuple[Piece, list[str]]]:
        """Return which tests of which pieces are to be taken back.

        Args:
            held: what analysers have, or will have.
            ended: numbers of orders that were ended; another order may have the same.

        Raises:
            Retry: the store cannot be asked now.
        """
        suspected: dict[str, tuple[Piece, list[str]]] = {}
        for piece, number in held:
            if order_of(number) in ended:
                suspected.setdefault(piece.control, (piece, []))[1].append(number)
        made: list[tuple[Piece, list[str]]] = []
        for piece, numbers in suspected.values():
            still = await self.still(piece)
            if still is not None and (over := [one for one in numbers if one not in still]):
                made.append((piece, over))
        return made


def _question(name: str, what: str) -> er7.Message:
    text = (
        f"MSH|^~\\&|QIAO||||||QBP^Q11^QBP_Q11|1|P|2.5.1||||||UNICODE UTF-8\rQPD|{name}|1|{er7.escape(what)}\r"
    )
    return er7.parse(text.encode())


def _last_us(found: Sequence[object]) -> int:
    """Return the latest change of some resources, microseconds since 1970."""
    moments = [datetime.fromisoformat(str(at)) for one in found for at in each(one, "meta.lastUpdated")]
    return max(((one - _BEGIN) // timedelta(microseconds=1) for one in moments), default=0)
