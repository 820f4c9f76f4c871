"""Has weights play anew whenever their file is written, such as those of a training run that goes on."""

import logging
from collections.abc import Callable

from likeness.errors import WeightsError
from likeness.paths import find_weights
from likeness.show.file_watcher import FileWatcher

log = logging.getLogger(__name__)


def follow_weights(name: str, load: Callable[[str], None]) -> FileWatcher:
    """Return a watch, begun, that calls `load(name)` on its own thread each time the file of the weights changes.

    Args:
        name: of weights, of their file, or of the folder of a training run.
        load: takes them into the show; what it refuses is one line in the log.

    Raises:
        WeightsError: there are no such weights.
    """
    path = find_weights(name)

    def take(changed: str) -> None:
        try:
            load(changed)
        except WeightsError as error:
            log.warning("%s was written, but: %s", path, error)

    watch = FileWatcher(lambda: [(name, path)], take)
    watch.start()
    return watch
