"""Maps: everything under ``mappings/hl7v2`` and ``mappings/senders``, loaded, checked and compiled once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.canonical import Envelope, Issue, Translation
from gateway.errors import Misconfigured, Rejected
from gateway.mapping.apply import Application
from gateway.mapping.cache import CACHE
from gateway.mapping.chosen import HEADER, Choice, choices
from gateway.mapping.code_folders import Change, CodeFolders
from gateway.mapping.codes import Table
from gateway.mapping.compile import Compiled, compile_maps
from gateway.mapping.forms import completed
from gateway.mapping.includes import Block, block
from gateway.mapping.layout import Laid, LayoutFile, Layouts, composed, layout_file, told_as_written
from gateway.mapping.layout.cda import KINDS, data_elements
from gateway.mapping.marked import read
from gateway.mapping.memory import Memories
from gateway.mapping.messages import MessageCompiler
from gateway.mapping.overrides import Variant
from gateway.mapping.places import MessageMap
from gateway.mapping.reads import Reads
from gateway.mapping.rows import MapFile, MessageFile, map_file, message_file
from gateway.mapping.run import Run, zone_of
from gateway.mapping.senders import Profile, profile_file
from gateway.mapping.steps import check_names
from gateway.wire import er7

Root = Path | Traversable

FOLDERS = ("datatypes", "segments", "messages", "blocks")

MOST_MEMORIES = 256
"""Tenants, senders and zones of which something is remembered at a time."""


def _yaml(folder: Root) -> Iterator[Root]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        if path.name.endswith(".yaml"):
            yield path


class Maps:
    """The compiled maps of one process.

    Attributes:
        version: digest of the rows, tables and the compiler; lineage is read with the same version. It
            changes with the tables (:meth:`refresh`).
        rules: rule number → row id.
        messages: event (``"ADT^A01"``) → message map.
        profiles: sender profiles by id; ``"default"`` is always there.
    """

    def __init__(
        self,
        compiled: Compiled,
        messages: Mapping[str, MessageMap],
        codes: CodeFolders,
        profiles: Mapping[str, Profile],
        maps: Mapping[str, MapFile],
        variants: Mapping[str, Variant] | None = None,
        forms: frozenset[str] = frozenset(),
        layouts: Layouts | None = None,
    ) -> None:
        self._forms = forms
        self.layouts = layouts or Layouts({})
        self._codes, self._rows_version = codes, compiled.version
        self.version = self._version()
        self.variants: Mapping[str, Variant] = variants or {}
        self.rules = next((one.rules for one in self.variants.values()), compiled.rules)
        self.tables: Mapping[str, Table] = dict(codes.tables)
        self.messages, self.profiles, self.maps = messages, profiles, maps
        files_ = [*maps.values(), *(file for one in self.variants.values() for file in one.changed.values())]
        self._named = {row.codes for file in files_ for row in file.rows if row.codes}
        self._named |= {one.orders for one in profiles.values() if one.orders}
        self._named |= {table for one in profiles.values() for table in one.tests}
        named = {name for one in profiles.values() for patterns in one.match for name in patterns}
        self._matched = sorted(int(name[4:]) for name in named if HEADER.fullmatch(name))
        self._functions = compiled.functions
        self._remembering = compiled.memories
        self._memories: dict[tuple[str, str, str], Memories] = {}
        self._chosen: dict[tuple[str, ...], list[Choice]] = {}

    def profile(self, adapter: str, hint: str, message: er7.Message) -> Profile:
        """Return the sender profile of a message: ``hint`` if it names one, else what fits it best.

        Raises:
            Misconfigured: ``hint`` names no profile.
        """
        if hint:
            if hint not in self.profiles:
                known = ", ".join(sorted(self.profiles))
                raise Misconfigured(f"no sender profile {hint!r} in mappings/senders; there are {known}")
            return self.profiles[hint]
        key = (adapter, *(message.header(at) for at in self._matched))
        found = self._chosen.get(key)
        if found is None:
            found = self._choices(adapter, message)
            if len(self._chosen) < 4096:
                self._chosen[key] = found
        return next(one.profile for one in found if not one.inside or one.fits(message))

    def _choices(self, adapter: str, message: er7.Message) -> list[Choice]:
        """Return what a message with this header may be; the last fits in any case."""
        component = message.separators.component
        header = {f"MSH-{at}": message.header(at).split(component)[0].strip() for at in self._matched}
        found = choices(self.profiles.values(), header, adapter)
        return found if found and not found[-1].inside else [*found, Choice(self.profiles["default"])]

    def translate(
        self,
        message: er7.Message,
        envelope: Envelope,
        profile: Profile,
        issues: list[Issue] | None = None,
    ) -> Translation:
        """Map one message; a pure function of message, envelope and profile.

        Args:
            issues: gets the remarks on the way (repairs, malformed values), also where it ends in an error.

        Raises:
            Rejected: the type has no map (``unknown-type``), or a resource without which the message has
                no meaning cannot be identified (the reason that the map names, ``no-patient``).
        """
        plan, functions = self.plan(message), self._functions
        variant = self.variants.get(profile.id)
        if variant is not None:
            plan = variant.plan(er7.event_of(message)) or plan
            functions = variant.compiled.functions
        memory = self._memory(message, envelope, profile)
        run = Run(message, envelope, profile, self.tables, functions, memory, self.version)
        if issues is not None:
            run.issues = issues
        application = Application(run, plan)
        application.walk()
        translation = application.finish(self.version)
        if isinstance(message, Laid):
            told_as_written(translation, message, self.layouts.shown(message.type))
            composed(translation, message.sections, run.lineage)
            translation.issues.extend(message.remarks)
        return completed(translation, run.handles, plan.file) if self._forms else translation

    def lay(self, record: object, envelope: Envelope) -> Laid:
        """Return what a record that is not HL7 v2 becomes: a message that the rows can map.

        Raises:
            Rejected: as :meth:`Layouts.lay`.
        """
        return self.layouts.lay(record, envelope)

    def refresh(self) -> Change:
        """Take over what has changed in the code folders; what was remembered is forgotten.

        To be called between two messages, by the thread that maps. It reads no file that has not changed.
        """
        change = self._codes.refresh(self._named)
        self.version = self._version()
        if not change.tables:
            return change
        tables = dict(self._codes.tables)
        for name in change.tables:
            if name in self.tables and name in tables:
                self.tables[name].become(tables[name])
                tables[name] = self.tables[name]  # the compiled maps hold that one
        self._codes.tables = self.tables = tables
        self._memories = {}
        return change

    def _version(self) -> str:
        return hashlib.sha256(self._rows_version.encode() + self._codes.digest).hexdigest()[:16]

    def _memory(self, message: er7.Message, envelope: Envelope, profile: Profile) -> Memories:
        key = (envelope.tenant, profile.id, zone_of(message, profile))  # what a time means is remembered too
        memories = self._memories.get(key)
        if memories is None:
            if len(self._memories) >= MOST_MEMORIES:  # senders write the zones
                self._memories.clear()
            variant = self.variants.get(profile.id)
            count = variant.compiled.memories if variant is not None else self._remembering
            memories = self._memories[key] = Memories([{} for _ in range(count)])
        return memories

    def plan(self, message: er7.Message) -> MessageMap:
        """Return the message map of a message.

        Raises:
            Rejected: its type has none.
        """
        found = self.messages.get(er7.event_of(message))
        if found is None:
            raise Rejected("no map for this message type", code="unknown-type", where="MSH-9")
        return found


def _digest(folders: list[Root]) -> bytes:
    digest = hashlib.sha256()
    for folder in folders:
        for path in _yaml(folder):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


def _bytes(path: Root) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _maps(datatypes: Root, segments: Root) -> dict[str, MapFile]:
    maps: dict[str, MapFile] = {}
    for folder in (datatypes, segments):
        for path in _yaml(folder):
            file = map_file(path, is_segment=folder is segments)
            if file.name in maps:
                raise Misconfigured(f"map {file.name} is also in {maps[file.name].where}", where=path.name)
            maps[file.name] = file
    return maps


def _profiles(folder: Root) -> dict[str, Profile]:
    paths = {path.name: path for path in _yaml(folder)}
    base = profile_file(paths.pop("default.yaml")) if "default.yaml" in paths else Profile()
    profiles = {base.id: base}
    for path in paths.values():
        one = profile_file(path, base)
        if one.id in profiles:
            raise Misconfigured(f"sender {one.id!r} is defined twice", where=path.name)
        others = ((other.id, each) for other in profiles.values() for each in other.match)
        twin = next((ident for ident, each in others if each in one.match), None)
        if twin is not None:
            raise Misconfigured(f"sender {twin!r} has the same match", where=path.name)
        profiles[one.id] = one
    return profiles


LAYOUTS = ("rows", "xml", "cda", "astm")
"""Folders of layouts."""


def _layouts(root: Root, blocks: Mapping[str, Block], files_: list[MessageFile]) -> dict[str, LayoutFile]:
    """Return the layouts by their event.

    Raises:
        Misconfigured: one is wrong, or two are for the same record; names the file.
    """
    found: dict[str, LayoutFile] = {}
    by_event = {event: file for file in files_ for event in file.events}
    for folder in LAYOUTS:
        for path in _yaml(root.joinpath(folder)):
            one = layout_file(path, blocks, by_event)
            if one.event in found:
                raise Misconfigured(f"{one.name} is also in {found[one.event].where}", where=path.name)
            found[one.event] = one
    return found


def _followed(files_: list[MessageFile], layouts: Mapping[str, LayoutFile]) -> list[MessageFile]:
    """Return the message maps of the layouts; of one that follows another, with the rows of that one.

    Raises:
        Misconfigured: no map is for the event that a layout names.
    """
    by_event = {event: file for file in files_ for event in file.events}
    made = []
    for one in layouts.values():
        if not one.follows:
            made.append(one.message)
            continue
        base = by_event.get(one.follows)
        if base is None:
            raise Misconfigured(f"no message map is for {one.follows}", where=one.where)
        made.append(
            replace(
                one.message,
                structure=base.structure,
                requires={**base.requires, **one.message.requires},
                steps=[*base.steps, *one.message.steps],
                focus=one.message.focus or base.focus,
            )
        )
    return made


def _messages(
    files_: list[MessageFile],
    compiled: Compiled,
    maps: Mapping[str, MapFile],
    forms: frozenset[str],
    layouts: Mapping[str, LayoutFile],
) -> dict[str, MessageMap]:
    numbers = {rule: at for at, rule in enumerate(compiled.rules)}
    by_event: dict[str, MessageMap] = {}
    reads = Reads(maps)
    for file in files_:
        layout = layouts.get(file.events[0]) if file.events else None
        tree = ["MSH", *layout.root.tree()] if layout is not None and not layout.follows else None
        made = MessageCompiler(file, compiled, maps, numbers, reads, forms, tree).compile()
        for event in file.events:
            if event in by_event:
                raise Misconfigured(
                    f"{event} is also mapped by {by_event[event].file.where}", where=file.where
                )
            by_event[event] = made
    return by_event


def _variants(
    profiles: Mapping[str, Profile],
    compiled: Compiled,
    maps: Mapping[str, MapFile],
    messages: list[MessageFile],
    tables: Mapping[str, Table],
    forms: frozenset[str],
) -> dict[str, Variant]:
    """Return the checked variants of the senders that overlay the maps; their rules come last."""
    variants = {
        name: Variant(one.overrides, compiled, maps, messages, tables, forms)
        for name, one in sorted(profiles.items())
        if one.overrides is not None
    }
    rules = (*compiled.rules, *(rule for one in variants.values() for rule in one.own_rules()))
    for one in variants.values():
        one.check(rules)
    return variants


def load_maps(
    root: Root | None = None, codes: Root | None = None, forms: frozenset[str] = frozenset()
) -> Maps:
    """Load, check and compile all maps.

    Args:
        root: a folder like ``mappings/``; default: the one that ships with qiao.
        codes: folder with the hospital's own code tables, beside those of ``root``.
        forms: what the messages are to be written out as, beside their resources (:data:`rows.FORMS`); what
            stores them asks for none.

    Raises:
        Misconfigured: anything is wrong in any file; names file and line.
    """
    shipped = root is None
    if shipped:
        CACHE.begin()
    root = root if root is not None else files("mappings")
    v2 = root / "hl7v2" if isinstance(root, Path) else root.joinpath("hl7v2")
    folders: list[Root] = [v2.joinpath(name) for name in FOLDERS]
    senders = root.joinpath("senders")
    tests = root.joinpath("conceptmaps")
    own = [codes] if codes is not None else []
    tables = CodeFolders([v2.joinpath("codes"), *([tests] if tests.is_dir() else []), *own])
    maps = _maps(folders[0], folders[1])
    if "CWE[CodeableConcept]" not in maps:
        raise Misconfigured("the map CWE[CodeableConcept] is missing; OBX-5 needs it", where="datatypes")
    blocks = {one.name: one for one in (block(read(path), path.name) for path in _yaml(folders[3]))}
    message_files = [message_file(path, blocks) for path in _yaml(folders[2])]
    layouts = _layouts(root, blocks, message_files)
    message_files += _followed(message_files, layouts)
    for one in layouts.values():
        maps |= one.maps
    check_names(message_files)
    elements = root.joinpath("cda").joinpath("data-elements.csv")
    laid = [root.joinpath(name) for name in LAYOUTS]
    compiled = compile_maps(
        maps, message_files, tables.tables, _digest([*folders, senders, *laid]) + _bytes(elements)
    )
    messages = _messages(message_files, compiled, maps, forms, layouts)
    profiles = _profiles(senders)
    for profile in profiles.values():
        if unknown := {*profile.tests, profile.orders} - {"", *tables.tables}:
            raise Misconfigured(f"there is no table {min(unknown)!r} of tests", where=f"{profile.id}.yaml")
        if profile.specimen and tables.tables["specimen-type"].get(profile.specimen) is None:
            text = f"specimen is a word of the table specimen-type, not {profile.specimen!r}"
            raise Misconfigured(text, where=f"{profile.id}.yaml")
    variants = _variants(profiles, compiled, maps, message_files, tables.tables, forms)
    if shipped:
        CACHE.save()
    return Maps(
        compiled,
        messages,
        tables,
        profiles,
        maps,
        variants,
        forms,
        Layouts(layouts, data_elements(elements, KINDS)),
    )
