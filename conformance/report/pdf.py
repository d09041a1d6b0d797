"""Owns ``report.pdf``: the page as a browser prints it, by a headless Chromium that reaches no network.

The page is not taken as it stands: links to evidence are made plain text, since a printed link would name a
folder of this machine. Without a Chromium there is no PDF, and the outcome says what to install.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from conformance.harness.words import Words
from conformance.report.copied import searchable
from conformance.report.packed import packed
from conformance.report.wording import TEXT
from conformance.result.file import write

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
SECONDS = 120.0

_OPENING = re.compile(r'<html lang="[^"]*" data-lang="[^"]*">')
_SCRIPT = re.compile(r"<script>.*?</script>", re.DOTALL)
_EVIDENCE = re.compile(r'<a href="evidence/[^"]*">')


@dataclass(slots=True, frozen=True)
class Printed:
    """What became of it: the file, or why there is none."""

    path: Path | None
    note: Words | None = None


def print_page(
    html: str, path: Path, lang: str, *, browser: str | None = None, seconds: float = SECONDS
) -> Printed:
    """Write a page as PDF, A4, whole or not at all; an older one never stays beside a newer page.

    Args:
        html: what :func:`conformance.report.page.page` returned.
        lang: ``zh`` or ``en``: which language is printed.
        browser: name or path of a Chromium; None: the first that is found.
        seconds: how long it may take.
    """
    path.unlink(missing_ok=True)
    program = find_browser(browser)
    if program is None:
        return Printed(None, TEXT["no-pdf"])
    # In the folder of the report: a Chromium out of a snap may read neither a temporary nor a hidden one.
    with tempfile.TemporaryDirectory(prefix="printing-", dir=path.parent, ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        (folder / "page.html").write_text(printable(html, lang), "utf-8")
        note = _run([program, *_options(folder)], folder, seconds)
        made = folder / "page.pdf"
        data = made.read_bytes() if made.is_file() else b""
    if not data.startswith(b"%PDF-"):
        return Printed(None, note or TEXT["pdf-failed"].filled(code=0))
    write(path, packed(searchable(data)))
    return Printed(path)


def find_browser(name: str | None = None) -> str | None:
    """Return the path of a Chromium, or None."""
    for one in (name,) if name else BROWSERS:
        found = shutil.which(one)
        if found:
            return found
    return None


def printable(html: str, lang: str) -> str:
    """Return the page as it is printed: in one language, without links out of it and without a script."""
    opening = f'<html lang="{"zh-CN" if lang == "zh" else "en"}" data-lang="{lang}">'
    return _EVIDENCE.sub("<a>", _SCRIPT.sub("", _OPENING.sub(opening, html, count=1)))


def _options(folder: Path) -> list[str]:
    options = [
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-crash-reporter",
        "--no-first-run",
        "--no-default-browser-check",
        "--no-pings",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
        f"--print-to-pdf={folder / 'page.pdf'}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # it refuses to run as root inside its sandbox
        options.append("--no-sandbox")
    return [*options, (folder / "page.html").as_uri()]


def _run(command: list[str], folder: Path, seconds: float) -> Words | None:
    """Run it as a group of its own, so that a time limit ends its children too; return why it failed."""
    homes = {name: str(folder) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    try:
        process = subprocess.Popen(  # noqa: S603 -- a browser out of PATH, with options of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **homes},
            start_new_session=True,
        )
    except OSError as error:
        return TEXT["pdf-failed"].filled(code=error.strerror or error.errno or "?")
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return TEXT["pdf-slow"].filled(seconds=f"{seconds:g}")
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return TEXT["pdf-failed"].filled(code=code) if code else None
