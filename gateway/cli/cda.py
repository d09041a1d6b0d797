"""``qiao cda check``: where clinical documents deviate from the schemas of WS/T 500, as a report."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from gateway.cli import cda_write
from gateway.cli.output import Commands, print_json
from gateway.cli.words import language, say
from gateway.errors import Misconfigured, Rejected


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    inside = commands.add_parser("cda", help=say("cda")).add_subparsers(required=True, metavar="COMMAND")
    check = inside.add_parser("check", help=say("cda.check"), parents=[shared])
    check.add_argument("files", nargs="+", metavar="FILE", help=say("convert.files"))
    check.add_argument("--schemas", required=True, metavar="DIR", help=say("cda.schemas"))
    check.set_defaults(run=run)
    cda_write.add(inside, shared)


def run(options: argparse.Namespace) -> int:
    """Check every file; 1 where one deviates, has no schema or is no XML."""
    from gateway.wire.xml.schemas import Schemas

    schemas = Schemas(Path(options.schemas))
    reports = [_report(path, schemas) for path in _xml_files(options.files)]
    if options.json:
        print_json({"documents": reports})
    else:
        for report in reports:
            _print(report)
    return 1 if any(one["deviations"] or one["error"] for one in reports) else 0


def _report(path: Path, schemas: object) -> dict[str, object]:
    """Return what is to be said of one file."""
    from lxml import etree

    from gateway.wire import xml
    from gateway.wire.xml.schemas import Schemas

    assert isinstance(schemas, Schemas)
    report: dict[str, object] = {"file": str(path), "code": "", "error": "", "deviations": []}
    try:
        with path.open("rb") as stream:  # a byte more than is taken tells that it is too long
            document = xml.parse(stream.read(xml.LIMITS.size + 1))
    except Rejected as error:
        return {**report, "error": error.code}
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=str(path)) from None
    if etree.QName(document.root).localname != "ClinicalDocument":
        return {**report, "error": "no-document"}
    code = document.root.find("{*}code")
    report["code"] = "" if code is None else code.get("code") or ""
    found = schemas.check(document)
    if found is None:
        return {**report, "error": "no-schema"}
    report["deviations"] = [
        {"line": one.line, "path": one.path, "text": one.text, "zh": one.text_zh} for one in found
    ]
    return report


def _print(report: dict[str, object]) -> None:
    deviations = report["deviations"]
    assert isinstance(deviations, list)
    if report["error"]:
        print(f"{report['file']}: {say('cda.error.' + str(report['error']))}")
    elif not deviations:
        print(f"{report['file']}: {report['code']}: {say('cda.conforms')}")
    for one in deviations:
        text = one["zh"] if language() == "zh" else one["text"]
        print(f"{report['file']}:{one['line']}: {one['path']}: {text}")


def _xml_files(names: list[str]) -> Iterator[Path]:
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from sorted(
                one for one in path.rglob("*") if one.suffix.lower() == ".xml" and one.is_file()
            )
        elif path.is_file():
            yield path
        else:
            raise Misconfigured("no such file or folder", where=name)
