"""A show's takes: the one that is played, and the one that is recorded."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from likeness.host.host import Host
from likeness.options import Options
from likeness.parameters.store import ParamStore
from likeness.show.frame_stats import FrameStats
from likeness.show.loop import BeforeFrame
from likeness.show.rack_editor import RackEditor
from likeness.show.takes.player import TakePlayer
from likeness.show.takes.rack_player import RackPlayer
from likeness.show.takes.reader import Take
from likeness.show.takes.recorder import TakeRecorder, hash_audio, hash_weights
from likeness.show.takes.writer import TakeWriter
from likeness.tempo.transport import BeatSource, Transport


class TakeStage:
    """Plays a take into a show and records one. The show's thread, but for `path`.

    Args:
        take: what is played, or None.
        store: of the show.
        at: returns the seconds since the show's start of the frame that begins.
    """

    def __init__(self, take: Take | None, store: ParamStore, at: Callable[[], float]) -> None:
        self._store = store
        self._player = TakePlayer(take, store, at) if take else None
        self._recorder: TakeRecorder | None = None
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

    def add_to(self, stages: BeforeFrame) -> BeforeFrame:
        """Return `stages` with the playing and the recording of takes."""
        played, recorded = self._player, self._recorder
        if played:
            stages = replace(stages, take=played.advance)
        return replace(stages, record=recorded.advance) if recorded else stages

    def close(self) -> None:
        """End the take that is recorded."""
        if self._recorder:
            self._recorder.close()
