"""Work for analysers (LAB-28): brought to their own port, answered, and the answer kept."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.errors import Misconfigured
from gateway.mapping import load_maps

Open = Callable[..., Any]


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


class Analyser:
    """An analyser that takes work at a port of its own.

    Attributes:
        taken: the messages that were brought, segment by segment.
        deaf: how many connections it closes without a word.
    """

    def __init__(self, word: str = "OK") -> None:
        self.word, self.taken, self.deaf, self.port = word, list[list[str]](), 0, 0
        self.came = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                frame = await reader.readuntil(b"\x1c\r")
                if self.deaf:
                    self.deaf -= 1
                    break
                lines = frame[1:-2].decode().rstrip("\r").split("\r")
                writer.write(b"\x0b" + self.answer(lines).encode() + b"\x1c\r")
                await writer.drain()
                async with self.came:
                    self.taken.append(lines)
                    self.came.notify_all()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def answer(self, lines: list[str]) -> str:
        """Return ORL^O34: it takes every order, or none."""
        head = lines[0].split("|")
        made = [
            f"MSH|^~\\&|ANALYSER|LAB|QIAO|DQRM|20260305084010||ORL^O34^ORL_O34|r{len(self.taken)}|P|2.5.1|||NE|NE||"
            "UNICODE UTF-8|||LAB-28^IHE",
            f"MSA|AA|{head[9]}",
        ]
        made += [one for one in lines if one.startswith("SPM")]
        orders = [one.split("|") for one in lines if one.startswith("ORC")]
        made += [f"ORC|{self.word}|{one[2]}" for one in orders if one[1] == "NW"]
        return "\r".join(made) + "\r"

    async def brought(self, number: int) -> list[list[str]]:
        async with asyncio.timeout(20), self.came:
            await self.came.wait_for(lambda: len(self.taken) >= number)
        return self.taken


@asynccontextmanager
async def analyser(word: str = "OK", tls: ssl.SSLContext | None = None) -> AsyncIterator[Analyser]:
    made = Analyser(word)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not done():  # noqa: ASYNC110 -- counters have no event
            await asyncio.sleep(0.01)


def test_work_is_brought_after_the_query_and_its_answer_is_kept(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with analyser() as device, laboratory("lis/law", settings={"work_port": device.port}) as lab:
            await lab.one(texts.order())
            answer = await lab.one(texts.wos())
            assert texts.segments(answer, "QAK")[0][2] == "OK"
            assert not texts.segments(answer, "OBR")
            (work,) = await device.brought(1)
            assert texts.segments(work, "MSH")[0][8] == "OML^O33^OML_O33"
            assert texts.segments(work, "MSH")[0][20] == "LAB-28^IHE"
            assert [one[1] for one in texts.segments(work, "ORC")] == ["NW"]
            assert [one[4].split("^")[0] for one in texts.segments(work, "OBR")] == ["GLU"]
            assert [one[9] for one in texts.segments(work, "TQ1")] == ["R^^HL70485"]
            await until(lambda: lab.states() == {"stored": 3})
            assert [one["status"] for one in lab.all("ServiceRequest")] == ["active"]
            await until(lambda: lab.door.status()["work_taken"] == 1)

    run(tell())


def test_nothing_to_be_done_is_brought_as_such(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with analyser() as device:
            named = {"work": f"OTHER=127.0.0.1:9, ANALYSER=127.0.0.1:{device.port}"}
            async with laboratory("lis/law", settings=named) as lab:
                assert texts.segments(await lab.one(texts.wos()), "QAK")[0][2] == "OK"
                (work,) = await device.brought(1)
                assert texts.segments(work, "ORC")[0][1] == "DC"
                assert texts.segments(work, "SAC")[0][3] == texts.barcode
                await until(lambda: lab.door.status()["work_taken"] == 1)
                assert lab.states() == {"stored": 1}

    run(tell())


def test_an_analyser_that_refuses_or_falls_silent_is_counted(
    laboratory: Open, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.lis.law.bringing.PAUSES", (0.0, 0.0))

    async def tell() -> None:
        async with (
            analyser("UA") as device,
            laboratory("lis/law", settings={"work_port": device.port}) as lab,
        ):
            lab.door._work.bringing._kept_us = 10**15
            await lab.one(texts.order())
            device.deaf = 1
            await lab.one(texts.wos())
            await until(lambda: lab.door.status()["work_refused"] == 1)
            assert lab.reasons() == ["order-not-taken"]
            device.deaf = 1
            lab.door._work.bringing._kept_us = -1
            await lab.one(texts.wos(key="q-2"))
            await until(lambda: lab.door.status()["work_given_up"] == 1)
            assert [one["status"] for one in lab.all("ServiceRequest")] == ["active"]

    run(tell())


def test_patients_do_not_leave_without_tls_unless_that_is_meant() -> None:
    spec = registry.find()["lis/law"]
    with pytest.raises(Misconfigured, match="TLS"):
        spec.source(registry.options(spec, {"work": "COBAS=192.0.2.7:6001"}))
    with pytest.raises(Misconfigured, match="NAME=HOST:PORT or"):
        spec.source(registry.options(spec, {"work": "192.0.2.7:6001"}))
    spec.source(registry.options(spec, {"work": "COBAS=192.0.2.7:6001", "work_plain": True}))


def test_an_analyser_may_take_work_where_it_asks_and_answer_there(laboratory: Open, texts: Any) -> None:
    async def tell() -> None:
        async with laboratory("lis/law", settings={"work": "ANALYSER=same"}) as lab:
            await lab.one(texts.order())
            reader, writer = await asyncio.open_connection("127.0.0.1", lab.port)
            writer.write(b"\x0b" + texts.wos() + b"\x1c\r")
            async with asyncio.timeout(20):
                frames = [(await reader.readuntil(b"\x1c\r"))[1:-2].decode().split("\r") for _ in range(2)]
            assert [texts.segments(one, "MSH")[0][8][:7] for one in frames] == ["RSP^K11", "OML^O33"]
            answer = Analyser().answer(frames[1])
            writer.write(b"\x0b" + answer.encode() + b"\x1c\r\x0b" + texts.wos("404", "q-2") + b"\x1c\r")
            async with asyncio.timeout(20):
                frames = [(await reader.readuntil(b"\x1c\r"))[1:-2].decode().split("\r") for _ in range(2)]
            writer.close()
            assert texts.segments(frames[0], "MSA")[0][1:] == ["AA", "q-2"], "the ORL gets no answer"
            assert texts.segments(frames[1], "ORC")[0][1] == "DC"
            assert lab.states() == {"stored": 4}

    run(tell())


def test_each_test_of_a_panel_has_a_number_and_its_result_is_of_the_one_order(
    laboratory: Open, texts: Any, tmp_path: Path
) -> None:
    codes = tmp_path / "codes"
    codes.mkdir()
    (codes / "im-tests.csv").write_text("# several: true\ncode,target\nTHYROID,TSH\nTHYROID,FT4\n")
    loaded = load_maps(codes=codes)
    loaded.profiles = {**loaded.profiles, "ihe-law": replace(loaded.profiles["ihe-law"], orders="im-tests")}

    async def tell() -> None:
        async with analyser() as device:
            settings = {"work_port": device.port}
            async with laboratory("lis/law", loaded=loaded, settings=settings) as lab:
                await lab.one(texts.order(test="THYROID^甲功^99LAB"))
                await lab.one(texts.wos())
                (work,) = await device.brought(1)
                assert [one[2] for one in texts.segments(work, "OBR")] == ["LAB88001", "LAB88001^2"]
                assert [one[4].split("^")[0] for one in texts.segments(work, "OBR")] == ["TSH", "FT4"]
                await until(lambda: lab.states() == {"stored": 3})
                result = texts.message(
                    "MSH|^~\\&|ANALYSER|LAB|QIAO|DQRM|20260305090000||OUL^R22^OUL_R22|r9|P|2.5.1|||NE|AL||"
                    "UNICODE UTF-8|||LAB-29^IHE",
                    f"SPM|1|{texts.barcode}||SER^Serum^HL70487|||||||P",
                    "OBR|1|LAB88001^2||FT4",
                    "ORC|OK||||CM",
                    "OBX|1|NM|FT4||15.6|pmol/L|12-22|N|||F|||20260305085900",
                )
                assert texts.segments(await lab.one(result), "MSA")[0][1] == "AA"
                (order,) = lab.all("ServiceRequest")
                (report,) = lab.all("DiagnosticReport")
                assert report["basedOn"] == [{"reference": f"ServiceRequest/{order['id']}"}]
                await lab.one(texts.wos(key="q-2"))  # the other test is still to be done
                _, rest = await device.brought(2)
                assert [one[2:5] for one in texts.segments(rest, "OBR")] == [["LAB88001", "", "TSH"]]

    run(tell())


def certificate(folder: Path) -> tuple[Path, Path]:
    """Return a certificate that signs itself, without the address of anybody, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-days", "2", "-subj", "/CN=analyser", "-keyout", str(key), "-out", str(cert)]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs openssl: apt-get install openssl")
    return cert, key


def test_work_is_brought_over_tls_to_who_shows_a_certificate(
    laboratory: Open, texts: Any, tmp_path: Path
) -> None:
    cert, key = certificate(tmp_path)
    ours = {"tls_cert": str(cert), "tls_key": str(key), "tls_client_ca": str(cert)}
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(cert))
    theirs.load_cert_chain(cert, key)
    theirs.verify_mode = ssl.CERT_REQUIRED
    asking = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(cert))
    asking.load_cert_chain(cert, key)
    asking.check_hostname = False

    async def tell() -> None:
        async with (
            analyser(tls=theirs) as device,
            laboratory("lis/law", settings={"work_port": device.port, **ours}) as lab,
        ):
            lab.tls = asking
            await lab.one(texts.order())
            await lab.one(texts.wos())
            (work,) = await device.brought(1)
            assert texts.segments(work, "ORC")[0][1] == "NW"

    run(tell())
