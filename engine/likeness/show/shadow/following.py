"""Following: the frames of a leader played here, unseen, until it falls silent."""

import logging
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError
from torch import Tensor

from likeness.errors import InputError, WeightsError
from likeness.files.paths import find_weights
from likeness.files.text_file import describe_mismatch
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.show.shadow.clock import MOST_BEHIND, FollowedClock
from likeness.show.shadow.link import LeaderLink
from likeness.show.shadow.messages import LedFrame
from likeness.show.shadow.standing import Standing
from likeness.show.takes.entry_player import EntryPlayer
from likeness.show.takes.material import SHOWN
from likeness.show.takes.reader import Take
from likeness.show.takes.writer import hash_file
from likeness.tempo.midi_clock import ExternalBeat

log = logging.getLogger(__name__)

# A leader is silent for so many of its frames before the grace begins to count.
SILENT_FRAMES = 2
# A face is waited for so long: its frame is announced when the leader begins it, and it comes once plugins have run.
FACE_S = 0.25
# A leader that opens weights or wakes from sleep is waited for so long before its first frame.
FIRST_FRAME_S = 20.0


class Following:
    """Plays what a leader plays. The show's thread, but for `find_shown`, which the render thread asks.

    Each tick waits for a frame of the leader. Its entries are left in the inbox, its beat is the transport's, its face
    is drawn in the place of what the plugins here make, and once a second the values are made its own to the last
    digit. Where the connection breaks, or no frame comes for two of its frames and the grace, `on_alone` is called and
    this machine goes on from there.

    Args:
        link: to the leader.
        grace_s: see above, in seconds; a connection that breaks gets none.
    """

    name = "the other machine"

    def __init__(self, link: LeaderLink, grace_s: float) -> None:
        self.link, self._grace_s = link, grace_s
        self.active = True
        self.on_alone: Callable[[], None] = lambda: None
        self.on_over: Callable[[], None] = lambda: None
        self._frames: list[LedFrame] = []
        self._led_fps, self._gone = 1.0, False
        self._store: ParamStore | None = None
        self._standing: Standing | None = None
        self._player: EntryPlayer | None = None
        self.last_index = -1

    @cached_property
    def take(self) -> Take:
        """Return what the leader plays, as a take without frames.

        Raises:
            InputError, WeightsError: it cannot be played here, in words.
        """
        header, hashes = self.link.take.header, self.link.take.hashes
        try:
            preset = Preset.model_validate(header.get("preset"))
        except ValidationError as error:
            place, mismatch = describe_mismatch(error)
            raise InputError(f"the show on {self.link.name}, at the preset's {place}: {mismatch}") from error
        name = preset.show.weights or ""
        try:
            path = find_weights(name)
        except WeightsError as error:
            raise WeightsError(
                f"{self.link.name} plays the weights {name!r}, which are not here; copy them to this machine"
            ) from error
        wanted, found = hashes.get(name), hash_file(path)
        if wanted and wanted != found:
            raise WeightsError(
                f"{path} is another file than the weights that {self.link.name} plays, sha256 {found[:SHOWN]} instead "
                f"of {wanted[:SHOWN]}; copy those to this machine"
            )
        return Take(Path(f"of {self.link.name}"), header, preset, (), {}, hashes, 0.0, whole=True)

    def make_clock(self, fps: float, *, offline: bool) -> FollowedClock:
        """Return the clock of the show."""
        return FollowedClock(
            fps,
            offline=offline,
            next_frames=self._next_frames,
            came_at=lambda: self.link.received_at or time.perf_counter(),
        )

    def connect(self, store: ParamStore, standing: Standing) -> None:
        """Play into this show from its first frame on. Hands play nothing here meanwhile."""
        self._store, self._standing = store, standing
        self._player = EntryPlayer(self.link.name, store, lambda number: self.link.find_recalled(number, FACE_S))
        store.journal.following = store.journal.replaying = True

    def advance(self, time: float, beat: float) -> None:
        """Leave in the inbox what the leader's frames took."""
        entries = [entry for frame in self._frames for entry in frame.entries]
        if entries and self._store is not None and self._player is not None:
            self._store.run(self._player.edit(entries))

    def settle(self) -> None:
        """Stand as the leader stood in this frame, where it said how."""
        newest = self._frames[-1] if self._frames else None
        if newest is not None and newest.standing is not None and self._standing is not None:
            try:
                self._standing.resume(newest.standing)
            except InputError as error:
                log.warning("%s", error)

    def find_shown(self, index: int) -> Tensor | None:
        """Return the face that the leader shows in the frame `index`; None where this machine plays."""
        return self.link.find_shown(index, FACE_S) if self.active and index <= self.last_index else None

    def close(self) -> None:
        """Let go of the leader."""
        self.link.close()

    # As a `BeatSource` of the transport.

    def read(self, now: float, beat: float, beats_per_bar: int) -> ExternalBeat | None:
        """Return the leader's beat in this frame."""
        return ExternalBeat(self._frames[-1].beat, self._frames[-1].tempo) if self._frames else None

    def request_tempo(self, tempo: float) -> bool:
        """Refuse: the tempo is the leader's."""
        return False

    # All below is for the clock.

    def _next_frames(self) -> list[LedFrame]:
        """Wait for the leader; return the frames that are played at once, none once it is gone."""
        self._frames = []
        if not self.active:
            return []
        frame = None if self._gone else self._wait()
        if frame is None:
            self._leave()
            return []
        self._frames = [frame]
        # How the show stands is that of a frame's end: nothing may come after it in one tick.
        while self._frames[-1].standing is None and self.link.waiting > (0 if self.link.ended else MOST_BEHIND):
            more = self._wait()
            if more is None:
                self._gone = True
                break
            self._frames.append(more)
        self.last_index = self._frames[-1].tick.index
        return self._frames

    def _wait(self) -> LedFrame | None:
        """Return the leader's next frame; None where it is gone or silent."""
        began = time.perf_counter()
        while True:
            heard = self.link.received_at
            until = began + FIRST_FRAME_S if heard is None else heard + SILENT_FRAMES / self._led_fps + self._grace_s
            try:
                frame = self.link.next_frame(until - time.perf_counter())
            except TimeoutError:
                # One may have come in that very moment.
                if self.link.received_at == heard:
                    return None
                continue
            if frame is not None:
                self._led_fps = frame.fps
            return frame

    def _leave(self) -> None:
        """Play alone from here on, or end where the leader's show has."""
        self.active = False
        if self._store is not None:
            self._store.journal.following = self._store.journal.replaying = False
        if self.link.over:
            log.info("the show on %s is over", self.link.name)
            self.on_over()
        else:
            how = "is gone" if self.link.ended else "is silent"
            log.warning("%s %s; this machine plays on from its frame %d", self.link.name, how, self.last_index)
            self.on_alone()


# What is played into a show: a take, or what another machine plays.
Played = Take | Following | None
