"""``[writeback.NAME]``: what cannot be meant is refused with the key, before anything leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.feed.writeback.opening import open_wires
from gateway.mapping import load_maps
from gateway.settings import Settings, WritebackSettings, load
from gateway.settings.receivers import ReceiverSettings


def written(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "qiao.toml"
    file.write_text(text)
    return load(file, {})


def test_a_his_needs_an_address_and_no_more(tmp_path: Path) -> None:
    said = written(tmp_path, '[writeback.his]\nto = "mllp://127.0.0.1:2575"\n').writeback["his"]
    assert (said.map, said.begin, said.order, said.not_from) == ("his-hl7v2", "now", "patient", ("his/*",))
    assert isinstance(said.as_receiver(), ReceiverSettings)


def test_the_environment_names_a_his_too() -> None:
    said = load(
        None, {"QIAO_WRITEBACK__CITY_HIS__TO": "mllp://127.0.0.1:1", "QIAO_WRITEBACK__CITY_HIS__PLAIN": "1"}
    )
    assert said.writeback["city-his"].plain


@pytest.mark.parametrize(("text", "why"), [
    ("[writeback.his]\n", "needs an address"),
    ("[writeback]\nhis = 1\n", "must be a table"),
    ('[writeback.HIS]\nto = "x"\n', "lower-case"),
    ('[writeback.his]\nto = "mllp://h:1"\nretries = 3\n', "retries"),
    ('[writeback.his]\nto = "mllp://h:1"\ntimeout = 0\n', "between 1"),
    ('[writeback.his]\nto = "mllp://h:1"\nregister = "MR"\n', "no URI of a register"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        written(tmp_path, text)


@pytest.mark.parametrize(("said", "why"), [
    ({"to": "mllp://10.0.0.5:2575"}, "without TLS"),
    ({"to": "http://10.0.0.5/x", "map": "his-json"}, "without TLS"),
    ({"to": "mllp://127.0.0.1"}, "host and a port"),
    ({"to": "127.0.0.1:2575"}, "no URL"),
    ({"to": "http://127.0.0.1:1"}, "hl7v2"),
    ({"to": "mllp://127.0.0.1:1", "map": "his-json"}, "json"),
    ({"to": "mllp://127.0.0.1:1", "map": "no-such"}, "no such map"),
    ({"to": "mllp://127.0.0.1:1", "dialect": "no-such"}, "no such profile"),
    ({"to": "mllp://127.0.0.1:1", "kinds": ("dream",)}, "no dream"),
    ({"to": "nodb://h/x", "map": "his-tables"}, "cannot be reached"),
    ({"to": "https://h/x", "map": "his-json", "ca": "/no/such.pem"}, "cannot be read"),
])  # fmt: skip
def test_a_his_that_could_never_be_told_stops_the_start(said: dict[str, object], why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        open_wires(Settings(writeback={"his": WritebackSettings(**said)}), load_maps())  # type: ignore[arg-type]


def test_an_address_is_no_part_of_what_is_printed() -> None:
    assert "s3cret" not in repr(
        WritebackSettings("postgresql+psycopg://u:s3cret@127.0.0.1/his", password="s3cret")
    )
