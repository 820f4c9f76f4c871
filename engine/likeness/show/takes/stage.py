"""A show's takes: the one that is played, and the one that is recorded."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from likeness.host.host import Host
from likeness.options import Options
from likeness.parameters.journal import Entry
from likeness.parameters.store import ParamStore
from likeness.show.frame_stats import FrameStats
from likeness.show.loop import BeforeFrame
from likeness.show.rack_editor import RackEditor
from likeness.show.takes.player import TakePlayer
from likeness.show.takes.rack_player import RackPlayer
from likeness.show.takes.reader import Take
from likeness.show.takes.recorder import TakeRecorder, drop_passed, hash_audio, hash_weights
from likeness.show.takes.writer import TakeWriter
from likeness.tempo.transport import BeatSource, Transport


class TakeStage:
    """Plays a take into a show and records one. The show's thread, but for `path`.

    Args:
        take: what is played, where it is a take.
        store: of the show.
        at: returns the seconds since the show's start of the frame that begins.

    Attributes:
        listeners: each is called with what a frame took, once the journal records.
        path: of the take that is recorded, or None.
    """

    def __init__(self, take: object, store: ParamStore, at: Callable[[], float]) -> None:
        self._store = store
        self._player = TakePlayer(take, store, at) if isinstance(take, Take) else None
        self._recorder: TakeRecorder | None = None
        # Each gets what a frame took.
        self.listeners: list[Callable[[Sequence[Entry]], None]] = []
        self.path: Path | None = None

    @property
    def beats(self) -> list[BeatSource]:
        """Return the beat that is followed while a take is played."""
        return [self._player] if self._player else []

    def follow_rack(self, host: Host, editor: RackEditor) -> None:
        """Play the changes of the rack, too."""
        RackPlayer(host, editor, self._store.journal)

    def record(
        self, options: Options, header: Callable[[], dict[str, Any]], transport: Transport, stats: FrameStats
    ) -> None:
        """Record a take where `options` say so. Before the first frame.

        Raises:
            OutputError: the file cannot be made.
        """
        if options.take is None:
            return
        writer = TakeWriter(options.take, force=options.force)
        self.path, first = writer.path, header()
        writer.put(first)
        writer.put_later(lambda: hash_weights(first["preset"]["show"]["weights"]))
        writer.put_later(lambda: hash_audio(first["audio"]))
        self._recorder = TakeRecorder(writer, self._store.journal, transport, stats)
        self._store.journal.recording = True
        self.listeners.append(self._recorder.record)

    def add_to(self, stages: BeforeFrame) -> BeforeFrame:
        """Return `stages` with the playing and the recording of takes."""
        stages = replace(stages, record=self._record)
        return replace(stages, take=self._player.advance) if self._player else stages

    def close(self) -> None:
        """End the take that is recorded."""
        if self._recorder:
            self._recorder.close()

    def _record(self, time: float, beat: float) -> None:
        """Hand on what the frame took."""
        entries = drop_passed(self._store.journal.pop())
        for listener in self.listeners:
            listener(entries)
