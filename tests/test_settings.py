"""Settings: defaults need no file; what is wrong names its place; nothing opens to others unprotected."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway import settings
from gateway.errors import Misconfigured


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "qiao.toml"
    path.write_text(text, "utf-8")
    return path


def test_defaults_need_no_file() -> None:
    found = settings.load(None, {})
    assert found.store.url == "sqlite:///qiao.db"
    assert found.store.synchronous == "FULL"
    assert (found.api.host, found.api.port) == ("127.0.0.1", 8080)


def test_environment_wins_over_file_and_command_line_over_both(tmp_path: Path) -> None:
    path = write(tmp_path, '[api]\nport = 1\n[store]\nurl = "sqlite:///a.db"\n')
    found = settings.load(path, {"QIAO_API__PORT": "2", "QIAO_LANG": "zh", "HOME": "/"})
    assert (found.api.port, found.store.url) == (2, "sqlite:///a.db")
    assert settings.override(found, port=3).api.port == 3
    assert settings.override(found, port=0).api.port == 0


def test_each_tenant_has_its_own_rules_and_one_that_is_not_named_the_defaults(tmp_path: Path) -> None:
    text = """
    [tenants.east]
    organization = "990101001"
    jurisdiction = ["cn-chongqing", "cn-sichuan"]
    [tenants.east.parameters]
    young-child-age = 7
    forbidden-lists = ["narcotic"]
    """
    found = settings.load(write(tmp_path, text), {"QIAO_TENANTS__EAST__NODE": "3"})
    east = found.tenant("east")
    assert (east.organization, east.node, east.format) == ("990101001", 3, "cn-sichuan")
    assert east.parameters == {"young-child-age": 7, "forbidden-lists": ("narcotic",)}
    assert found.tenant("west") == settings.TenantSettings()
    for wrong in ("[tenants.east]\nhash = 'md5'", "[tenants.east]\ncolour = 1", "[tenants]\neast = 1"):
        with pytest.raises(Misconfigured, match="east"):
            settings.load(write(tmp_path, wrong), {})


def test_adapters_are_reached_from_the_environment(tmp_path: Path) -> None:
    found = settings.load(None, {"QIAO_ADAPTERS__PACS_RIS_HL7V2__PORT": "99"})
    assert found.adapters == {"pacs/ris_hl7v2": {"port": "99"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[api]\nprot = 1\n", "qiao.toml [api]: unknown key 'prot'; valid: host, port"),
        (
            "[apis]\n",
            "unknown section [apis]; valid: store, api, pipeline, validation, mapping, terminology, ",
        ),
        ('[api]\nport = "x"\n', "qiao.toml [api] port: must be int"),
        ("[api]\nport = 70000\n", "[api] port: must be between 0 and 65535"),
        ('[pipeline]\nvalidate = "maybe"\n', "[pipeline] validate: must be one of off, report, strict"),
        ("[api]\nport = true\n", "qiao.toml [api] port: must be int"),
        ('[store]\nsynchronous = "OFF"\n', "must be one of FULL, NORMAL"),
        ("[api\n", "is not TOML"),
        ("api = 3\n", "[api]: must be a table"),
        ("[adapters]\nx = 3\n", "must be tables like"),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Misconfigured) as error:
        settings.load(write(tmp_path, text), {})
    assert said in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.toml"):
        settings.load(tmp_path / "nowhere.toml", {})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "hospital.example"])
def test_a_port_that_others_reach_needs_tls_and_clients(host: str, tmp_path: Path) -> None:
    with pytest.raises(
        Misconfigured, match=r"set tls_cert, tls_key \(or behind_proxy.*\), clients \(qiao client add"
    ):
        settings.override(settings.Settings(), host=host)
    given = {"QIAO_API__HOST": host, "QIAO_API__TLS_CERT": "c", "QIAO_API__TLS_KEY": "k"}
    with pytest.raises(Misconfigured, match=r"set clients \(qiao client add"):
        settings.load(None, given)
    assert settings.load(None, given, guarded=False).api.host == host
    assert settings.load(None, given | {"QIAO_API__TOKEN": "t"}).api.host == host
    (tmp_path / "clients.toml").write_text("")
    store = {"QIAO_STORE__URL": f"sqlite:///{tmp_path / 'qiao.db'}"}
    assert settings.load(None, given | store).api.host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_behind_a_proxy_clients_are_enough_and_are_needed(host: str) -> None:
    proxied = {"QIAO_API__HOST": host, "QIAO_API__BEHIND_PROXY": "true"}
    with pytest.raises(Misconfigured, match=r"others can come through the proxy .*: set clients \(qiao cl"):
        settings.load(None, proxied)
    assert settings.load(None, proxied | {"QIAO_API__TOKEN": "t"}).api.host == host


@pytest.mark.parametrize(
    ("url", "listed"),
    [
        ("https://a.example/x", True),
        ("https://a.example:443/x", True),
        ("http://a.example/x", False),
        ("https://a.example:8443/x", False),
        ("https://b.example:8443/x", True),
        ("http://c.example:80/", True),
        ("https://c.example/", False),
        ("https://a.example.evil.example/", False),
    ],
)
def test_a_listed_host_is_scheme_name_and_port(url: str, listed: bool) -> None:
    hosts = ("a.example", "b.example:8443", "http://c.example")
    assert settings.is_listed(urlsplit(url), hosts) is listed


def test_clients_are_beside_the_store_unless_said(tmp_path: Path) -> None:
    store = settings.StoreSettings(url=f"sqlite:///{tmp_path / 'qiao.db'}")
    assert settings.clients_file(settings.Settings(store=store)) == tmp_path / "clients.toml"
    said = settings.Settings(store=store, api=settings.ApiSettings(clients="/etc/qiao/clients.toml"))
    assert settings.clients_file(said) == Path("/etc/qiao/clients.toml")
    elsewhere = settings.StoreSettings(url="postgresql://db/qiao")
    assert settings.clients_file(settings.Settings(store=elsewhere)) == Path("clients.toml")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_needs_nothing(host: str) -> None:
    assert settings.override(settings.Settings(), host=host).api.host == host


@pytest.mark.parametrize(
    ("asked", "environment", "language"),
    [
        ("zh", {}, "zh"),
        ("", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("", {"QIAO_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ("", {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("", {}, "en"),
    ],
)
def test_language(asked: str, environment: dict[str, str], language: str) -> None:
    assert settings.language(asked, environment) == language


def test_every_setting_is_documented() -> None:
    names = ("StoreSettings", "ApiSettings", "PipelineSettings", "MappingSettings", "ValidationSettings")
    for part in (getattr(settings, name) for name in names):
        for field in dataclasses.fields(part):
            assert f"        {field.name}: " in (part.__doc__ or ""), f"{part.__name__}.{field.name}"


def test_a_list_stands_in_the_file_as_a_list_and_in_the_environment_with_commas(tmp_path: Path) -> None:
    file = write(tmp_path, '[validation]\nprofiles = ["urn:a", "urn:b"]\n')
    assert settings.load(file, {}).validation.profiles == ("urn:a", "urn:b")
    given = {"QIAO_VALIDATION__PROFILES": "urn:c,urn:d"}
    assert settings.load(file, given).validation.profiles == ("urn:c", "urn:d")
    with pytest.raises(Misconfigured, match="must be a list of strings"):
        settings.load(write(tmp_path, "[validation]\nprofiles = 3\n"), {})


def test_what_a_hospital_owes_is_set_by_tenant(tmp_path: Path) -> None:
    file = tmp_path / "qiao.toml"
    file.write_text(
        '[supervision.east]\nowner = "Organization/q"\n[supervision.east.deadlines]\nfinding-high = 6\n'
    )
    found = settings.load(file, {"QIAO_SUPERVISION__EAST__REMIND_HOURS": "48"})
    assert found.supervised("east").owner == "Organization/q"
    assert found.supervised("east").deadlines == {"finding-high": 6}
    assert (found.supervised("east").remind_hours, found.supervised("west").remind_hours) == (48, 24)


@pytest.mark.parametrize(
    "text",
    [
        '[supervision]\nowner = "x"\n',
        '[supervision.east]\nwho = "x"\n',
        "[supervision.east.deadlines]\nfinding-high = 0\n",
        '[supervision.east.deadlines]\nfinding-high = "soon"\n',
        "[supervision.east.authorities]\nissuing = 7\n",
    ],
)
def test_what_is_set_wrong_of_it_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "qiao.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match="supervision"):
        settings.load(file, {})
