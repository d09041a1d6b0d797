"""``qiao feed``: what was changed behind the gateway's back is found, on both engines; proofs stand alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.feed.head import named
from gateway.security.signature import open_signatures
from gateway.security.signature.demonstration import Hospital, Signer, demonstration
from gateway.settings import SignatureSettings
from gateway.store import Desk, Entry, Store, Transact, direct, open_store
from tests.emptying import empty

COUNT = 20


def entering(at: int) -> Callable[[Desk], Any]:
    def act(desk: Desk) -> Any:
        group = desk.write({"resourceType": "RequestGroup", "id": f"g{at}"})
        drug = desk.write({"resourceType": "MedicationRequest", "id": f"m{at}"})
        return desk.append(Entry("prescription", "submitted", group, [group, drug], f"S{at}"))

    return act


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'qiao.db'}"
    found = str(request.getfixturevalue("database"))
    empty(found)
    return found


@pytest.fixture
def store(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A ledger of twenty entries over several blocks and two days, open as in a gateway that runs."""
    for name in ("tree", "appending", "verify", "stretch"):
        monkeypatch.setattr(f"gateway.store.ledger.{name}.BLOCK", 8)
    opened = open_store(url)
    start = 1_772_769_600_000_000
    for day in range(2):
        with monkeypatch.context() as at:
            at.setattr("gateway.store.clock.now_us", lambda day=day: start + day * 86_400_000_000)
            half = range(day * COUNT // 2 + 1, (day + 1) * COUNT // 2 + 1)
            opened.write([Transact("default", "t", [], act=entering(one)) for one in half])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ca")
    demonstration(
        folder, [Signer("inspector", "监管", "2")], Hospital("渡桥市卫生健康委员会", "990101999"), "ES256"
    )
    return folder


@pytest.fixture
def qiao(url: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(*arguments: str, stored: bool = True) -> tuple[int, str]:
        code = main(["feed", *arguments, *(["--store", url] if stored else []), "--lang", "en"])
        return code, capsys.readouterr().out

    return run


Run = Callable[..., tuple[int, str]]


def forge(store: Store, *statements: str | tuple[str, Sequence[Any]]) -> None:
    """Change the database as somebody would who has it."""
    with store._session.transaction() as connection:
        for one in statements:
            sql, values = (one, ()) if isinstance(one, str) else one
            direct.execute(connection, sql, values)


def test_a_whole_ledger(store: Store, qiao: Run) -> None:
    code, said = qiao("verify", "--json")
    told = json.loads(said)
    assert (code, told["ok"], told["entries"], told["first_bad"]) == (0, True, COUNT, None)
    assert told["root"] == store.ledger.head("default").root.hex()
    assert "20 entries" in qiao("verify")[1]


BODY = "UPDATE version SET body = ? WHERE seq = (SELECT seq FROM current WHERE fhir_id = 'm7')"
SWAP = (
    "UPDATE ledger SET n = 900 WHERE n = 6",
    "UPDATE ledger SET n = 6 WHERE n = 7",
    "UPDATE ledger SET n = 7 WHERE n = 900",
)


@pytest.mark.parametrize(
    ("statements", "first_bad"),
    [
        (("DELETE FROM ledger WHERE n = 5",), 5),
        (("DELETE FROM ledger WHERE n = 1",), 1),
        (("UPDATE ledger SET serial = 'S99' WHERE n = 9",), 9),
        (("UPDATE ledger SET event = 'cancelled' WHERE n = 20",), 20),
        (("UPDATE ledger SET ts_us = ts_us - 1 WHERE n = 4",), 4),
        (SWAP, 6),
        (("DELETE FROM ledger WHERE n > 17",), 18),
        ((f"{BODY}",), 7),
        (("DELETE FROM version WHERE seq = (SELECT seq FROM current WHERE fhir_id = 'g11')",), 11),
        (("UPDATE ledger_block SET root = (SELECT prev FROM ledger WHERE n = 3) WHERE n = 1",), 1),
        (("UPDATE ledger_day SET size = 9",), 10),
        (("DELETE FROM ledger_day",), 10),
        (("UPDATE ledger_head SET root = head",), 17),
        (("UPDATE ledger_head SET size = 16",), 16),
    ],
)  # fmt: skip
def test_what_was_forged_is_found(
    store: Store, qiao: Run, keys: Path, statements: Sequence[str], first_bad: int
) -> None:
    head = store.ledger.head("default", 17)
    signing = open_signatures(SignatureSettings(keys=str(keys / "keys")))
    signature = signing.seal(head.encoded(), "inspector", [named("default", 17)])
    store.ledger.countersign("default", head, "commission", signature.encode())
    assert qiao("verify", "--trust", str(keys / "trust.pem"))[0] == 0
    body = store.read("default", "MedicationRequest", "m7")
    assert body is not None
    forged = body.body.replace(b'"id":"m7"', b'"id":"m7","status":"active"')
    forge(store, *((one, (forged,)) if "?" in one else one for one in statements))
    if statements == ("DELETE FROM ledger WHERE n > 17",):
        kept = Path(keys / "kept.ndjson")
        kept.write_text(json.dumps({"tenant": "default", "algorithm": "sm3", "size": 18, "root": "00" * 32,
                                    "head": "00" * 32}), "utf-8")  # fmt: skip
        assert qiao("verify", "--json")[0] == 0, "nobody has countersigned it"
        code, said = qiao("verify", "--json", "--heads", str(kept))
    else:
        code, said = qiao("verify", "--json", "--trust", str(keys / "trust.pem"))
    told = json.loads(said)
    assert (code, told["ok"], told["first_bad"]) == (1, False, first_bad), told
    assert told["reason"]


def test_a_ledger_written_anew_is_found_by_a_head_that_the_regulator_kept(
    store: Store, qiao: Run, tmp_path: Path, url: str
) -> None:
    kept = tmp_path / "heads.ndjson"
    kept.write_text(qiao("head", "--size", "12")[1] + qiao("head")[1], "utf-8")
    assert qiao("verify", "--heads", str(kept))[0] == 0
    forge(store, "DELETE FROM ledger", "DELETE FROM ledger_block", "DELETE FROM ledger_day")
    with_other = open_store(url)
    with_other.write([Transact("default", "t", [], act=entering(one)) for one in range(1, COUNT + 1)])
    with_other.close()
    assert qiao("verify")[0] == 0, "it is whole in itself"
    code, said = qiao("verify", "--json", "--heads", str(kept))
    assert (code, json.loads(said)["first_bad"]) == (1, 12)


def test_a_forged_countersignature_is_found(store: Store, qiao: Run, keys: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    head.write_text(qiao("head")[1], "utf-8")
    key = ("--keys", str(keys / "keys"), "--key", "inspector")
    signed = tmp_path / "signed.json"
    signed.write_text(qiao("countersign", str(head), *key, stored=False)[1], "utf-8")
    settings = tmp_path / "qiao.toml"
    settings.write_text(f'[signatures]\ntrust = ["{keys / "trust.pem"}"]\n', "utf-8")
    assert qiao("countersign", str(signed), "--keep", "commission", "--config", str(settings))[0] == 0
    trust = ("--trust", str(keys / "trust.pem"))
    told = json.loads(qiao("verify", "--json", *trust)[1])
    assert (told["ok"], told["countersigned"], told["signatures"]) == (True, COUNT, True)
    forge(store, ("UPDATE ledger_head SET signature = ?", (b"e30uLmUzMA==",)))
    told = json.loads(qiao("verify", "--json", *trust)[1])
    assert (told["ok"], told["first_bad"]) == (False, COUNT)
    assert qiao("countersign", str(head), "--keep", "x", "--config", str(settings))[0] == 2


def test_a_hospital_does_not_countersign_with_the_key_that_it_seals_with(
    store: Store, qiao: Run, keys: Path, tmp_path: Path
) -> None:
    head, signed, settings = (tmp_path / name for name in ("head.json", "signed.json", "qiao.toml"))
    head.write_text(qiao("head")[1], "utf-8")
    key = ("--keys", str(keys / "keys"), "--key", "inspector")
    signed.write_text(qiao("countersign", str(head), *key, stored=False)[1], "utf-8")
    settings.write_text(
        f'[signatures]\ntrust = ["{keys / "trust.pem"}"]\nkeys = "{keys / "keys"}"\n'
        '[tenants.default]\nsign_key = "inspector"\n',
        "utf-8",
    )
    assert qiao("countersign", str(signed), "--keep", "commission", "--config", str(settings))[0] == 1
    assert json.loads(qiao("verify", "--json")[1])["countersigned"] == 0


@pytest.mark.parametrize("action", [["verify"], ["head"], ["status"], ["reconcile"], ["evidence"]])
def test_a_wrong_name_is_no_whole_ledger(store: Store, qiao: Run, action: list[str]) -> None:
    assert qiao("head")[0] == 0
    assert qiao(*action, "--tenant", "defualt")[0] == 2


def test_a_file_that_is_not_there_is_a_mistake_of_the_command(qiao: Run, tmp_path: Path) -> None:
    assert qiao("proof", "--check", str(tmp_path / "none.json"), stored=False)[0] == 2
    assert qiao("verify", str(tmp_path / "none.ndjson"), stored=False)[0] == 2


def test_a_proof_is_checked_without_a_store(store: Store, qiao: Run, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_text(qiao("proof", "--serial", "S7", "--size", "15")[1], "utf-8")
    bodies = []
    for type_, id_ in (("RequestGroup", "g7"), ("MedicationRequest", "m7")):
        version = store.read("default", type_, id_)
        assert version is not None
        bodies += ["--body", str(tmp_path / id_)]
        (tmp_path / id_).write_bytes(version.body)
    checking = ("proof", "--check", str(file))
    code, said = qiao(*checking, "--json", *bodies, stored=False)
    told = json.loads(said)
    assert (code, told["ok"], told["entry"]["serial"], told["bodies"]) == (0, True, "S7", True)
    assert told["root"] == store.ledger.head("default", 15).root.hex()
    (tmp_path / "m7").write_bytes(b"{}")
    assert qiao(*checking, *bodies, stored=False)[0] == 1
    file.write_text(file.read_text("utf-8").replace("serial=S7", "serial=S8"), "utf-8")
    assert qiao(*checking, stored=False)[0] == 1
    file.write_text(qiao("proof", "--from", "5")[1], "utf-8")
    assert json.loads(qiao(*checking, "--json", stored=False)[1])["before"] == 5
    assert qiao("proof", "--n", "21")[0] == 1


def test_how_it_stands(store: Store, qiao: Run) -> None:
    store.feed_places.acknowledge("default", "commission", 12)
    code, said = qiao("status", "--json")
    told = json.loads(said)
    assert (code, told["head"]["size"], told["client"][0]["acknowledged"]) == (0, COUNT, 12)
    assert (told["client"][0]["behind"], told["client"][0]["oldest"]) == (8, 13)
    assert "acknowledged up to 12, 8 behind" in qiao("status")[1]
