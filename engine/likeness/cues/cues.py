"""Cues of a show: builds the bank, the recalls, the history and the autosave, and advances them each frame."""

from collections.abc import Callable, Mapping

from torch import Tensor

from likeness.cues.autosave import Autosave
from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.commands import CueCommands
from likeness.cues.history_commands import HistoryCommands
from likeness.cues.recall import CueRecall
from likeness.events import Recall
from likeness.host.host import Host
from likeness.parameters.modulation import Modulation
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.tempo.transport import Moment


class Cues:
    """Everything that a show remembers, built and advanced in one place.

    Commands may be called on any thread; `advance` and `cancel_waiting` belong to the show's thread, which calls
    `advance` before each frame: first the history records the frame, then a waiting recall may begin, then the show may
    be saved. What fails here is logged and the show goes on.

    Args:
        store, host: of the show.
        moment: returns the transport's `Moment`.
        latency_s: returns how long a frame takes to reach the screen.
        current_preset: returns the show as a preset, as it is now, for the autosave; None saves nothing.
        modulation: of the show.

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
    ) -> None:
        self._store = store
        self.writer = BackgroundWriter()
        self._autosave = Autosave(store, current_preset, self.writer) if current_preset else None
        save_soon = self._autosave.request if self._autosave else lambda: None
        self._recall = CueRecall(store, host, moment, latency_s, save_soon, modulation)
        self.cues = CueCommands(store, self._recall, self.writer, save_soon)
        self.history = HistoryCommands(store, self._recall, self.cues)
        self.commands: Mapping[str, Callable[..., None]] = {**self.cues.commands, **self.history.commands}

    def advance(self, time: float, beat: float) -> None:
        """Do what is due before a frame. The show's thread."""
        self.history.advance(time, beat)
        self._recall.advance(time, beat)
        if self._autosave:
            self._autosave.advance(time, beat)

    def cancel_waiting(self) -> None:
        """Drop the recall that waits for a beat. Within an edit, on the show's thread."""
        self._recall.cancel_waiting()

    def resume(self, face: Tensor) -> None:
        """Show `face` [num_ws, w_dim] in the first frame; the plugins go on from it."""
        self._store.post(Recall("the last show", 0.0, lambda: face))

    def close(self) -> None:
        """Write what is left and end the writer."""
        self.writer.close()
