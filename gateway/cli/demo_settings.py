"""The demo's ground: its keys and certificates, and the settings of its gateway."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.cli.demo_foreign import SENDERS
from gateway.settings import (
    ApiSettings,
    Receivers,
    ReceiverSettings,
    Settings,
    SignatureSettings,
    StoreSettings,
    TenantSettings,
    WritebackSettings,
)

RECEIVER = "regulator"
WORK = "IM6000"
"""The analyser that takes its work at a port of its own; IM5000 takes it where it asks."""
JURISDICTION = ("cn-chongqing",)
NAME = "渡桥市人民医院互联网医院"
OFFERED = ("E11", "E78", "I10", "I11", "I20", "I25", "J45", "K29")
"""Diseases that the demo's hospital sees over the internet: diabetes, hypertension, asthma and such."""


BRANCH = "branch"
"""Name of the write-back to the HIS of the branch."""
VIEWS = ("department", "staff", "drug", "patient", "visit", "diagnosis", "result")
"""What is read of the branch's database by when it changed."""
WHOLE = ("prescription",)
"""What is read whole, and compared: a row that is deleted shows within a second, not the next day."""


@dataclass(slots=True, frozen=True)
class Branch:
    """Where the branch's HIS, which speaks no HL7 v2, meets the gateway; all of it in the demo's folder.

    Attributes:
        database: of the HIS, whose views the gateway reads; URL of SQLAlchemy.
        interface: the tables into which the gateway writes what the internet hospital created.
        drop: the folder into which the HIS exports files.
    """

    database: str
    interface: str
    drop: Path
    views: Path
    state: Path

    @classmethod
    def within(cls, folder: Path) -> Branch:
        """Return what lies in a demo's folder."""
        here = folder.absolute()
        made = here / "branch"
        return cls(
            f"sqlite:///{here / 'branch.db'}", f"sqlite:///{here / 'branch-told.db'}",
            made / "drop", made / "views", here / "branch-read.db",
        )  # fmt: skip

    def adapters(self) -> dict[str, dict[str, Any]]:
        """Return the settings of the doors; the views to be read are written down."""
        self.views.mkdir(parents=True, exist_ok=True)
        self.drop.mkdir(parents=True, exist_ok=True)
        for name in (*VIEWS, *WHOLE):
            how = "mode: hash\ninterval: 1\n" if name in WHOLE else ""
            (self.views / f"{name}.yaml").write_text(f"table: {name}\n{how}", "utf-8")
        views = {
            "url": self.database, "state": f"sqlite:///{self.state}", "views": str(self.views),
            "interval": 0.4, "withdraw": 1.0,
        }  # fmt: skip
        files = {"folder": str(self.drop), "settle": 0.3, "interval": 0.3}
        return {
            "his/sql_view": views,
            "his/xml_http": {"port": 0},
            "his/cda": {"port": 0},
            "his/files": files,
        }


@dataclass(slots=True, frozen=True)
class Lines:
    """The lines of a laboratory beside its ports.

    Attributes:
        serial: the gateway's end of a serial line, None: there is none; ``analyser`` the other end.
        work: HOST:PORT at which the analyser ``WORK`` takes its work; ``""``: it is not there.
        tls: authority, certificate and key of the doors that only analysers use; empty: they are plain.
    """

    serial: Path | None = None
    analyser: Path | None = None
    work: str = ""
    tls: tuple[Path, ...] = ()

    def adapters(self, folder: Path) -> dict[str, dict[str, Any]]:
        """Return the settings of the doors of analysers; what a file has to say of them is written down."""
        _, certificate, key = self.tls or ("", "", "")
        both: dict[str, Any] = {"port": 0, "tls_cert": str(certificate), "tls_key": str(key)}
        work = ["IM5000=same", *([f"{WORK}={self.work}"] if self.work else [])]
        law = {**both, "work": ", ".join(work), "work_state": str(folder / "qiao-lis-law.db")}
        return {"lis/astm": {**both, "lines": self._told(folder)}, "lis/law": law}

    def _told(self, folder: Path) -> str:
        """Return the file that says which lines there are beside the port, ``""`` where there is none."""
        if self.serial is None:
            return ""
        file = folder / "lines.yaml"
        file.write_text(f"lines:\n- {{name: serial, serial: {self.serial}}}\n", "utf-8")
        return str(file)


def free_port() -> int:
    """Return a port of loopback that nobody has just now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def make_keys(folder: Path) -> None:
    """Make an authority, and keys of physician, pharmacist, hospital and regulator, in ``folder/ca``."""
    from gateway.security.signature.demonstration import (
        PHARMACIST,
        PHYSICIAN,
        Hospital,
        Signer,
        demonstration,
    )

    if (folder / "ca" / "trust.pem").exists():
        return
    hospital = Signer("gateway", NAME, "12990101MA0000017Q")
    demonstration(folder / "ca", (PHYSICIAN, PHARMACIST, hospital), algorithm="ES256")
    office = Hospital("渡桥市卫生健康委员会", "11990101MB0000001A")
    demonstration(folder / "ca", (Signer("regulator", "监管平台", "11990101MB0000001A"),), office, "ES256")


def open_to_all(port: int) -> ApiSettings:
    """Return an API that asks nobody who he is."""
    return ApiSettings(port=port)


def guarded(folder: Path, port: int, clients: Path, *, tls: bool) -> ApiSettings:
    """Return an API that only clients may use, with TLS where that is asked for."""
    if not tls:
        return ApiSettings(port=port, clients=str(clients))
    from gateway.cli.demo_tls import loopback_certificate

    _, certificate, key = loopback_certificate(folder / "ca")
    return ApiSettings(port=port, clients=str(clients), tls_cert=str(certificate), tls_key=str(key))


def settings(
    folder: Path,
    api: ApiSettings,
    platform: str,
    jurisdiction: Sequence[str] = JURISDICTION,
    tenants: Sequence[str] = ("default",),
    lines: Lines = Lines(),
) -> Settings:
    """Return settings of an embedded store and free ports; files and environment play no part.

    Args:
        platform: URL of the regulator's.
        jurisdiction: policy packs that every tenant is held to.
    """
    ca, branch = folder / "ca", Branch.within(folder)
    tenant = TenantSettings(
        jurisdiction=tuple(jurisdiction),
        sign_key="gateway",
        public=True,
        audit_reads=True,
        parameters={"offered-diagnoses": OFFERED},
    )
    return Settings(
        store=StoreSettings(url=f"sqlite:///{folder / 'qiao.db'}"),
        api=api,
        adapters={**{name: {"port": 0} for name in SENDERS}, **lines.adapters(folder), **branch.adapters()},
        writeback={BRANCH: WritebackSettings(to=branch.interface, map="his-tables")},
        tenants=dict.fromkeys(tenants, tenant),
        signatures=SignatureSettings(trust=(str(ca / "trust.pem"),), keys=str(ca / "keys")),
        receivers=Receivers(
            named={RECEIVER: ReceiverSettings(url=platform, sign_key="gateway", longest_pause=5)}
        ),
    )
