"""The working folder, which may be removed while the program stands in it."""

import logging
import os
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)


def leave_removed_folder() -> Path | None:
    """Change to the user's home, else to the root, where the working folder is gone; return where, or None.

    From a folder that was removed torch does not load ("oneMKL FATAL ERROR"), and no process of its own starts. It is
    said in one line, since paths that the user gave relative to that folder mean another place from here.
    """
    with suppress(OSError):
        os.getcwd()
        return None
    for folder in (Path(os.path.expanduser("~")), Path(os.sep)):
        with suppress(OSError):
            os.chdir(folder)
            log.warning("the folder you are in was removed; a file without its full path is one in %s now", folder)
            return folder
    return None
