"""The registry: a dropped-in folder is found; what is missing, doubtful or doubled is refused loudly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import registry
from gateway.errors import Misconfigured

INIT = """
from gateway.spec import AdapterSpec, Field
ADAPTER = AdapterSpec("{id}", "his", "t", "题", "text/plain", None, None, None,
                      (Field("host", "str", "127.0.0.1", "d"), Field("port", "int", 9, "d"),
                       Field("tls_cert", "str", "", "d")))
"""


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An adapters package of one's own, ``dropped.<kind>.<name>``."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "dropped" / "his").mkdir(parents=True)
    (tmp_path / "dropped" / "__init__.py").touch()
    yield tmp_path / "dropped"
    for name in [name for name in sys.modules if name.split(".")[0] == "dropped"]:
        del sys.modules[name]


def drop(root: Path, folder: str, text: str) -> None:
    path = root / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / "__init__.py").write_text(text, "utf-8")


def test_a_dropped_in_folder_is_found(dropped: Path) -> None:
    drop(dropped, "his/views", INIT.format(id="his/views"))
    (dropped / "his" / "notes").mkdir()  # no package: no adapter
    assert list(registry.find("dropped")) == ["his/views"]


@pytest.mark.parametrize(
    ("folder", "text", "said"),
    [
        ("his/views", "", "must set ADAPTER"),
        ("his/views", "ADAPTER = 3", "must set ADAPTER"),
        ("his/views", INIT.format(id="his/other"), "ADAPTER.id is 'his/other', the folder says 'his/views'"),
        ("lis/views", INIT.format(id="lis/views"), "the folder says 'lis/views'"),
        ("his/views", "import nothing_like_this", "cannot be imported"),
    ],
)
def test_a_doubtful_folder_is_refused(dropped: Path, folder: str, text: str, said: str) -> None:
    drop(dropped, folder, text)
    with pytest.raises(Misconfigured, match=said.replace("'", ".")) as error:
        registry.find("dropped")
    assert folder in str(error.value)


def test_the_same_adapter_twice_is_refused(dropped: Path, tmp_path: Path) -> None:
    import dropped as package

    drop(dropped, "his/views", INIT.format(id="his/views"))
    drop(tmp_path / "elsewhere", "his/views", INIT.format(id="his/views"))
    package.__path__.append(str(tmp_path / "elsewhere"))
    with pytest.raises(Misconfigured, match="twice"):
        registry.find("dropped")
    with pytest.raises(Misconfigured, match="one root"):
        registry.one_root("gateway", "dropped")


def test_what_ships_comes_from_one_root() -> None:
    assert (registry.one_root() / "gateway").is_dir()
    with pytest.raises(Misconfigured, match="nowhere"):
        registry.one_root("gateway", "not_there_at_all")


def test_options_are_checked_against_the_fields(dropped: Path) -> None:
    drop(dropped, "his/views", INIT.format(id="his/views"))
    spec = registry.find("dropped")["his/views"]
    assert registry.options(spec, {"port": "7"})["port"] == 7
    assert registry.options(spec, {})["enabled"] is True
    with pytest.raises(Misconfigured) as error:
        registry.options(spec, {"prot": 1}, "q.toml")
    assert str(error.value) == (
        "q.toml [adapters.\"his/views\"]: unknown key 'prot'; valid: host, port, tls_cert, enabled"
    )
    with pytest.raises(Misconfigured, match="must be int"):
        registry.options(spec, {"port": "x"})


def test_a_door_that_others_reach_needs_tls_and_known_senders(dropped: Path) -> None:
    drop(dropped, "his/views", INIT.format(id="his/views"))
    spec = registry.find("dropped")["his/views"]
    with pytest.raises(Misconfigured, match="set tls_cert, tls_key, tls_client_ca"):
        registry.options(spec, {"host": "0.0.0.0"})
    assert registry.options(spec, {"host": "0.0.0.0", "enabled": False})["enabled"] is False


def test_settings_of_an_adapter_that_is_not_there_are_refused(dropped: Path) -> None:
    with pytest.raises(Misconfigured, match=r"his/hl7v3.*no such adapter; there are: .*his/hl7v2"):
        registry.check_names(registry.find(), {"his/hl7v3": {}})
