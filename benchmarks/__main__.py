"""`make bench`: every figure of the README in one run, as tables and as `.bench/last.json`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from benchmarks import analysers, backfill, codecs, durable, ledger, machine, served, server, visit
from benchmarks.messages import KINDS, MAPPED
from benchmarks.resources import RESOURCES

Rows = list[dict[str, Any]]
Columns = dict[str, Callable[[dict[str, Any]], str]]


def table(title: str, rows: Rows, columns: Columns) -> None:
    """Print ``rows`` under ``title``; the first column is text, the others are figures."""
    lines = [list(columns), *([show(row) for show in columns.values()] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    lines.insert(1, ["-" * width for width in widths])
    print(f"\n{title}")
    for line in lines:
        print("  " + "  ".join(_aligned(line, widths)).rstrip(), flush=True)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *rest = zip(line, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]


CODEC: Columns = {
    "": lambda row: f"{row['label']} {row['version']}",
    "messages/s": lambda row: f"{row['rate']:,.0f}",
    "µs each": lambda row: f"{1e6 / row['rate']:,.1f}",
    "qiao is": lambda row: f"{row['ratio']:.2f}x",
    "resources": lambda row: str(row.get("resources", "")),
    "elements": lambda row: str(row.get("elements", "")),
}
VALIDATION: Columns = {
    "": lambda row: f"{row['label']} {row['version']}",
    "resources/s": lambda row: f"{row['rate']:,.0f}",
    "µs each": lambda row: f"{1e6 / row['rate']:,.1f}",
    "qiao is": lambda row: f"{row['ratio']:.2f}x",
}
LOAD: Columns = {
    "": lambda row: row["message"],
    "connections": lambda row: str(row["connections"]),
    "messages/s": lambda row: f"{row['rate']:,.0f}",
    "p50 ms": lambda row: f"{row['p50']:.1f}",
    "p95 ms": lambda row: f"{row['p95']:.1f}",
}
DURABLE: Columns = LOAD | {
    "versions each": lambda row: f"{row['versions']:.1f}",
    "postings each": lambda row: f"{row['postings']:.1f}",
    "CPU µs each": lambda row: f"{row['cpu_us']:,.0f}",
    "sender's limit": lambda row: f"{row['limit']:,.0f}",
}
RECEIPT: Columns = LOAD | {"settled/s": lambda row: f"{row['settled']:,.0f}"}
MEMORY: Columns = {
    "messages": lambda row: f"{row['messages']:,}",
    "own MiB": lambda row: f"{row['own_mib']:.0f}",
    "peak MiB with mapped pages": lambda row: f"{row['peak_mib']:.0f}",
}

ANALYSERS: Columns = {
    "": lambda row: row["case"],
    "analysers": lambda row: str(row["analysers"]),
    "results/s": lambda row: f"{row['rate']:,.0f}" if row["rate"] else "",
    "messages/s": lambda row: f"{row['each']:,.0f}",
    "CPU µs a message": lambda row: f"{row['cpu_us']:,.0f}",
    "of 500": lambda row: f"{row['rate'] / 500:.1f}x" if row["rate"] else "",
    "p50 ms": lambda row: f"{row['p50']:.1f}",
    "p95 ms": lambda row: f"{row['p95']:.1f}",
    "MiB before": lambda row: f"{row['before_mib']:.0f}",
    "peak": lambda row: f"{row['peak_mib']:.0f}",
}

SERVER: Columns = {
    "": lambda row: row["engine"],
    "resources": lambda row: f"{row['resources']:,}",
    "bytes each": lambda row: f"{row['bytes_each']:,.0f}",
    "reads/s 16": lambda row: f"{row['read_16']:,.0f}",
    "64": lambda row: f"{row['read_64']:,.0f}",
    "creates/s 16": lambda row: f"{row['create_16']:,.0f}",
    "64 ": lambda row: f"{row['create_64']:,.0f}",
    "p95 ms": lambda row: f"{row['create_64_p95']:.1f}",
    "client": lambda row: row["client"],
}
SEARCHES: Columns = {
    "": lambda row: row["engine"],
    "resources": lambda row: f"{row['resources']:,}",
    "patient+code ms": lambda row: f"{row['search_p50']:.1f}",
    "p95": lambda row: f"{row['search_p95']:.1f}",
    "dense token ms": lambda row: f"{row['dense_p50']:.1f}",
    "p95 ": lambda row: f"{row['dense_p95']:.1f}",
    "_since page ms": lambda row: f"{row['since_p50']:.1f}",
    "p95  ": lambda row: f"{row['since_p95']:.1f}",
    "$export/s": lambda row: f"{row['export']:,.0f}",
    "files alone/s": lambda row: f"{row['export_files']:,.0f}",
}

VISIT: Columns = {
    "": lambda row: row["step"],
    "prescriptions/s": lambda row: f"{row['rate']:,.0f}",
    "per second of the processor": lambda row: f"{row['cpu_rate']:,.0f}",
    "gate p50 ms": lambda row: f"{row['gate_p50']:.1f}" if "gate_p50" in row else "",
    "p95": lambda row: f"{row['gate_p95']:.1f}" if "gate_p95" in row else "",
}
VERIFY: Columns = {
    "": lambda row: row["command"],
    "entries": lambda row: f"{row['entries']:,}",
    "seconds": lambda row: f"{row['seconds']:.1f}",
    "of the processor": lambda row: f"{row['cpu']:.1f}",
    "entries/s": lambda row: f"{row['entries'] / row['seconds']:,.0f}",
}

BACKFILL: Columns = {
    "": lambda row: f"{row['view']}, {row['case']}",
    "rows": lambda row: f"{row['rows']:,}",
    "rows/s": lambda row: f"{row['rate']:,.0f}",
    "CPU µs each": lambda row: f"{row['cpu_us']:,.0f}",
    "own MiB": lambda row: f"{row['peak_mib']:.0f}",
}


def run_codecs(rounds: int, seconds: float) -> Rows:
    """Time the codecs beside the peers, one table for each group and message."""
    found: Rows = []
    for group, names in codecs.GROUPS.items():
        for kind, make in (MAPPED if group == "parse + map" else KINDS).items():
            done = codecs.compare(names, kind, rounds, seconds)
            rows = [one.row(group, done[0].rate) for one in done]
            length = f"{len(make(0)):,} bytes"
            table(
                f"{group}: {kind}, {length}, one core, {rounds} x {seconds:g} s in turn, medians", rows, CODEC
            )
            found += rows
    return found


def run_validation(rounds: int, seconds: float) -> Rows:
    """Time the validator beside a library of models and a JSON Schema, from the bytes of one resource."""
    found: Rows = []
    for kind, make in RESOURCES.items():
        done = codecs.compare(codecs.VALIDATION, kind, rounds, seconds)
        rows = [one.row("validate", done[0].rate) for one in done]
        head = f"validate: {kind}, {len(make(0)):,} bytes of JSON"
        table(f"{head}, one core, {rounds} x {seconds:g} s in turn, medians", rows, VALIDATION)
        found += rows
    return found


def run_durable(size: durable.Size) -> Rows:
    """Time the way through the running gateway, beside what the sender could do at most."""
    limits = {lines: served.ceiling("ADT^A01", 20_000, lines)["rate"] for lines in durable.CONNECTIONS}
    rows = [row | {"limit": limits[row["connections"]]} for row in durable.end_to_end(size)]
    title = (
        "durable end to end over MLLP: ACK after commit (synchronous=FULL), gateway on one core, "
        f"{size.resources:,} resources before, {size.rounds} x {size.messages:,} messages in turn, medians"
    )
    table(title, rows, DURABLE)
    return rows


def run_receipt(size: durable.Size) -> Rows:
    """Time acknowledgement after the commit of the inbox alone."""
    rows = durable.receipt(size)
    table("acknowledged on receipt: the inbox is committed, the work follows", rows, RECEIPT)
    return rows


def run_memory(size: durable.Size) -> Rows:
    """Show what one gateway process holds while messages go through it."""
    rows = durable.endurance(size, lambda line: print(line, flush=True))
    table(f"memory over {size.endurance:,} messages", rows, MEMORY)
    return rows


def run_server(size: server.Size) -> Rows:
    """Ask the FHIR server over HTTP, on both engines, while its store grows."""
    rows = list(server.curve(size))
    table(
        "reads by id, and creates with commit, over 16 and 64 connections; server on one core", rows, SERVER
    )
    table("one request after another, p50 and p95; the first page of 50, a page of 1,000", rows, SEARCHES)
    return rows


def run_visit(size: visit.Size) -> Rows:
    """Time prescriptions through gate, signature, serial, ledger and store."""
    rows = visit.run(size)
    table(
        f"prescriptions of three drugs, ES256, synchronous=FULL, {size.resources:,} resources before, "
        f"{size.rounds} x {size.prescriptions:,}, medians",
        rows,
        VISIT,
    )
    return rows


def run_ledger(size: ledger.Size) -> Rows:
    """Time the verification of a ledger as a whole process."""
    rows = ledger.run(size)
    table(
        f"a ledger verified beside an idle gateway, its start included, median of {size.rounds}", rows, VERIFY
    )
    return rows


def run_backfill(size: backfill.Size) -> Rows:
    """Time views of a database read into the store, as whole processes."""
    rows = backfill.run(size)
    table("views backfilled from SQLite into SQLite, synchronous=FULL, the start included", rows, BACKFILL)
    return rows


def run_analysers(size: analysers.Size) -> Rows:
    """Time results of analysers until they are committed, and their questions until they are answered."""
    rows = list(analysers.run(size))
    title = (
        f"analysers, acknowledged after the commit, synchronous=FULL, gateway on one core, "
        f"{size.resources:,} resources before"
    )
    table(title, rows, ANALYSERS)
    return rows


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small store, short rounds: a smoke test")
    parser.add_argument(
        "--only",
        choices=(
            "codecs",
            "validation",
            "durable",
            "receipt",
            "memory",
            "server",
            "visit",
            "ledger",
            "backfill",
            "analysers",
        ),
        action="append",
    )
    parser.add_argument("--resources", type=int, help="resources in the store before (default 1,000,000)")
    options = parser.parse_args()
    size = durable.QUICK if options.quick else durable.FULL
    size = replace(size, resources=options.resources or size.resources)
    lines = analysers.QUICK if options.quick else analysers.FULL
    steps: dict[str, Callable[[], Rows]] = {
        "codecs": lambda: run_codecs(*((3, 0.3) if options.quick else (7, 1.0))),
        "validation": lambda: run_validation(*((3, 0.3) if options.quick else (7, 1.0))),
        "durable": lambda: run_durable(size),
        "receipt": lambda: run_receipt(size),
        "memory": lambda: run_memory(size),
        "server": lambda: run_server(server.QUICK if options.quick else server.FULL),
        "visit": lambda: run_visit(visit.QUICK if options.quick else visit.FULL),
        "ledger": lambda: run_ledger(ledger.QUICK if options.quick else ledger.FULL),
        "backfill": lambda: run_backfill(backfill.QUICK if options.quick else backfill.FULL),
        "analysers": lambda: run_analysers(replace(lines, resources=options.resources or lines.resources)),
    }
    result: dict[str, Any] = {"machine": machine.describe(), "quick": options.quick}
    print(result["machine"], flush=True)
    for part in options.only or steps:
        result[part] = steps[part]()
    (machine.work() / "last.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
