"""The command line: light to start, the promised shapes, the promised exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.words import FAULTS, WORDS, say_fault, say_reason, speak

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "adapters"


def qiao(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "gateway", *arguments]
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
    for english, chinese in FAULTS.items():
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", chinese)), english
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
    assert [line["id"] for line in lines] == ["his/hl7v2", "lis/hl7v2", "pacs/ris_hl7v2"]
    port = {field["name"]: field["default"] for field in lines[0]["fields"]}["port"]
    assert port == 2575


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
