"""Plugins that could be added, with their first line of help, told without running their files."""

import ast
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from likeness.files.file_stamp import Stamp, read_stamp
from likeness.host.discovery import installed_plugins
from likeness.host.failure import describe_failure

# A file that was dropped into a folder is seen within this time, and the folders are read no more often.
SCAN_S = 1.0
# Parsing a file of 250 lines took 6 ms of the interpreter, in which no frame is drawn: no more than this many at once.
PARSED_AT_ONCE = 2
# No plugin that a hand wrote is larger; what is gets no help.
LARGEST = 1_000_000


@dataclass(frozen=True)
class PluginHelp:
    """The first line of a plugin's help, and what keeps its file from being read, each in words or empty."""

    help: str = ""
    error: str = ""


class AvailablePlugins:
    """Lists plugin files and installed plugins. Reads the folders only when asked, at most once a second. One thread.

    Args:
        find_files: returns the plugin files by name.
        now: seconds.
    """

    def __init__(self, find_files: Callable[[], dict[str, Path]], now: Callable[[], float] = time.monotonic) -> None:
        self._find_files, self._now = find_files, now
        self._scanned = float("-inf")
        self._files: dict[str, Path] = {}
        self._stamps: dict[Path, Stamp | None] = {}
        self._known: dict[Path, tuple[Stamp, PluginHelp]] = {}
        self._installed: dict[str, str] | None = None

    def plugins(self) -> dict[str, PluginHelp]:
        """Return the help by name, sorted; it is empty until the file was read, a few calls later."""
        if self._installed is None:
            # Reads the metadata of every installed package: once is enough.
            self._installed = installed_plugins()
        self._scan()
        self._read_some()
        installed = {name: PluginHelp(f"Installed: {place}.") for name, place in self._installed.items()}
        read = {name: self._known.get(path) for name, path in self._files.items()}
        files = {name: known[1] if known else PluginHelp() for name, known in read.items()}
        return dict(sorted({**installed, **files}.items()))

    def is_gone(self, path: Path) -> bool:
        """Return whether a plugin's file is not there any more, as of the last second."""
        if path not in self._stamps:
            self._stamps[path] = read_stamp(path)
        return self._stamps[path] is None

    def _scan(self) -> None:
        now = self._now()
        if now - self._scanned < SCAN_S:
            return
        self._scanned, self._files = now, self._find_files()
        self._stamps = {path: read_stamp(path) for path in {*self._files.values(), *self._stamps}}

    def _read_some(self) -> None:
        budget = PARSED_AT_ONCE
        for path in self._files.values():
            stamp = self._stamps.get(path)
            known = self._known.get(path)
            if stamp is None or (known and known[0] == stamp):
                continue
            if not budget:
                return
            budget -= 1
            self._known[path] = stamp, read_help(path) if stamp[1] <= LARGEST else PluginHelp()


def read_help(path: Path) -> PluginHelp:
    """Return the first line of the docstring of a plugin's file, or of its class; nothing of it is run."""
    try:
        module = ast.parse(path.read_bytes(), str(path))
    # What brackets in thousands or zero bytes raise is not the syntax's error alone.
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError) as error:
        return PluginHelp(error=describe_failure(error, path))
    plugin = next((node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "Plugin"), None)
    docstring = ast.get_docstring(module) or (ast.get_docstring(plugin) if plugin else None)
    return PluginHelp(first_line(docstring))


def first_line(docstring: str | None) -> str:
    """Return the first line of a docstring, or nothing."""
    return (docstring or "").strip().partition("\n")[0].strip()
