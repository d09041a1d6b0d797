"""A look at the doors of the gateway that runs, for ``qiao doctor``: lines, and what goes wrong on them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from gateway.cli.fhir_client import FhirClient
from gateway.cli.looks import Remark
from gateway.cli.looks_ports import answers
from gateway.cli.words import say
from gateway.settings import Settings

Facts = Mapping[str, int | str]

TROUBLE = ("bad", "noise", "lost", "incomplete", "oversize", "timeouts", "failures", "unsent", "contentions")
"""Counters of a door that are 0 on a line that is well; they count since the gateway's start."""

_OPEN = "open"
_ADDRESS = re.compile(r"\S+:\d+")
"""What a line says that listens; one that is called says ``open``, or why it is not."""
_SHOWN = ("open", "messages", "asked", "asked_untold", "asked_cut", *TROUBLE)


def doors(settings: Settings) -> str:
    """Ask the gateway that runs how its doors stand; a line that is not open is a remark."""
    if not answers(settings):
        return say("doctor.doors.none")
    api = settings.api
    host = f"[{api.host}]" if ":" in api.host else api.host
    client = FhirClient(f"http://{host}:{api.port}/fhir", api.token)
    with client.ask("GET", f"{client.base}/$doors") as answer:
        if answer.status in (401, 403):
            raise Remark("info", say("doctor.doors.closed"), say("doctor.do.doors"))
        told = json.loads(answer.read(1 << 20)) if answer.status == 200 else {}
    found = [_facts(one.get("part", [])) for one in told.get("parameter", [])]
    shown = "; ".join(_shown(one) for one in found)
    if any(_waiting(one) for one in found):
        raise Remark("info", shown, say("doctor.do.doors"))
    return shown or say("doctor.doors.none")


def _facts(parts: list[dict[str, str | int]]) -> Facts:
    return {
        str(part["name"]): next(value for name, value in part.items() if name != "name") for part in parts
    }


def _waiting(facts: Facts) -> list[str]:
    """Return the lines that are called and not open, each with the reason."""
    lines = {name: str(said) for name, said in facts.items() if name.startswith("line ")}
    return [
        f"{name}: {said}" for name, said in lines.items() if said != _OPEN and not _ADDRESS.fullmatch(said)
    ]


def _shown(facts: Facts) -> str:
    counted = [f"{name} {facts[name]}" for name in _SHOWN if facts.get(name)]
    heard = [f"{name} {said}" for name, said in facts.items() if name.partition(" ")[0] == "heard"]
    return ", ".join(
        [f"{facts['id']} {facts.get('address', '')}".strip(), *counted, *_waiting(facts), *heard]
    )
