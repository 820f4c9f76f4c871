"""Cues of a show: builds the bank, the recalls, the history and the autosave, and advances them each frame."""

from collections.abc import Callable, Mapping

from torch import Tensor

from likeness.cues.autosave import Autosave
from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.commands import CueCommands
from likeness.cues.description import CueDescription
from likeness.cues.history_commands import HistoryCommands
from likeness.cues.past_pictures import PastPictures
from likeness.cues.picture_taking import PictureTaking
from likeness.cues.recall import CueRecall
from likeness.events import Recall
from likeness.host.host import Host
from likeness.parameters.modulation import Modulation
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.picture import Drawn
from likeness.tempo.transport import Moment


class Cues:
    """Everything that a show remembers, built and advanced in one place.

    Commands may be called on any thread; `advance` and `cancel_waiting` belong to the show's thread, which calls
    `advance` before each frame: first the history records the frame, then a waiting recall may begin, then pictures are
    taken, then the show may be saved. What fails here is logged and the show goes on. Any thread may describe.

    Args:
        store, host: of the show.
        moment: returns the transport's `Moment`.
        latency_s: returns how long a frame takes to reach the screen.
        current_preset: returns the show as a preset, as it is now, for the autosave; None saves nothing.
        modulation: of the show.
        newest: returns the newest picture before the master, on any thread; None where nothing is drawn, or where no
            pictures of cues and of the past are to be kept.
        seen: returns the picture that is seen, like `newest`: while frozen that is an older one.

    Attributes:
        cues, history: run the performer's commands.
        commands: both their commands, by OSC address.
        writer: writes the files.
    """

    def __init__(
        self,
        store: ParamStore,
        host: Host,
        moment: Callable[[], Moment],
        latency_s: Callable[[], float] = lambda: 0.0,
        current_preset: Callable[[], Preset] | None = None,
        modulation: Modulation | None = None,
        newest: Callable[[], Drawn | None] = lambda: None,
        seen: Callable[[], Drawn | None] = lambda: None,
    ) -> None:
        self._store, self._newest = store, newest
        self.writer = BackgroundWriter()
        self._autosave = Autosave(store, current_preset, self.writer) if current_preset else None
        save_soon = self._autosave.request if self._autosave else lambda: None
        self._recall = CueRecall(store, host, moment, latency_s, save_soon, modulation)
        self._past = PastPictures()
        pictures = PictureTaking(self.writer, newest, seen, self._past)
        self.cues = CueCommands(store, self._recall, self.writer, save_soon, pictures)
        self._description = CueDescription(self.cues, self._recall)
        self.history = HistoryCommands(store, self._recall, self.cues)
        self.commands: Mapping[str, Callable[..., None]] = {**self.cues.commands, **self.history.commands}

    def advance(self, time: float, beat: float) -> None:
        """Do what is due before a frame. The show's thread."""
        self.history.advance(time, beat)
        self._recall.advance(time, beat)
        self.cues.advance()
        self._past.add(self._newest(), time)
        if self._autosave:
            self._autosave.advance(time, beat)

    def cancel_waiting(self) -> None:
        """Drop the recall that waits for a beat. Within an edit, on the show's thread."""
        self._recall.cancel_waiting()

    def resume(self, face: Tensor) -> None:
        """Show `face` [num_ws, w_dim] in the first frame; the plugins go on from it."""
        self._store.post(Recall("the last show", 0.0, lambda: face))

    def describe_cues(self) -> dict[str, object]:
        """Return the bank's cues, ready for JSON: the same object until something changes. Any thread, no lock."""
        return self._description.describe()

    def describe_past(self) -> dict[str, object]:
        """Return the show's time and the moments that have a picture, like `describe_cues`."""
        return self._past.describe()

    def picture_of_cue(self, bank: str, name: str) -> bytes | None:
        """Return a cue's JPEG, None if it has none. Any thread; a file is read for a bank that is not the current."""
        return self._description.picture_of(bank, name)

    def picture_of_past(self, time: float) -> bytes | None:
        """Return the JPEG of the moment nearest to the show's `time`, None if there is none near. Any thread."""
        thumbnail = self._past.thumbnail_at(time)
        return thumbnail.jpeg if thumbnail else None

    def close(self) -> None:
        """Write what is left and end the writers."""
        self._past.close()
        self.writer.close()
