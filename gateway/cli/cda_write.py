"""``qiao cda write``: FHIR resources as a document of WS/T 500, so that a hospital platform can be served."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from gateway.cli.output import Commands, add_settings, notice, read_settings
from gateway.cli.words import say
from gateway.errors import Misconfigured, Rejected

if TYPE_CHECKING:
    from gateway.canonical import Resource
    from gateway.cli.fhir_client import FhirClient

STEPS = 4
"""How many references lead from the resource of a URL to what is read with it."""

MOST = 2000
"""Resources that are read from a server for one document; of more it is told that they are too many."""

PAGES = 20
"""Pages of a patient's prescriptions that are looked through for the other lines of one."""

_NAME = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")


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
    pool = around(wanted.about, *_resources(options.source, options.token_file, code))
    body = said_body(wanted, pool, dialect_of(profile, maps.tables), {"organization": code})
    data = write(wanted.root, body, wanted.namespace, pretty=True)
    if options.out == "-":
        sys.stdout.buffer.write(data)
    else:
        _write(Path(options.out), data)
        notice(say("cda.write.done", path=options.out))
    return 0


def _write(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all: it takes the place of what was there when it is on disk.

    Raises:
        Misconfigured: it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.exists() and not path.is_file():  # a pipe, a device
            path.write_bytes(data)
            return
        with part.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Misconfigured(f"cannot be written: {error.strerror}", where=str(path)) from None


def _resources(source: str, token: Path | None, code: str) -> tuple[list[Resource], dict[str, Resource]]:
    """Return resources, and those that are named by a URL.

    Raises:
        Rejected: there are none in it.
    """
    if source.startswith(("http://", "https://")):
        return _fetched(source, token, code), {}
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


def _fetched(url: str, token: Path | None, code: str) -> list[Resource]:
    """Return the resource of a URL and what it refers to on the same server, so many steps far.

    With a line of a prescription come the others of it; and the Organization that has the code.

    Raises:
        Rejected: they are too many, or what the URL names is not there.
    """
    from gateway.cli.fhir_client import FhirClient, token_of
    from gateway.mapping.outbound.around import followed

    path, query, _ = url.partition("?")
    client = FhirClient(path.rsplit("/", 1 if query else 2)[0], token_of(token))
    found = _by_name(_pages(client, url))
    if not found:
        raise Rejected("there is no resource in it", code="structure", where=url)
    new = found | _lines(client, list(found.values()))
    if code:
        asked = f"{client.base}/Organization?identifier={quote(code)}"
        new |= _by_name(_each(_asked(client, asked, must=False)))
    found = dict(new)
    for _ in range(STEPS):
        names = sorted({name for one in new.values() for name in followed(one)} - set(found))
        if len(found) + len(names) > MOST:
            told = f"it refers to more than {MOST} resources: write it from a file"
            raise Rejected(told, code="too-many", where=url)
        new = _by_name(one for name in names for one in _named(client, name))
        found |= new
    return list(found.values())


def _by_name(resources: Iterable[Resource]) -> dict[str, Resource]:
    return {f"{one['resourceType']}/{one.get('id', '')}": one for one in resources}


def _named(client: FhirClient, name: str) -> Iterator[Resource]:
    """Yield what a reference names on the server itself."""
    if _NAME.fullmatch(name):
        yield from _each(_asked(client, f"{client.base}/{name}", must=False))


def _lines(client: FhirClient, found: list[Resource]) -> dict[str, Resource]:
    """Return the other lines of the prescription that requests are of, and its RequestGroups.

    R4 has no search by groupIdentifier: the patient's requests are looked through.
    """
    from gateway.canonical.elements import first, name_of, reference
    from gateway.mapping.outbound.around import group_of, holds

    lines = [one for one in found if one["resourceType"] == "MedicationRequest"]
    patients = sorted({name for one in lines if (name := reference(first(one, "subject")))})
    numbers, names = {group_of(one) for one in lines} - {None}, {name_of(one) for one in lines}
    of = [
        one
        for patient in patients
        for type_ in ("RequestGroup", "MedicationRequest")
        for one in _pages(
            client,
            f"{client.base}/{type_}?patient={patient.partition('/')[2]}&_count=200",
            must=type_ == "MedicationRequest",
        )
        if (
            any(holds(one, name) for name in names)
            if one["resourceType"] == "RequestGroup"
            else group_of(one) in numbers
        )
    ]
    return _by_name(of)


def _pages(client: FhirClient, url: str, *, must: bool = True) -> Iterator[Resource]:
    """Yield the resources at a URL, those on the next pages of a search too.

    Args:
        must: what may not be read is refused; else there is nothing.

    Raises:
        Rejected: there are more pages than are read, or the next one is on another server.
    """
    origin = urlsplit(client.base)[:2]
    for _ in range(PAGES):
        said = _asked(client, url, must=must)
        yield from _each(said)
        links = (
            said.get("link", ()) if isinstance(said, dict) and said.get("resourceType") == "Bundle" else ()
        )
        url = next((str(one.get("url")) for one in links if one.get("relation") == "next"), "")
        if not url:
            return
        if urlsplit(url)[:2] != origin:
            raise Rejected("the next page is on another server", code="structure", where=url)
    raise Rejected(f"more than {PAGES} pages: write it from a file", code="too-many", where=url)


def _localised(said: Any, base: str) -> Any:
    from gateway.mapping.outbound.local import localised

    return localised(said, base)


def _asked(client: FhirClient, url: str, *, must: bool) -> Any:
    """Return what stands at a URL, ``[]`` for nothing that may be read. Raises: what must be there is not."""
    from gateway.cli.fhir_client import refusal

    with client.ask("GET", url) as answer:
        if answer.status == 200:
            return _localised(_loads(answer.read()), client.base)
        if must:
            raise refusal(answer)
        return []
