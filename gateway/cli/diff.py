"""``qiao mapping diff``: what other maps would make of the messages that came in, or of those in files."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from gateway.cli.moment import Moment, moment
from gateway.cli.output import (
    Commands,
    add_settings,
    at_least_one,
    maps_of,
    print_json,
    progress,
    read_settings,
)
from gateway.cli.stores import existing_store
from gateway.cli.words import say
from gateway.errors import Misconfigured, Rejected

if TYPE_CHECKING:
    from gateway.canonical import Envelope
    from gateway.mapping import Maps
    from gateway.mapping.difference import Change, End
    from gateway.spec import AdapterSpec
    from gateway.store import Store

PAGE = 100


def add(actions: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command below ``qiao mapping``."""
    parser = actions.add_parser("diff", help=say("mapping.diff"), parents=[shared])
    parser.add_argument("files", nargs="*", metavar="FILE", help=say("mapping.diff.files"))
    parser.add_argument("--maps", required=True, metavar="DIR", help=say("mapping.diff.maps"))
    parser.add_argument("--since", default="", metavar="TIME", help=say("since"))
    parser.add_argument("--limit", type=at_least_one, metavar="N", help=say("mapping.diff.limit"))
    parser.add_argument("--values", action="store_true", help=say("mapping.diff.values"))
    add_settings(parser)
    parser.set_defaults(run=run)


@dataclass(slots=True)
class _Summary:
    messages: int = 0
    differing: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    resources: dict[str, Counter[str]] = field(default_factory=dict)
    elements: Counter[str] = field(default_factory=Counter)

    def add(self, changes: list[Change]) -> None:
        from gateway.mapping.difference import element

        self.messages += 1
        self.differing += bool(changes)
        touched: set[str] = set()
        for one in changes:
            type_ = one.resource.partition("/")[0]
            if one.kind == "outcome":
                self.outcomes[f"{one.old} → {one.new}"] += 1
            elif one.kind == "changed":
                self.elements[f"{type_}.{element(one.path)}"] += 1
                touched.add(one.resource)
            elif not one.path:
                self.resources.setdefault(type_, Counter())[one.kind] += 1
            else:
                self.elements[f"{type_}.{one.path}"] += 1
        for name in touched:
            self.resources.setdefault(name.partition("/")[0], Counter())["changed"] += 1


def run(options: argparse.Namespace) -> int:
    """Print every difference, then the counts; 1 if there is any."""
    from gateway import registry
    from gateway.mapping.difference import compare

    if options.files and options.since:
        raise Misconfigured(say("mapping.diff.since"), where="--since")
    settings, adapters = read_settings(options), registry.find()
    today, other = maps_of(settings), maps_of(settings, options.maps)
    summary = _Summary()
    with ExitStack() as stack:
        if options.files:
            size, messages = _from_files(options.files)
        else:
            store = stack.enter_context(existing_store(settings))
            size, messages = _from_inbox(store, moment(options.since) if options.since else Moment())
        if options.limit:
            size, messages = (
                min(size, options.limit) if size is not None else None,
                islice(messages, options.limit),
            )
        advance = stack.enter_context(progress(say("mapping.diff.progress"), size))
        show: Callable[[str, Change], None] = _show_json if options.json else _show
        for name, envelope in messages:
            changes = compare(_end(today, adapters, envelope), _end(other, adapters, envelope))
            summary.add(changes)
            for one in changes:
                show(name, one if options.values else _hidden(one))
            advance(1)
    _report(summary, as_json=options.json)
    return 1 if summary.differing else 0


def _from_inbox(store: Store, since: Moment) -> tuple[int, Iterator[tuple[str, Envelope]]]:
    """Return how many messages the inbox has since then, and them, oldest first."""
    from gateway.store import Walk

    walk = Walk(since_us=since.us, first=since.id, states=("stored", "quarantined", "refused", "rejected"))
    count, last = store.inbox_extent(walk)

    def each() -> Iterator[tuple[str, Envelope]]:
        here = replace(walk, until=last)
        while page := store.inbox_walk(here, PAGE):
            yield from ((one.envelope.id, one.envelope) for one in page)
            here = replace(here, first="", after=page[-1].envelope.id)

    return count, each()


def _from_files(names: list[str]) -> tuple[None, Iterator[tuple[str, Envelope]]]:
    from gateway.canonical import Envelope
    from gateway.cli import gather

    gather.paths(names)  # first: a missing file must not come after half of the work
    return None, (
        (f"{item.file} {item.index}", Envelope("", "default", item.adapter, "", 0, "", "", item.raw))
        for item in gather.with_documents(gather.messages(names))
        if not item.flaw
    )


def _end(maps: Maps, adapters: Any, envelope: Envelope) -> End:
    """Return what one set of maps makes of a message."""
    from gateway.canonical import Quarantined
    from gateway.pipeline import steps

    spec: AdapterSpec | None = adapters.get(envelope.adapter)
    if spec is None:
        return Quarantined("no-adapter")
    fresh = replace(envelope, charset="", content_type=envelope.content_type or spec.content_type)
    try:
        return steps.translate(maps, fresh, steps.read(spec, maps, fresh))
    except Rejected as error:
        return Quarantined(error.code)


def _hidden(change: Change) -> Change:
    """Return a change without the values of the message: they are patient data."""
    if change.kind != "changed" or change.path.startswith("("):
        return change
    return change._replace(old=_mask(change.old), new=_mask(change.new))


def _mask(value: object) -> str | None:
    return None if value is None else "…"


def _show_json(name: str, one: Change) -> None:
    from gateway.canonical.json import dumps

    shown = {"message": name, "kind": one.kind, "resource": one.resource, "path": one.path}
    print(dumps({**shown, "old": one.old, "new": one.new}).decode())


def _show(name: str, one: Change) -> None:
    if one.kind in ("outcome", "changed"):
        sides = (_text(one.old), _text(one.new))
        print(f"{name}  {one.resource} {one.path}  {sides[0]} → {sides[1]}".replace("   ", "  "))
    else:
        print(f"{name}  {'+' if one.kind == 'added' else '-'} {one.resource} {one.path}".rstrip())


def _text(value: object) -> str:
    from gateway.canonical.json import dumps

    if value is None:
        return "∅"
    return value if isinstance(value, str) else dumps(value).decode()


def _report(summary: _Summary, *, as_json: bool) -> None:
    resources = {type_: dict(counts) for type_, counts in sorted(summary.resources.items())}
    if as_json:
        print_json({
            "messages": summary.messages,
            "differing": summary.differing,
            "outcomes": dict(summary.outcomes.most_common()),
            "resources": resources,
            "elements": dict(summary.elements.most_common()),
        })  # fmt: skip
        return
    print(say("mapping.diff.total", messages=summary.messages, differing=summary.differing))
    _table(summary.outcomes.most_common())
    for type_, counts in resources.items():
        print(f"  {type_:<32} {'  '.join(f'{kind} {n}' for kind, n in counts.items())}")
    _table(summary.elements.most_common())


def _table(rows: Iterable[tuple[str, int]]) -> None:
    for name, count in rows:
        print(f"  {count:>8}  {name}")
