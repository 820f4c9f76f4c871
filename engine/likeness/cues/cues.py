"""What a show remembers: its cues, its past, and itself for the case of a crash."""

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
    """Puts the parts together.

    Args:
        store, host: of the show.
        moment: returns where the music is.
        latency_s: returns how long a frame takes to be seen.
        compose: returns the show of the moment as a preset, to save it every few seconds; None saves nothing.
        modulation: of the show.

    Attributes:
        cues, history: take the performer's commands.
        commands: those, by OSC address.
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
        changed = self._autosave.request if self._autosave else lambda: None
        self._recall = CueRecall(store, host, moment, latency_s, changed, modulation)
        self.cues = CueCommands(store, self._recall, self.writer, changed)
        self.history = HistoryCommands(store, self._recall, self.cues)
        self.commands: Mapping[str, Callable[..., None]] = {**self.cues.commands, **self.history.commands}

    def advance(self, time: float, beat: float) -> None:
        """Do what is due, before each frame. The show's thread."""
        self.history.advance(time, beat)
        self._recall.advance(time, beat)
        if self._autosave:
            self._autosave.advance(time, beat)

    def cancel_waiting(self) -> None:
        """Drop the recall that waits for a line of the beat. Within an edit, on the show's thread."""
        self._recall.cancel_waiting()

    def resume(self, face: Tensor) -> None:
        """Have the first frame show `face` [num_ws, w_dim], and the plugins go on from it."""
        self._store.post(Recall("the last show", 0.0, lambda: face))

    def close(self) -> None:
        """Write what is still to be written."""
        self.writer.close()
