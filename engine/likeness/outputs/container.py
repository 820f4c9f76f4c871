"""Base of the files that PyAV writes: how they are begun on the disk, finished and abandoned."""

from abc import abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av

from likeness.outputs.disk_file import DiskFile
from likeness.outputs.writer import QueuedOutput


class ContainerOutput(QueuedOutput):
    """Write a container with one stream of video.

    Args:
        name: what messages call it.
        path: the file; one that is there is replaced, absent folders are made.
        rate: frames a second.
        kind: the container's name in FFmpeg, with its options.
        synced: bring the file to the disk every second.
        offline, room: see `QueuedOutput`.

    Raises:
        OutputError: the file cannot be made.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        rate: Fraction,
        kind: tuple[str, Mapping[str, str]],
        *,
        synced: bool,
        offline: bool,
        room: int,
    ) -> None:
        self._size, self.path = (0, 0), path
        self._file = DiskFile(name, path, synced=synced)
        self._container = av.open(self._file, "w", format=kind[0], options=dict(kind[1]))
        super().__init__(name, rate, offline=offline, room=room)

    def find_result(self) -> Path | None:
        """Return where the file is by now; None where it was deleted, or moved to a place unknown. Any thread."""
        return self._file.place

    @property
    def disk_minutes(self) -> float | None:
        """How long until the disk is full, as far as it is known. Any thread."""
        return self._file.room.minutes

    @abstractmethod
    def _flush(self) -> None:
        """Write what the encoder holds back, if it was ever given a picture."""

    def _raise_failed(self) -> None:
        """Raise what the disk said: PyAV may have lost it."""
        if self._file.error:
            raise self._file.error

    def _let_go(self) -> None:
        """Let go of all but the file, finished or abandoned."""

    def _finish(self) -> None:
        self._flush()
        self._container.close()
        self._raise_failed()
        self._file.close()
        self._let_go()

    def _abandon(self) -> None:
        # Fragments on the disk stay readable as long as nobody begins to write the ordinary file's index.
        self._file.abandon()
        try:
            self._container.close()
        finally:
            self._file.close()
            self._let_go()
