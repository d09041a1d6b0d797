"""``python -m conformance.simulators.regulator``: a regulator's platform, simulated."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from conformance.simulators.jws import read_key
from conformance.simulators.regulator.book import Book
from conformance.simulators.regulator.envelope import Keys
from conformance.simulators.regulator.message import Checks
from conformance.simulators.regulator.mischief import MODES, Mischief
from conformance.simulators.regulator.platform import Platform
from conformance.simulators.regulator.pull import Hospital, Unanswered, countersign, pull
from conformance.simulators.regulator.server import Server


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns 1 where a pull fails with ``--once``."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="regulator-") as folder:
        platform = _platform(options, options.store or Path(folder) / "regulator.db")
        server = Server(options.host, options.port, platform)
        server.start()
        _say({"url": server.url})
        return _work(platform, options)


def _platform(options: argparse.Namespace, store: Path) -> Platform:
    trusted = [one for file in options.trust for one in x509.load_pem_x509_certificates(file.read_bytes())]
    book = Book(store, options.gives_serials)
    mischief = Mischief()
    if options.misbehave:
        mischief.tell({"mode": options.misbehave})
    keys = Keys(bytes.fromhex(options.sm4_key))
    key = read_key(options.keys, "regulator") if options.keys else None
    return Platform(book, mischief, Checks(book, trusted), keys, key)


def _work(platform: Platform, options: argparse.Namespace) -> int:
    """Serve, pull and sign until SIGTERM; once with ``--once``."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    hospital = Hospital(options.pull or options.hospital, options.token, options.tenant)
    while True:
        code = 0
        try:
            if options.pull:
                _say({"pulled": pull(platform, hospital)})
            if platform.key and hospital.url:
                _say({"countersigned": countersign(platform, hospital, platform.key)})
        except Unanswered as error:
            _say({"unanswered": str(error)})
            code = 1
        if options.once or stopped.wait(options.every):
            return code if options.once else 0


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.simulators.regulator", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="default: any free one; it is printed")
    parser.add_argument(
        "--store", type=Path, metavar="FILE", help="SQLite file of what it has (default: a fresh one)"
    )
    parser.add_argument(
        "--trust", type=Path, action="append", default=[], metavar="PEM", help="authorities of signers"
    )
    parser.add_argument("--gives-serials", action="store_true", help="documents without a serial get one")
    parser.add_argument("--sm4-key", default="", metavar="HEX", help="key of encrypted lists")

    parser.add_argument("--misbehave", choices=[one for one in MODES if one], help="from the beginning")
    parser.add_argument(
        "--pull", default="", metavar="URL", help="fetch the ledger of this gateway (http://HOST:PORT)"
    )
    parser.add_argument("--hospital", default="", metavar="URL", help="gateway whose ledger is countersigned")
    parser.add_argument("--tenant", default="default")
    parser.add_argument("--token", default="", help="for the gateway")
    parser.add_argument(
        "--keys", type=Path, metavar="DIR", help="regulator.key.pem and .crt.pem: heads are countersigned"
    )
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="between two pulls")
    parser.add_argument("--once", action="store_true", help="pull and sign once, then end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
