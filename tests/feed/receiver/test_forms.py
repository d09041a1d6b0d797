"""Every form in which a ledger is sent, pulled and answered to, against a platform that checks it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from cryptography import x509

from conformance.simulators.jws import read_key
from conformance.simulators.regulator.book import Book
from conformance.simulators.regulator.envelope import Keys
from conformance.simulators.regulator.message import Checks
from conformance.simulators.regulator.mischief import Mischief
from conformance.simulators.regulator.platform import Platform
from conformance.simulators.regulator.pull import Hospital as Pulled
from conformance.simulators.regulator.pull import countersign, pull
from conformance.simulators.regulator.server import Server
from gateway.security.signature.demonstration import PHARMACIST, PHYSICIAN, Hospital, Signer, demonstration
from gateway.store import open_store
from gateway.store.deliveries import Receiver

pytestmark = [pytest.mark.serial, pytest.mark.timeout(240)]

FORMS = {
    "message": 'kind = "message"\nsign_key = "gateway"\n',
    "xml": 'kind = "xml"\n',
    "transaction": 'kind = "transaction"\n',
    "list": 'kind = "list"\nmap = "example-list"\nkinds = ["visit", "prescription"]\nsign_in = "00:00"\n'
    'sm4_key = "000102030405060708090a0b0c0d0e0f"\nvalues = {organID = "990101001"}\n',
    "records": 'kind = "xml"\nmap = "example-xml"\nkinds = ["prescription"]\n'
    'values = {organID = "990101001"}\n',
}
DOORS = ("his/hl7v2", "lis/hl7v2", "pacs/ris_hl7v2")
VISITS = 4
LONGEST = 60.0


@dataclass
class Played:
    """What is there after some visits, with everything delivered."""

    api: str
    platform: Server
    store: str
    folder: Path

    @property
    def state(self) -> dict[str, Any]:
        return self.platform.platform.state()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("forms")
    ca = folder / "ca"
    hospital = Signer("gateway", "渡桥市人民医院互联网医院", "12990101MA0000017Q")
    demonstration(ca, (PHYSICIAN, PHARMACIST, hospital), algorithm="ES256")
    office = Hospital("渡桥市卫生健康委员会", "11990101MB0000001A")
    demonstration(ca, (Signer("regulator", "监管平台", "11990101MB0000001A"),), office, "ES256")
    authority = x509.load_pem_x509_certificates((ca / "trust.pem").read_bytes())
    book = Book(folder / "regulator.db")
    keys = Keys(bytes(range(16)))
    platform = Server("127.0.0.1", 0, Platform(book, Mischief(), Checks(book, authority), keys))
    platform.start()
    config = folder / "qiao.toml"
    url = f"sqlite:///{folder / 'qiao.db'}"
    config.write_text(
        f'[store]\nurl = "{url}"\n[api]\nport = 0\n'
        + "".join(f'[adapters."{one}"]\nport = 0\n' for one in DOORS)
        + f'[signatures]\ntrust = ["{ca}/trust.pem"]\nkeys = "{ca}/keys"\n'
        '[tenants.default]\njurisdiction = ["cn-chongqing"]\nsign_key = "gateway"\n'
        + "".join(
            f'[receivers.{name}]\nurl = "{platform.url}/{name}"\nlongest_pause = 1\n{said}'
            for name, said in FORMS.items()
        )
    )
    command = [sys.executable, "-m", "gateway", "serve", "--json", "--config", str(config)]
    gateway = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert gateway.stdout is not None
        api = json.loads(gateway.stdout.readline())["api"]
        _visits(api, ca)
        _drained(url)
        yield Played(api, platform, url, folder)
    finally:
        gateway.kill()
        gateway.communicate()
        platform.stop()


def _visits(api: str, ca: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "conformance.simulators.internet",
        "--to",
        api,
        "--keys",
        str(ca / "keys"),
    ]
    done = subprocess.run(
        [*command, "--once", "--visits", str(VISITS), "--no-attempts"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _drained(url: str) -> None:
    until = time.monotonic() + LONGEST
    with closing(open_store(url)) as store:
        while True:
            size = store.ledger.head("default").size
            found: list[Receiver] = store.deliveries.receivers("default")
            counts = {one.name: store.deliveries.counts(one) for one in found}
            open_ = [name for name, one in counts.items() if one["waiting"] + one["sent"]]
            if len(found) == len(FORMS) and not open_ and all(one.upto == size for one in found):
                assert not any(one["refused"] + one["held"] for one in counts.values()), counts
                return
            assert time.monotonic() < until, counts
            time.sleep(0.1)


def test_messages_in_json_and_xml_carry_the_whole_ledger(played: Played) -> None:
    state = played.state
    assert state["faults"] == {}
    ledger = state["ledgers"]["default"]
    assert (ledger["missing"], ledger["entries"]) == (0, ledger["whole_up_to"])
    with closing(open_store(played.store)) as store:
        assert ledger["head"] == store.ledger.head("default").head.hex()
    # both forms brought every entry: what the one brought first is a repeat of the other
    assert state["counters"]["repeats"] >= ledger["entries"]
    assert state["counters"]["message signature checked"]


def test_transactions_carry_every_version(played: Played) -> None:
    assert played.state["records"]["transaction"] > VISITS * 10
    assert played.state["counters"]["transactions"]


def test_encrypted_lists_and_xml_records_are_opened_and_answered_one_by_one(played: Played) -> None:
    with closing(open_store(played.store)) as store:
        entries = store.ledger.entries("default", 0, 1000)
    prescriptions = sum(one.kind == "prescription" for one in entries)
    visits = sum(one.kind == "visit" for one in entries)
    assert played.state["records"]["records"] == prescriptions
    assert played.state["records"]["list"] == prescriptions + visits


def test_the_daily_sign_in_was_heard(played: Played) -> None:
    assert [one for one in played.state["sign_ins"] if "990101001" in one]


def test_a_ledger_is_pulled_acknowledged_and_countersigned(played: Played, tmp_path: Path) -> None:
    authority = x509.load_pem_x509_certificates((played.folder / "ca" / "trust.pem").read_bytes())
    book = Book(tmp_path / "pulled.db")
    platform = Platform(book, Mischief(), Checks(book, authority))
    gateway = Pulled(played.api.removesuffix("/fhir"))
    came = pull(platform, gateway, count=7)
    assert came == played.state["entries"]
    assert book.state()["faults"] == {}
    assert pull(platform, gateway) == 0
    key = read_key(played.folder / "ca" / "keys", "regulator")
    assert countersign(platform, gateway, key) == came
    with closing(open_store(played.store)) as store:
        verified = store.ledger.verify("default")
        assert (verified.ok, verified.signed) == (True, came)


def test_a_finding_comes_back_to_the_hospital_by_serial(played: Played) -> None:
    book = played.platform.platform.book
    serial = book._db.execute("SELECT serial FROM serial LIMIT 1").fetchone()[0]
    said = {"hospital": played.api.removesuffix("/fhir"), "serial": serial, "text": "用量请核实"}
    request = Request(f"{played.platform.url}/find", json.dumps(said).encode(), method="POST")
    with urlopen(request, timeout=30) as answer:
        told = json.load(answer)
    assert told["resourceType"] == "Parameters"
    with urlopen(f"{played.api}/Task?code=feedback", timeout=30) as answer:
        (task,) = [one["resource"] for one in json.load(answer)["entry"]]
    assert task["focus"]["identifier"]["value"] == serial
    assert task["description"] == "用量请核实"
