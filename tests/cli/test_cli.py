"""The command line: light to start, the promised shapes, the promised exit codes."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway import cli
from gateway.cli import looks, words
from gateway.cli.doctor import LOOKS, examine
from gateway.cli.examples import COMMANDS
from gateway.cli.looks import Remark
from gateway.cli.output import columns, read_settings
from gateway.cli.words import WORDS, say_fault, say_reason, speak
from gateway.errors import Misconfigured
from gateway.mapping.cache import Cache
from gateway.settings import MappingSettings, Settings, StoreSettings
from gateway.store import open_store
from gateway.store.model import Change, Transact
from gateway.store.subscriptions import Look, Standing
from tests.forking import forked

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "adapters"


def qiao(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*forked(), *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)


def loaded_by(*arguments: str) -> set[str]:
    """Return the top-level modules that a command has imported when it ends."""
    code = (
        "import sys\nfrom gateway.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return set(done.stderr.decode().splitlines()[-1].split())


HEAVY = {"fastapi", "sqlmodel", "sqlalchemy", "hl7apy", "pydantic", "uvicorn"}


def test_help_and_version_import_nothing_heavy() -> None:
    assert not loaded_by("--help") & (HEAVY | {"rich", "yaml", "orjson"})
    assert not loaded_by("--version") & HEAVY


def test_convert_imports_no_store_and_no_api(tmp_path: Path) -> None:
    sample = next(SAMPLES.glob("his/hl7v2/samples/*.hl7"))
    assert not loaded_by("convert", str(sample), "-o", str(tmp_path / "out.ndjson")) & HEAVY


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["convert"],
        ["send", "hl7", "x"],
        ["--lang", "fr", "demo"],
        ["convert", "x.hl7", "--jobs", "0"],
        ["inbox", "list", "--limit", "-1"],
    ],
)
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    assert qiao(*arguments).returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["convert", "no-such-file.hl7"],
        ["serve", "--config", "no-such-file.toml"],
        ["serve", "--host", "0.0.0.0"],
        ["inbox", "list", "--store", "sqlite:///no-such.db"],
        ["inbox", "replay"],
    ],
)
def test_wrong_settings_are_2_and_named(arguments: list[str], tmp_path: Path) -> None:
    done = qiao(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(b"qiao: ")
    assert b"Traceback" not in done.stderr


def test_words_say_the_same_in_both_languages() -> None:
    for key, (english, chinese) in WORDS.items():
        assert re.findall(r"{\w+", english) == re.findall(r"{\w+", chinese) or sorted(
            re.findall(r"{\w+", english)
        ) == sorted(re.findall(r"{\w+", chinese)), key
    used = {
        key
        for path in (ROOT / "gateway" / "cli").glob("*.py")
        for key in re.findall(r'\bsay\(\s*"([\w.]+)"', path.read_text("utf-8"))
    }
    assert used <= set(WORDS)


def helps() -> dict[str, str]:
    """Return command → its help, of every command there is."""
    found: dict[str, str] = {}

    def walk(parser: argparse.ArgumentParser) -> None:
        found[parser.prog] = parser.format_help()
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for inner in action.choices.values():
                    walk(inner)

    walk(cli._parser())
    return found


def test_every_help_has_an_example_and_names_the_settings_it_reads() -> None:
    found = helps()
    groups = {name for name in found if any(other.startswith(f"{name} ") for other in found)}
    assert set(found) - {"qiao"} <= set(COMMANDS)
    sections = (
        "[store]",
        "[api]",
        "[pipeline]",
        "[mapping]",
        "[validation]",
        "[terminology]",
        "[signatures]",
        "[laboratory]",
        "[adapters",
        "reads no settings",
    )
    for name in set(found) - groups:
        assert re.search(rf"^  (.*\| )?(QIAO_\w+=\S+ )?{name}\b", found[name], re.MULTILINE), name
        assert any(section in " ".join(found[name].split()) for section in sections), name
        reads = "reads no settings" not in " ".join(found[name].split())
        assert reads == ("--config" in found[name]), name


def test_every_example_is_a_command_that_the_parser_takes(capsys: pytest.CaptureFixture[str]) -> None:
    there = helps()
    for name, (_, examples) in COMMANDS.items():
        for example in examples if name in there else ():
            words = shlex.split(example.split(" > ")[0])
            given = words[words.index("qiao") + 1 :]
            cli._parser().parse_args(given[: given.index("|")] if "|" in given else given)


def test_argparse_speaks_chinese_too() -> None:
    text = qiao("--lang", "zh", "inbox", "list", "--help").stdout.decode()
    for english in ("usage:", "options:", "show this help", "positional"):
        assert english not in text
    wrong = qiao("--lang", "zh", "inbox", "list", "--state", "lost").stderr.decode()
    assert "不可选" in wrong
    assert "缺少必需的参数：FILE" in qiao("--lang", "zh", "convert").stderr.decode()


def test_chinese_help_keeps_to_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    try:
        speak("zh")
        for name, text in helps().items():
            shown = text.partition("\n\n")[2].partition("示例：")[0]
            assert max(columns(line) for line in shown.splitlines()) <= 80, name
    finally:
        speak("en")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{from: PID-7, to: brithDate}", "没有元素 'brithDate'"),
        ("{from: PID-7}", "行缺少 'to' 或 'ignore'"),
        ("{from: PID-8, to: gender, codes: nothing}", "没有代码表 'nothing'"),
        ("{from: PID-7, to: birthDate, wehn: x}", "未知的键 'wehn'"),
    ],
)
def test_a_wrong_map_is_told_in_chinese(tmp_path: Path, row: str, said: str) -> None:
    root = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", root)
    file = root / "hl7v2" / "segments" / "PID-Patient.yaml"
    file.write_text(f"map: PID[Patient]\nrows:\n  - {row}\n", "utf-8")
    [problem] = json.loads(qiao("--lang", "zh", "mapping", "check", "--json", "--maps", root).stdout)[
        "problems"
    ]
    assert "PID-Patient.yaml:3" in problem
    assert said in problem


def test_what_is_listed_is_one_object_a_line() -> None:
    drafts = qiao("mapping", "seed", "TXA[DocumentReference]", "PV1[Encounter]", "--json").stdout.splitlines()
    assert [json.loads(line)["map"] for line in drafts] == ["TXA[DocumentReference]", "PV1[Encounter]"]


def test_messages_come_in_chinese_when_asked() -> None:
    assert "运行网关" in qiao("--lang", "zh", "--help").stdout.decode()
    assert "run the gateway" in qiao("--lang=en", "--help").stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["convert", "no-such-file.hl7"], "no-such-file.hl7: 没有这个文件或目录"),
        (["serve", "--config", "no-such-file.toml"], "no-such-file.toml: 无法读取"),
        (["serve", "--host", "0.0.0.0"], "可从外部访问"),
        (["inbox", "list", "--store", "sqlite:///no-such.db"], "没有存储"),
        (["convert", "-", "--sender", "nobody"], "没有发送方配置 'nobody'"),
    ],
)
def test_errors_come_in_chinese_when_asked(arguments: list[str], said: str) -> None:
    assert said in qiao("--lang", "zh", *arguments).stderr.decode()


def test_reasons_come_in_chinese_beside_the_word_that_scripts_look_for() -> None:
    bad = b"MSH|^~\\&|A|B|||20260301||ZZZ^Z99|77|P|2.5\rZZZ|1\r"
    done = qiao("--lang", "zh", "convert", "-", stdin=bad)
    assert "unknown-type 没有此消息类型的映射" in done.stderr.decode()


def test_the_table_of_faults_fills_in_what_it_found() -> None:
    try:
        speak("zh")
        another = (
            "the identifier of this Observation already belongs to a record of another patient; "
            "give the sender's profile a narrower scope (visit, date or year)"
        )
        assert say_fault(another).startswith("此 Observation 的标识已属于另一名患者")
        assert say_fault("unknown key 'prot'; valid: host, port") == "未知的键 'prot'；可用：host, port"
        assert say_fault("a sentence of tomorrow") == "a sentence of tomorrow"
        assert say_reason("key-of-another-patient") == "key-of-another-patient 标识已属于另一名患者"
    finally:
        speak("en")


def test_adapter_list() -> None:
    lines = [json.loads(line) for line in qiao("adapter", "list", "--json").stdout.splitlines()]
    found = {line["id"]: {field["name"]: field["default"] for field in line["fields"]} for line in lines}
    assert {"his/hl7v2", "his/sql_view", "his/xml_http", "his/cda", "his/files", "lis/hl7v2"} <= set(found)
    assert found["his/hl7v2"]["port"] == 2575


def test_mapping_check() -> None:
    done = qiao("mapping", "check", "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, found["problems"]) == (0, [])
    assert found["messages"] >= 11


def test_mapping_check_names_what_is_wrong(tmp_path: Path) -> None:
    done = qiao("mapping", "check", "--json", "--maps", str(tmp_path))
    assert done.returncode == 1
    assert json.loads(done.stdout)["problems"]


def test_doctor(tmp_path: Path) -> None:
    config = tmp_path / "qiao.toml"
    config.write_text(
        '[api]\nport = 0\n[adapters."his/hl7v2"]\nport = 0\n[adapters."lis/hl7v2"]\nport = 0\n'
        f'[adapters."pacs/ris_hl7v2"]\nport = 0\n[store]\nurl = "sqlite:///{tmp_path}/qiao.db"\n'
    )
    done = qiao("doctor", "--json", "--config", str(config))
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, found["ok"]) == (0, True), found
    assert not list(tmp_path.glob("*.db"))  # looking makes nothing
    config.write_text(f'[store]\nurl = "sqlite:///{tmp_path}/nowhere/qiao.db"\n')
    done = qiao("doctor", "--json", "--config", str(config))
    bad = {check["name"] for check in json.loads(done.stdout)["checks"] if not check["ok"]}
    assert done.returncode == 1
    assert "store" in bad


@pytest.mark.parametrize("name", LOOKS)
def test_whatever_doctor_finds_comes_with_what_to_do(name: str) -> None:
    def wrong(error: Exception) -> Any:
        def look(_: Settings) -> str:
            raise error

        return examine(name, look, Settings())

    for error in (
        Misconfigured("broken", where="here"),
        OSError(13, "denied", "there"),
        Remark("info", "so"),
    ):
        found = wrong(error)
        assert found.advice, name
        assert found.level == ("info" if isinstance(error, Remark) else "bad")


def test_doctor_looks_at_what_the_product_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(name: str, settings: Settings) -> tuple[str, str]:
        found = examine(name, LOOKS[name], settings)
        return found.level, found.text

    store = Settings(store=StoreSettings(url=f"sqlite:///{tmp_path}/qiao.db"))
    assert look("wal", store)[0] == "ok"
    with (tmp_path / "qiao.db-wal").open("wb") as log:
        log.truncate(looks.MOST_WAL + 1)
    assert look("wal", store)[0] == "bad"
    monkeypatch.setattr(looks, "LEAST_FREE", 1 << 60)
    assert look("disk", store)[0] == "bad"
    assert look("codes", Settings(mapping=MappingSettings(codes=str(tmp_path / "gone"))))[0] == "bad"
    (tmp_path / "codes").mkdir()
    assert look("codes", Settings(mapping=MappingSettings(codes=str(tmp_path / "codes"))))[0] == "ok"
    monkeypatch.setenv("TZ", "Nowhere/Atall")
    level, text = look("zone", store)
    assert level == "info"
    assert "Nowhere/Atall" in text
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "maps.bin").touch()
    shared.chmod(0o777)
    monkeypatch.setattr("gateway.mapping.cache.CACHE", Cache(shared / "maps.bin"))
    assert look("cache", store)[0] == "info"


def test_doctor_beside_a_running_gateway_finds_it(serve: Any, tmp_path: Path) -> None:
    running = serve(tmp_path / "qiao.db")
    port = running.api.rpartition(":")[2].partition("/")[0]
    config = tmp_path / "qiao.toml"
    config.write_text(f'[api]\nport = {port}\n[store]\nurl = "sqlite:///{tmp_path}/qiao.db"\n')
    try:
        done = qiao("doctor", "--json", "--config", config)
    finally:
        running.stop()
    [ports] = [one for one in json.loads(done.stdout)["checks"] if one["name"] == "ports"]
    assert (ports["level"], done.returncode) == ("info", 0)


def test_doctor_tells_a_port_that_another_qiao_has_from_one_that_is_lost(serve: Any, tmp_path: Path) -> None:
    def found(port: object) -> tuple[str, str]:
        config = tmp_path / "qiao.toml"
        doors = "".join(f'[adapters."{name}"]\nport = 0\n' for name in ("lis/hl7v2", "pacs/ris_hl7v2"))
        config.write_text(f'[api]\nport = 0\n[adapters."his/hl7v2"]\nport = {port}\n{doors}')
        settings = read_settings(argparse.Namespace(config=config, store=""))
        one = examine("ports", LOOKS["ports"], settings)
        return one.level, f"{one.text} {one.advice}"

    with socket.create_server(("127.0.0.1", 0)) as stranger:
        level, text = found(stranger.getsockname()[1])
    assert level == "bad"
    assert 'another [adapters."his/hl7v2"] port' in text
    running = serve(tmp_path / "qiao.db", whole=True)
    try:
        level, text = found(running.doors["his/hl7v2"].rpartition(":")[2])
    finally:
        running.stop()
    if Path("/proc/net/tcp").exists():
        assert level == "info"
        assert "another qiao" in text


def test_doctor_lists_subscriptions_in_error(tmp_path: Path) -> None:
    settings = Settings(store=StoreSettings(url=f"sqlite:///{tmp_path}/qiao.db"))

    def found() -> tuple[str, str]:
        one = examine("subscriptions", LOOKS["subscriptions"], settings)
        return one.level, one.text

    assert found() == ("ok", "none")
    body = {
        "resourceType": "Subscription",
        "id": "away",
        "status": "requested",
        "reason": "to know",
        "criteria": "Patient?active=true",
        "channel": {"type": "rest-hook", "endpoint": "https://receiver.example/hook"},
    }
    with closing(open_store(settings.store.url)) as store:
        [done] = store.write(
            [Transact("default", "", [Change("update", "Subscription", "away", body=body)], "")]
        )
        [(_, tenant, seq)] = store.subscriptions.clocks()
        begun = Standing(seq, tenant, "away", seq, 1, "", "error", "no answer from its host")
        assert done.error is None
        assert (
            store.subscriptions.record(
                Look(tenant, store.subscriptions.looked(tenant), seq, {}, [begun], [], [])
            )
            is not None
        )
    level, text = found()
    assert level == "info"
    assert text == "1, of which 1 in error: Subscription/away (default): no answer from its host"


def test_no_word_stands_in_two_tables() -> None:
    tables = [one for one in vars(words).values() if isinstance(one, ModuleType) and hasattr(one, "WORDS")]
    assert len(tables) > 5
    assert sum(len(table.WORDS) for table in tables) == len(WORDS)
