"""Door: watches a drop folder, takes complete files one after another and hands over their records."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from adapters.his.files.claim import Claim, finish, left_behind, shown, take
from adapters.his.files.course import Course, Door
from adapters.his.files.journal import Journal
from adapters.his.files.lines import Bounds
from adapters.his.files.pattern import load_patterns, paths_of
from adapters.his.files.ready import Ready
from adapters.his.files.view import load_views
from gateway.errors import Misconfigured
from gateway.spec import Deliver, Field

_LOG = logging.getLogger("qiao.files")

NAME = "his/files"

FIELDS = (
    Field("folder", "str", "", "folder into which files are dropped; work, done and failed are made in it"),
    Field("files", "str", "", "folder with a YAML for each kind of file; '' where headings say it all"),
    Field("layouts", "str", "", "folder with the layouts of rows, '' for those that are shipped"),
    Field("tenant", "str", "default", "the hospital whose files these are"),
    Field("system", "str", "HIS", "who says so, where the kind of file says nothing else"),
    Field("settle", "float", 3.0, "seconds in which a file must not change before it is taken"),
    Field("marker", "str", "", "ending of the file that says that another is complete ('.ok'); '' for none"),
    Field("interval", "float", 1.0, "seconds between two looks into the folder"),
    Field("parallel", "int", 256, "records under way at once"),
    Field("max_file", "int", Bounds().file, "bytes of one file"),
    Field("max_record", "int", Bounds().line, "bytes of one line or record"),
    Field(
        "repeats",
        "str",
        "skip",
        "the same bytes again: 'skip' sets them aside and tells, 'deliver' takes them",
    ),
)

Stamps = tuple[tuple[str, int, int], ...]
"""Name, moment of the last change and size of each pattern."""

Settings = Mapping[str, str | int | float | bool]


def source(settings: Settings) -> FilesDoor:
    """Return the door, not yet open."""
    return FilesDoor(settings)


class FilesDoor:
    """A ``gateway.spec.Source`` over one folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = Path(str(settings["folder"]))
        self._work, self._done, self._failed = (self._folder / one for one in ("work", "done", "failed"))
        self._ready = Ready(self._folder, float(settings["settle"]), str(settings["marker"]))
        self._journal = Journal(self._done / "journal.ndjson")
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._course: Course | None = None
        self._unfinished: list[Claim] = []
        self._seen: Stamps = ()
        self._counts = {"files": 0, "failed": 0, "repeats": 0, "records": 0, "quarantined": 0}
        self._error = self._last_failed = ""

    async def start(self, deliver: Deliver) -> None:
        """Begin to look.

        Raises:
            Misconfigured: no folder is set, or a pattern or layout is wrong.
        """
        if not self._settings["folder"]:
            raise Misconfigured(
                "set folder: where the files are dropped", where=f'[adapters."{NAME}"] folder'
            )
        if self._settings["repeats"] not in ("skip", "deliver"):
            raise Misconfigured("must be one of skip, deliver", where=f'[adapters."{NAME}"] repeats')
        views = await asyncio.to_thread(load_views, str(self._settings["layouts"]))
        self._seen = await asyncio.to_thread(self._stamps)
        patterns = await asyncio.to_thread(load_patterns, str(self._settings["files"]), views)
        bounds = Bounds(file=int(self._settings["max_file"]), line=int(self._settings["max_record"]))
        self._door = Door(
            adapter=NAME,
            tenant=str(self._settings["tenant"]),
            system=str(self._settings["system"]),
            parallel=max(1, int(self._settings["parallel"])),
            deliver=deliver,
            views=views,
            patterns=patterns,
            bounds=bounds,
            journal=self._journal,
            skip=self._settings["repeats"] == "skip",
            told=self._told,
        )
        self._stopping.clear()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Take no more files; the one under way goes on where it is after the next start."""
        self._stopping.set()
        if self._course:
            self._course.stop()
        if self._task:
            await self._task
            self._task = None

    def status(self) -> Mapping[str, int | str]:
        """Return the folder, what waits, what is under way and how fast, and what went wrong last."""
        course = self._course
        return {
            "address": str(self._folder) if self._settings["folder"] else "",
            "waiting": self._ready.waiting,
            "no_files": self._ready.strange,
            **self._counts,
            "file": shown(course.claim.state.name) if course else "",
            "line": course.claim.state.line if course else 0,
            "per_second": course.rate() if course else 0,
            "last_error": self._error,
            "last_failed": self._last_failed,
        }

    def _told(self, error: str) -> None:
        """Remember what is wrong; tell the log once when it begins and once when it ends."""
        if error != self._error:
            _LOG.log(logging.WARNING if error else logging.INFO, "%s: %s", NAME, error or "goes on")
        self._error = error

    async def _run(self) -> None:
        interval = max(0.01, float(self._settings["interval"]))
        while not self._stopping.is_set():
            begun = time.monotonic()
            try:
                some = await self._once()
            except OSError as error:
                self._told(f"the folder cannot be used: {error.strerror or type(error).__name__}")
                some = False
            left = 0.0 if some else interval - (time.monotonic() - begun)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), max(left, 0.0))
        for claim in self._unfinished:
            claim.release()

    def _stamps(self) -> Stamps:
        """Return which patterns there are and when each was written."""
        paths = paths_of(str(self._settings["files"]))
        return tuple((one.name, (said := one.stat()).st_mtime_ns, said.st_size) for one in paths)

    def _mended(self) -> bool:
        """Read the patterns again where somebody has written one; return whether they can be worked with.

        Files wait while one is wrong: by the one before they might become something else.
        """
        seen = self._stamps()
        if seen != self._seen:
            try:
                patterns = load_patterns(str(self._settings["files"]), self._door.views)
            except Misconfigured as error:
                self._told(f"files wait: {error}")
                return False
            self._door, self._seen = replace(self._door, patterns=patterns), seen
        return True

    async def _once(self) -> bool:
        """Look once; return whether a file was taken."""
        if not await asyncio.to_thread(self._mended):
            return False
        claims = self._unfinished or await asyncio.to_thread(self._left)
        self._unfinished = []
        for at, claim in enumerate(claims):
            if self._stopping.is_set():
                self._unfinished += claims[at:]
                return True
            await self._tried(claim)
        some = bool(claims) and not self._unfinished
        for path in await asyncio.to_thread(self._ready.look):
            if self._stopping.is_set():
                return True
            taken = await asyncio.to_thread(take, path, self._work)
            if taken is not None:
                self._ready.taken(path)
                some = True
                await self._tried(taken)
        if not self._unfinished:
            self._told("")
        return some and not self._unfinished

    async def _tried(self, claim: Claim) -> None:
        """Process a file; one that cannot be ended now holds up none of the others."""
        try:
            await self._process(claim)
        except OSError as error:
            self._unfinished.append(claim)
            why = error.strerror or type(error).__name__
            self._told(f"the folder cannot be used: {why} ({shown(claim.state.name)})")
        except Exception as error:  # noqa: BLE001 -- the door must outlive whatever one file makes of it
            self._unfinished.append(claim)
            self._told(f"{type(error).__name__} while {shown(claim.state.name)} was read: report it")

    def _left(self) -> list[Claim]:
        if not self._folder.is_dir():
            raise NotADirectoryError(20, os.strerror(20))
        for folder in (self._work, self._done, self._failed):
            folder.mkdir(exist_ok=True)
        return left_behind(self._work)

    async def _process(self, claim: Claim) -> None:
        """Bring a file to its end; one that cannot be moved stays claimed and is tried again."""
        self._course = course = Course(self._door, claim)
        try:
            if not claim.state.verdict and not await course.run():
                claim.release()  # stopped in the middle
                return
            await asyncio.to_thread(self._finish, course)
        finally:
            self._course = None

    def _finish(self, course: Course) -> None:
        claim, state = course.claim, course.claim.state
        report = course.report()
        with suppress(OSError):  # what is not remembered is delivered again, as repeats
            claim.save()
        told = ("at", "claim", "file", "view", "plan", "sha256", "verdict", "records", "ended")
        self._journal.add({key: report[key] for key in told})
        finish(claim, self._failed if state.verdict == "failed" else self._done, report)
        self._counts["files"] += state.verdict == "done"
        self._counts["failed"] += state.verdict == "failed"
        self._counts["repeats"] += state.verdict == "repeat"
        self._counts["records"] += state.delivered
        self._counts["quarantined"] += sum(state.ended.values()) - state.ended["stored"]
        why = state.why.get("fault", "")
        if state.verdict == "failed":
            self._last_failed = f"{shown(state.name)}: {why}"
        level = logging.WARNING if why else logging.INFO
        name = shown(state.name)
        _LOG.log(level, "%s: %s %s %s, %d records", NAME, name, state.verdict, why, state.delivered)
