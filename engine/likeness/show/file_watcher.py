"""File watcher: notices plugin and weights files that change on disk, and asks for their reload."""

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from likeness.errors import PluginError, WeightsError
from likeness.files.file_stamp import Stamp, read_stamp
from likeness.files.paths import find_weights
from likeness.options import Options
from likeness.show.signals import close_cleanly

log = logging.getLogger(__name__)

# A change counts once the file has looked the same in two checks: half a second after it was saved.
CHECK_S = 0.25


class FileWatcher:
    """Checks files every quarter of a second, on its own thread, from `start` to `close`.

    A file that is still being written, or is gone for a moment, is waited for.

    Args:
        files: returns the files by plugin, as they are now.
        reload: called with the plugin's name, on the watcher's thread.
    """

    def __init__(self, files: Callable[[], Iterable[tuple[str, Path]]], reload: Callable[[str], None]) -> None:
        self._files, self._reload = files, reload
        self._known: dict[Path, Stamp] = {}
        self._new: dict[Path, Stamp] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Start; the files as they are now count as loaded."""
        self.check()
        self._thread.start()

    def close(self) -> None:
        """Stop. Safe to call twice."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def check(self) -> None:
        """Check every file once; reload what has changed and looks the same as the time before."""
        for name, path in list(self._files()):
            stamp = read_stamp(path)
            if stamp is None:
                continue
            if stamp == self._known.setdefault(path, stamp):
                self._new.pop(path, None)
            elif stamp == self._new.get(path):
                self._known[path] = self._new.pop(path)
                self._reload_file(name)
            else:
                self._new[path] = stamp

    def _run(self) -> None:
        while not self._closing.wait(CHECK_S):
            self.check()

    def _reload_file(self, name: str) -> None:
        try:
            self._reload(name)
        except PluginError as error:
            log.info("%s was saved, but: %s", name, error)


def open_watchers(
    opened: ExitStack,
    options: Options,
    plugins: tuple[Callable[[], Iterable[tuple[str, Path]]], Callable[[str], None]],
    weights: tuple[str, Callable[[str], None]],
) -> None:
    """Watch what the options say until `opened` closes: plugins with --watch, weights with --follow.

    Args:
        opened: closes what is opened here.
        options: of the show.
        plugins: what returns their files, and what reloads one.
        weights: their name, and what loads them; see `follow_weights`.
    """
    if options.watch:
        watcher = FileWatcher(*plugins)
        watcher.start()
        opened.callback(close_cleanly, watcher.close)
    if options.follow:
        opened.callback(close_cleanly, follow_weights(*weights).close)


def follow_weights(name: str, load: Callable[[str], None]) -> FileWatcher:
    """Start a watcher that calls `load(name)` on its own thread each time the file of the weights changes.

    A training run that goes on writes its file again and again.

    Args:
        name: of weights, of their file, or of the folder of a training run.
        load: swaps the generator; what it refuses is one line in the log.

    Raises:
        WeightsError: there are no such weights.
    """
    path = find_weights(name)

    def reload(changed: str) -> None:
        try:
            load(changed)
        except WeightsError as error:
            log.warning("%s was written, but: %s", path, error)

    watch = FileWatcher(lambda: [(name, path)], reload)
    watch.start()
    return watch
