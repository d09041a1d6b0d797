"""What is shipped: the wheel and its data, lock files without addresses, no path of anybody's machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("gateway", "adapters", "mappings", "conformance")


def _tracked() -> list[Path]:
    """Files that git knows or would add; a source archive without git has only its own files."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode:
        return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]
    names = listing.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def _project() -> dict[str, object]:
    project: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir"]
    subprocess.run([sys.executable, "-m", *build, str(folder), str(ROOT)], check=True, capture_output=True)
    (built,) = folder.glob("qiao-*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_has_every_tracked_file_of_the_four_packages(wheel: zipfile.ZipFile) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in _tracked()
        if path.relative_to(ROOT).parts[0] in PACKAGES
    }
    assert expected - set(wheel.namelist()) == set()


def test_the_wheel_has_nothing_but_the_four_packages(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


@pytest.mark.parametrize("suffix", [".yaml", ".json", ".hl7"])
def test_maps_tables_and_samples_are_shipped(wheel: zipfile.ZipFile, suffix: str) -> None:
    assert any(name.endswith(suffix) for name in wheel.namelist())


def test_licence_and_notice_are_shipped(wheel: zipfile.ZipFile) -> None:
    names = {Path(name).name for name in wheel.namelist() if ".dist-info/licenses/" in name}
    assert names == {"LICENSE", "NOTICE"}


def test_the_command_says_the_version_of_the_project() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "gateway", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == f"qiao {_project()['version']}"


def test_the_command_is_called_qiao() -> None:
    (command,) = entry_points(group="console_scripts", name="qiao")
    assert command.value == "gateway.cli:main"


def test_locks_name_no_address() -> None:
    locks = [
        path
        for path in _tracked()
        if path.parent == ROOT / "requirements" or re.search(r"(\.lock|lock\.json|lock\.yaml)$", path.name)
    ]
    assert {path.name for path in locks} >= {"runtime.txt", "build.txt", "dev.txt", "bench.txt", "peer.txt"}
    assert [path.name for path in locks if "://" in path.read_text("utf-8")] == []


def test_locks_pin_every_package_by_hash() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        entries = re.split(r"\n(?=[a-z0-9])", lock.read_text("utf-8"), flags=re.IGNORECASE)
        loose = [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
        assert loose == [], lock.name


def test_the_development_lock_agrees_with_what_users_install() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text("utf-8")
        return set(re.findall(r"^([\w.\-\[\]]+==[\w.+!]+)", text, flags=re.MULTILINE))

    assert pins("runtime.txt") <= pins("dev.txt")
    assert pins("build.txt") <= pins("dev.txt")


def test_every_declared_dependency_is_locked_and_explained() -> None:
    declared = _project()["dependencies"]
    assert isinstance(declared, list)
    names = {re.split(r"[<>=\[ ]", entry)[0].lower() for entry in declared}
    lock = (ROOT / "requirements/runtime.txt").read_text("utf-8").lower().replace(".", "-")
    explained = (ROOT / "docs/dependencies.md").read_text("utf-8").lower()
    assert {name for name in names if f"\n{name.replace('.', '-')}==" not in f"\n{_dashed(lock)}"} == set()
    assert {name for name in names if f"`{name}`" not in explained} == set()


def _dashed(text: str) -> str:
    return re.sub(r"[._]", "-", text)


# Written in parts, so that this file is not its own first find.
_MACHINE = re.compile(
    "|".join(("/wo" + "rk/", "/ro" + "ot/", "/home/[a-z]+/", "/tmp/" + "qiao", "/Users/[A-Za-z]+/"))
)


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = []
    for path in _tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in _MACHINE.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "name", ["README.md", "README.zh-CN.md", *[f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")]]
)
def test_links_between_documents_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text)
    assert [target for target in targets if not (ROOT / name).parent.joinpath(target).exists()] == []


def test_a_skip_fails_where_nothing_may_be_skipped(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text("utf-8"), "utf-8")
    (tmp_path / "test_one.py").write_text(
        "import pytest\n"
        "def test_real(require): require('no-such-package', binary='no-such-binary')\n"
        "@pytest.mark.xfail(strict=True)\ndef test_known(): assert False\n",
        "utf-8",
    )

    def run(require_all: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(tmp_path)]
        environment = os.environ | {"QIAO_REQUIRE_ALL": require_all, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    assert "apt-get install no-such-package" in (lenient := run("0")).stdout
    assert (lenient.returncode, run("1").returncode) == (0, 1)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_example_of_the_readme_is_what_qiao_convert_makes(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    (sample,) = re.findall(r"`(adapters/[^`]+\.hl7)`", text)
    (shown,) = re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)
    converted = subprocess.run(
        [sys.executable, "-m", "gateway", "convert", sample], cwd=ROOT, capture_output=True, check=True
    )
    resources = [entry["resource"] for entry in json.loads(converted.stdout)["entry"]]
    example = json.loads(shown)
    first = next(one for one in resources if one["resourceType"] == example["resourceType"])
    assert {key: first.get(key) for key in example} == example
