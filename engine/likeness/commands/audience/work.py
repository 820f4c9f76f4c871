"""`likeness audience work`."""

import logging
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.audience.common import DatabaseUrl, Folder, StorageUrl, evening_folder
from likeness.options import Device, Size, Weights, ranged
from likeness.ranges import FPS, NONE_OR_MORE


def work(
    *,
    folder: Folder = None,
    database: DatabaseUrl = None,
    storage: StorageUrl = None,
    gallery: Path | None = None,
    size: Size = (512, 512),
    fps: Annotated[float, ranged(FPS, "Rate of the films.")] = 30.0,
    steps: Annotated[
        int, ranged(NONE_OR_MORE, "Of the search for each latent; 0 leaves the encoder's guess, 400 is thorough.")
    ] = 0,
    weights: Weights | None = None,
    device: Device = "auto",
    attached: Annotated[bool, Parameter(show=False)] = False,
) -> None:
    """Look at the visitors' photos and make their films, until Ctrl+C.

    Any number of workers may run, on any machines that reach the database and the storage. One that is killed loses
    nothing: its visitor is taken by another within seconds.

    Parameters
    ----------
    gallery
        The folder of a gallery, whose people are compared; without it they are the generator's own.
    """
    from likeness.audience.extra import require_extra

    require_extra()
    from likeness.audience.evening import Places, open_patiently
    from likeness.audience.presence import WorkerPresence
    from likeness.audience.priority import lower_worker

    places = Places(evening_folder(folder), database or "", storage or "")
    opened, store = open_patiently(places.open_database), places.open_store()
    presence = WorkerPresence(opened)
    with ExitStack() as stack:
        stack.callback(opened.close)
        # Not before the evening is open, since it is the whole process's; and before seconds of opening weights.
        stack.enter_context(lower_worker())
        stack.callback(presence.close)
        presence.start()
        import cv2
        import torch

        from likeness import open_generator
        from likeness.audience.deletion import Deletion
        from likeness.audience.film_making import FaceCheck, FilmMaking
        from likeness.audience.worker import Worker
        from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
        from likeness.generators.devices import choose_device
        from likeness.lookalike.film_plan import FilmPlan

        # Several workers share cores better than the threads of one; numbers too small to see take ten times as long.
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        torch.set_flush_denormal(True)
        # It counts pictures of each film, and tells of disks that fill; a worker has its own measure of that.
        logging.getLogger("likeness.outputs").setLevel(logging.ERROR)
        stopping = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopping.set())
        if attached:
            # The server that started this one holds the other end, and it closes when it dies.
            threading.Thread(target=_stop_at_end_of_stdin, args=(stopping,), daemon=True).start()
        generator = open_generator(find_weights(weights or DEFAULT_WEIGHTS), str(choose_device(device)))
        making = FilmMaking(generator, FilmPlan(size or (512, 512), fps, steps=steps), gallery)
        worker = Worker(opened, store, Deletion(opened, store, places.scratch), places.scratch, FaceCheck(), making)
        print("A worker is ready.", flush=True)
        presence.say_ready()
        worker.run(stopping)


def _stop_at_end_of_stdin(stopping: threading.Event) -> None:
    sys.stdin.buffer.read()
    stopping.set()
