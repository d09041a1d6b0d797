"""Dead letters at the command line: seen, sent again, given up."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.store import Desk, Entry, Transact, open_store
from gateway.store.deliveries import Settled

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A store with two refused entries and one held behind the first; runs `qiao feed ...` on it."""
    url = f"sqlite:///{tmp_path / 'qiao.db'}"

    def act(id_: str) -> Callable[[Desk], Any]:
        def enter(desk: Desk) -> Any:
            body = {"resourceType": "Basic", "id": id_, "code": {"text": str(desk.ts_us)}}
            return desk.append(Entry("prescription", "submitted", desk.write(body), (), f"S{id_}"))

        return enter

    with closing(open_store(url)) as store:
        store.write([Transact("default", "t", [], act=act(id_)) for id_ in ("a", "b", "a")])
        receiver = store.deliveries.enrol("default", "province")
        assert receiver is not None
        store.deliveries.fill(receiver)
        refused = [Settled(1, "refused", reason="1002 医师未备案"), Settled(2, "refused", reason="HTTP 422")]
        store.deliveries.settle(receiver, refused, 10)

    def call(*words: str, lang: str = "en") -> tuple[int, str]:
        code = main(["--lang", lang, "feed", *words, "--store", url])
        found = capsys.readouterr()
        return code, found.out + found.err

    return call


def test_what_was_refused_is_listed_with_its_reason(run: Run) -> None:
    code, out = run("dead", "list")
    assert code == 1 and "1002 医师未备案" in out and "Sb" in out and "held" not in out
    code, out = run("dead", "list", "province", "--held", "--json")
    assert [(one["n"], one["state"]) for one in map(json.loads, out.splitlines())] == [
        (1, "refused"), (2, "refused"), (3, "held"),
    ]  # fmt: skip


def test_an_entry_is_sent_again_or_given_up(run: Run) -> None:
    assert run("dead", "retry", "province", "2")[0] == 0
    assert run("dead", "retry", "province", "2")[0] == 1, "it waits already"
    code, out = run("dead", "drop", "province", "1", "--reason", "纸质上报，温如玉", lang="zh")
    assert code == 0 and "已放弃 1 条" in out
    code, out = run("dead", "show", "province", "1", "--json")
    assert json.loads(out)["reason"] == "纸质上报，温如玉"
    code, out = run("receivers", "--json")
    found = json.loads(out)
    assert code == 0 and (found["waiting"], found["given-up"], found["refused"]) == (2, 1, 0)


def test_how_receivers_stand(run: Run) -> None:
    code, out = run("receivers", lang="zh")
    assert code == 1 and "default/province" in out and "被拒收 2" in out and "暂缓 1" in out


def test_what_is_not_there_is_said(run: Run) -> None:
    assert run("dead", "show", "city", "1")[0] == 2
    assert run("dead", "show", "province", "99")[0] == 2
    assert run("dead", "retry", "province")[0] == 2


def test_what_stays_as_it_is_is_said(run: Run) -> None:
    code, out = run("dead", "drop", "province", "3", "99", "--reason", "x")
    assert (
        code == 1
        and "entry 3 stays as it is: held" in out
        and "99 stays as it is: the receiver is not" in out
    )
    assert "第 3 条不变：暂缓" in run("dead", "retry", "province", "3", lang="zh")[1]


def test_nothing_is_given_up_without_a_reason(run: Run) -> None:
    code, out = run("dead", "drop", "province", "1", "--reason", "  ", lang="zh")
    assert code == 2 and "原因" in out
    assert json.loads(run("dead", "show", "province", "1", "--json")[1])["state"] == "refused"


def test_a_wrong_path_makes_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wrong.db"
    for words in (["receivers"], ["dead", "list"], ["dead", "retry", "province", "--all"]):
        assert main(["feed", *words, "--store", f"sqlite:///{file}"]) == 2
    assert not file.exists() and capsys.readouterr().err


def test_the_letters_of_one_tenant_are_listed(run: Run, tmp_path: Path) -> None:
    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as store:
        store.deliveries.enrol("east", "city")
    assert run("dead", "list", "--tenant", "default")[0] == 1
    code, out = run("dead", "list", "--tenant", "nope")
    assert (code, "nope" in out) == (2, True)
