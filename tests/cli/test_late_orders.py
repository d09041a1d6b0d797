"""An order whose sender heard that it is not taken, and that is stored later: who stores it hears so."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.cli import main
from gateway.cli.looks import Remark
from gateway.cli.looks_inbox import waiting
from gateway.mapping import load_maps
from gateway.pipeline.engine import Engine, Parts
from gateway.settings import PipelineSettings, Settings, StoreSettings
from gateway.store import open_store

ORDER = (
    "MSH|^~\\&|HIS|DQRM|LIS|DQRM|20260305083000||OML^O21^OML_O21|o-1|P|2.5.1|||||CHN|UNICODE UTF-8\r"
    "PID|1||1002345^^^DQRM^MR||林^知夏||19910412|F\r"
    "ORC|NW|LAB1^HIS|||||||20260305083000\rOBR|1|LAB1^HIS||GLU^葡萄糖^99LAB\r"
    "SPM|1|2603050001||SER^血清^HL70487|||||||P\r"
).encode()
TOLD = ORDER.replace(b"OML^O21^OML_O21", b"ADT^A99").replace(b"|o-1|", b"|a-1|")


def sent(url: str, *raws: bytes, known: bool) -> list[bytes]:
    """Bring messages; return the answers. Where the map of an order is lacking, orders wait."""
    maps, specs = load_maps(), registry.find()
    if not known:
        maps.messages = {name: one for name, one in maps.messages.items() if not name.startswith("OML")}

    async def bring() -> list[bytes]:
        store = open_store(url)
        engine = Engine(Parts(store, maps, specs, PipelineSettings()))
        await engine.start()
        spec, at = specs["his/hl7v2"], now_us()
        try:
            return [
                await engine.deliver(
                    Envelope(new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", one)
                )
                for one in raws
            ]
        finally:
            await engine.stop()
            store.close()

    return asyncio.run(bring())


def test_who_stores_an_order_later_is_told_and_its_sender_hears_ok_when_it_asks_again(
    tmp_path: Path, capsys: Any
) -> None:
    url = f"sqlite:///{tmp_path / 'qiao.db'}"
    first, _ = sent(url, ORDER, TOLD, known=False)
    assert b"ORC|UA|LAB1" in first
    with pytest.raises(Remark) as remark:
        waiting(Settings(store=StoreSettings(url=url)))
    assert "2 " in str(remark.value)
    assert "1 of them are orders" in str(remark.value)
    main(["inbox", "replay", "--quarantined", "--json", "--store", url])
    said = capsys.readouterr()
    stored = [one for one in map(json.loads, said.out.splitlines()) if one["state"] == "stored"]
    assert [one["heard"] for one in stored] == ["not-taken"]
    assert "heard that this order is not taken" in said.err
    (again,) = sent(url, ORDER, known=True)
    assert b"ORC|OK|LAB1" in again
