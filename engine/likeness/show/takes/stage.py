"""A show's takes: the one that is played, and the one that is recorded."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from likeness.audio.features import AudioSource
from likeness.audio.noted import Note, NotedAudio
from likeness.audio.open_audio import OFF, open_audio
from likeness.host.host import Host
from likeness.options import Options
from likeness.parameters.journal import Entry
from likeness.parameters.store import ParamStore
from likeness.show.frame_stats import FrameStats
from likeness.show.loop import BeforeFrame
from likeness.show.rack_editor import RackEditor
from likeness.show.takes.player import TakePlayer
from likeness.show.takes.rack_player import RackPlayer
from likeness.show.takes.reader import Take, find_heard
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
        self._take = take if isinstance(take, Take) else None
        self._player = TakePlayer(self._take, store, at) if self._take else None
        self._recorder: TakeRecorder | None = None
        # Each gets what a frame took.
        self.listeners: list[Callable[[Sequence[Entry]], None]] = []
        self.path: Path | None = None

    @property
    def beats(self) -> list[BeatSource]:
        """Return the beat that is followed while a take is played."""
        return [self._player] if self._player else []

    def open_audio(self, options: Options, began: Callable[[], float]) -> AudioSource:
        """Open what `--audio` names; without it, what the take that is played has noted of a device.

        Raises like `open_audio`.
        """
        heard = find_heard(self._take) if self._take and options.audio == OFF else None
        return NotedAudio(heard) if heard else open_audio(options.audio, options.offline, began)

    def follow_rack(self, host: Host, editor: RackEditor) -> None:
        """Play the changes of the rack, too."""
        RackPlayer(host, editor, self._store.journal)

    def record(
        self,
        options: Options,
        header: Callable[[], dict[str, Any]],
        transport: Transport,
        stats: FrameStats,
        note_heard: Callable[[], Note | None],
    ) -> None:
        """Record a take where `options` say so. Before the first frame.

        Args:
            options, transport, stats: of the show.
            header: returns the first line.
            note_heard: returns what of a frame's sound is to be kept.

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
        self._recorder = TakeRecorder(writer, self._store.journal, transport, stats, note_heard)
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
