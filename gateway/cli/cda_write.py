"""``qiao cda write``: FHIR resources as a document of WS/T 500, so that a hospital platform can be served."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.output import Commands, add_settings, notice, read_settings
from gateway.cli.words import say
from gateway.errors import Misconfigured, Rejected

if TYPE_CHECKING:
    from gateway.canonical import Resource
    from gateway.cli.fhir_client import FhirClient

STEPS = 4
"""How many references lead from the resource of a URL to what is read with it."""

MOST = 200
"""Resources that are read from a server for one document."""


def add(inside: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    write = inside.add_parser("write", help=say("cda.write"), parents=[shared])
    write.add_argument("--type", required=True, metavar="CODE", help=say("cda.write.type"))
    write.add_argument("--from", dest="source", required=True, metavar="FILE|URL", help=say("cda.write.from"))
    write.add_argument("-o", "--out", default="-", metavar="FILE", help=say("cda.write.out"))
    write.add_argument("--organization", default="", metavar="CODE", help=say("cda.write.organization"))
    write.add_argument("--tenant", default="default", metavar="NAME", help=say("feed.dead.tenant"))
    write.add_argument("--dialect", default="default", metavar="NAME", help=say("cda.write.dialect"))
    write.add_argument("--token-file", type=Path, metavar="FILE", help=say("cda.write.token"))
    add_settings(write)
    write.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the document; 1 where something is missing that must not be invented."""
    from gateway.mapping import load_maps
    from gateway.mapping.outbound import OutMaps, around, dialect_of, said_body
    from gateway.wire.xml.write import write

    settings = read_settings(options)
    root = settings.mapping.root
    maps = load_maps(Path(root) if root else None)
    wanted = OutMaps(frozenset(maps.tables)).maps.get(options.type)
    profile = maps.profiles.get(options.dialect)
    if wanted is None or wanted.form != "cda":
        raise Misconfigured("C0004, C0006 and C0007 can be written", where=f"--type {options.type}")
    if profile is None:
        known = ", ".join(sorted(maps.profiles))
        raise Misconfigured(f"there is no such profile; there is {known}", where="--dialect")
    code = options.organization or settings.tenant(options.tenant).organization
    pool = around(wanted.about, *_resources(options.source, options.token_file))
    body = said_body(wanted, pool, dialect_of(profile, maps.tables), {"organization": code})
    data = write(wanted.root, body, wanted.namespace, pretty=True)
    if options.out == "-":
        sys.stdout.buffer.write(data)
    else:
        Path(options.out).write_bytes(data)
        notice(say("cda.write.done", path=options.out))
    return 0


def _resources(source: str, token: Path | None) -> tuple[list[Resource], dict[str, Resource]]:
    """Return resources, and those that are named by a URL.

    Raises:
        Rejected: there are none in it.
    """
    if source.startswith(("http://", "https://")):
        return _fetched(source, token), {}
    path = Path(source)
    try:
        said = _loads(path.read_bytes())
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=source) from None
    found = list(_each(said))
    if not found:
        raise Rejected("there is no resource in it", code="structure")
    urls = {
        str(one["fullUrl"]): one["resource"]
        for one in (said.get("entry", ()) if isinstance(said, dict) else ())
        if isinstance(one, dict) and one.get("fullUrl") and isinstance(one.get("resource"), dict)
    }
    return found, urls


def _each(said: Any) -> Iterator[Resource]:
    """Yield the resources of a Bundle, of a list, or the one that it is."""
    if isinstance(said, dict) and said.get("resourceType") == "Bundle":
        said = [one.get("resource") for one in said.get("entry", ()) if isinstance(one, dict)]
    yield from (one for one in (said if isinstance(said, list) else [said]) if _is_resource(one))


def _is_resource(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("resourceType"), str)


def _loads(data: bytes) -> Any:
    from gateway.canonical.json import loads

    try:
        return loads(data)
    except ValueError:
        raise Rejected("it is no JSON", code="structure") from None


def _fetched(url: str, token: Path | None) -> list[Resource]:
    """Return the resource of a URL and what it refers to on the same server, so many steps far."""
    from gateway.cli.fhir_client import FhirClient, token_of

    path, query, _ = url.partition("?")
    base = path.rsplit("/", 1 if query else 2)[0]
    client = FhirClient(base, token_of(token))
    found: dict[str, Resource] = {}
    front = [url]
    for _ in range(STEPS):
        step = [
            one for name in front[: MOST - len(found)] for one in _each(_asked(client, name, name == url))
        ]
        new = {f"{one['resourceType']}/{one.get('id', '')}": one for one in step}
        found |= {name: one for name, one in new.items() if name not in found}
        names = {name for one in new.values() for name in _references(one)} - set(found)
        front = [f"{client.base}/{name}" for name in sorted(names)]
    return list(found.values())


def _asked(client: FhirClient, url: str, must: bool) -> Any:
    """Return what stands at a URL, ``[]`` for nothing that may be read. Raises: what must be there is not."""
    from gateway.cli.fhir_client import refusal

    with client.ask("GET", url) as answer:
        if answer.status == 200:
            return _loads(answer.read())
        if must:
            raise refusal(answer)
        return []


def _references(value: Any) -> Iterator[str]:
    from gateway.canonical.elements import reference

    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        if name := reference(value):
            yield name
        for one in value.values():
            if isinstance(one, dict | list):
                yield from _references(one)
