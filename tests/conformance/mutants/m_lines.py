"""Mutants of the laboratory's lines: wrong answers to orders, frames misread, a line that is dead."""

from __future__ import annotations

import re
from typing import Any

from mutants.m_exchange import _deliver
from mutants.mutant import instead, mutant

ROW = "CQ49-3.4b"
_MAD = 1000
"""Bytes of noise."""


def _answers(pattern: bytes, change: bytes) -> None:
    """Let whatever is answered over MLLP say something else."""
    from gateway.wire.mllp.connection import Connection

    def make(answer: Any) -> Any:
        async def changed(self: Any, content: bytes) -> Any:
            said = await answer(self, content)
            return said and re.sub(pattern, change, said)

        return changed

    instead(Connection, "_answer", make)


@mutant(ROW, "检验申请只得到一般应答（ACK）", "orders for the laboratory are answered by a plain ACK")
def orders_plainly_answered() -> None:
    from gateway.wire.hl7v2 import order_answer

    instead(order_answer, "KINDS", lambda _: {})


@mutant(ROW, "撤销的申请应答为 OK", "who cancels an order hears OK")
def cancelling_is_ok() -> None:
    _answers(rb"(?<=\rORC\|)CR(?=\|)", b"OK")


@mutant(
    ROW, "条码已属他人的申请应答为 OK", "an order with the bar code of somebody else's tube is answered OK"
)
def taken_over_is_ok() -> None:
    _answers(rb"(?<=\rORC\|)UA(?=\|)", b"OK")


@mutant(ROW, "不认识 OML^O35", "OML^O35 is not known")
def containers_unknown() -> None:
    _deliver(lambda raw: re.sub(rb"^([^\r]*\|OML\^)O35(?:\^OML_O35)?(?=\|)", rb"\1O99", raw))


@mutant(ROW, "不认识 OUL^R23", "OUL^R23 is not known")
def by_container_unknown() -> None:
    _deliver(lambda raw: re.sub(rb"^([^\r]*\|OUL\^)R23(?:\^OUL_R23)?(?=\|)", rb"\1R99", raw))


@mutant(ROW, "查询未查到也应答 OK", "a question that finds nothing is answered OK")
def nothing_is_ok() -> None:
    _answers(rb"(\rQAK\|[^|\r]*\|)NF", rb"\1OK")


@mutant(ROW, "ORM 查询查不到任何申请", "who asks by ORM is told of no order")
def worklist_empty() -> None:
    _answers(rb"^(MSH[^\r]*\|ORR\^O02[^\r]*\rMSA\|)AA([^\r]*\r).*", rb"\1AR\2")


@mutant(ROW, "一条 ASTM 消息只取第一个标本", "of an ASTM message only the first sample counts")
def first_sample_only() -> None:
    from adapters.lis.astm import reception

    instead(reception, "samples", lambda samples: lambda message: samples(message)[:1])


@mutant(ROW, "续帧（ETB）当作完整记录", "a frame that goes on (ETB) is taken for a whole record")
def pieces_are_records() -> None:
    from gateway.wire.astm.assembly import Assembly

    def make(add: Any) -> Any:
        return lambda self, text, *, more=False: add(self, text, more=False)

    instead(Assembly, "add", make)


@mutant(ROW, "重发的帧被拒收", "a frame that comes again is refused")
def repeats_refused() -> None:
    from gateway.wire.astm.machine import Machine

    def make(frame: Any) -> Any:
        def strict(self: Any, token: Any) -> None:
            if self._accepted == (token.number, token.text):
                self._accepted = (token.number, b"")
            frame(self, token)

        return strict

    instead(Machine, "_frame", make)


@mutant(ROW, "争用线路时主机不让", "the host does not give way where both want the line")
def host_goes_first() -> None:
    from gateway.wire.astm.machine import Machine
    from gateway.wire.astm.states import State

    def make(enquiry: Any) -> Any:
        def stubborn(self: Any) -> None:
            if self.state in (State.ENQUIRING, State.CONTENDING, State.YIELDING):
                self.written += b"\x15"
            else:
                enquiry(self)

        return stubborn

    instead(Machine, "_enquiry", make)


@mutant(ROW, "串口没有打开", "the serial line is not opened")
def serial_dead() -> None:
    from adapters.lis.astm.calling import Calling

    instead(Calling, "start", lambda _: lambda self: None)


@mutant(ROW, "仪器拒收的任务不再下达", "work that an analyser has refused is told no more")
def refused_is_told_no_more() -> None:
    refused: set[bytes] = set()

    def forgotten(raw: bytes) -> bytes:
        if b"\rORC|UA|" in raw:
            refused.update(re.findall(rb"\rSPM\|[^|\r]*\|([\w-]+)", raw))
        for one in refused if b"\rQPD|" in raw else ():
            raw = raw.replace(one, b"0" + one)
        return raw

    _deliver(forgotten)


@mutant(ROW, "任务送不到仪器自己的端口", "work is not brought to the analyser's own port")
def work_not_brought() -> None:
    from gateway.errors import Retry
    from gateway.wire.mllp.client import MllpClient

    def make(_: Any) -> Any:
        async def nowhere(self: Any) -> None:
            raise Retry("nobody is called")

        return nowhere

    instead(MllpClient, "connect", make)


@mutant(
    ROW,
    "一条线路失常后，ASTM 端口不再接受连接",
    "after one line went mad the port of ASTM takes nobody any more",
)
def mad_line_closes_port() -> None:
    from gateway.wire.astm.server import AstmServer

    def make(connected: Any) -> Any:
        async def once(self: Any, reader: Any, writer: Any) -> None:
            if self.counters.oversize or self.counters.noise > _MAD:
                writer.transport.abort()
            else:
                await connected(self, reader, writer)

        return once

    instead(AstmServer, "_connected", make)


@mutant(
    ROW,
    "一条线路失常后，MLLP 端口不再接受连接",
    "after one line went mad the port of MLLP takes nobody any more",
)
def flooded_port_closes() -> None:
    from gateway.wire.mllp.connection import Connection

    def make(made: Any) -> Any:
        def once(self: Any, transport: Any) -> None:
            made(self, transport)
            counters = self._door.counters
            if counters.oversize or counters.noise > _MAD:
                self.abort()

        return once

    instead(Connection, "connection_made", make)
