"""Modulation before each frame: what the audio input hears, plugins signal, and the modulators make of it."""

from likeness.audio.features import SILENCE, AudioFeatures, AudioSource, Band
from likeness.audio.noted import Note, note_features, round_features
from likeness.parameters.modulation import Modulation
from likeness.parameters.store import ParamStore
from likeness.params import Trigger
from likeness.stage import Signals
from likeness.tempo.transport import Transport


class ModulationStage:
    """Moves the store's parameters by what the modulators say. The show's thread.

    Args:
        store, modulation, transport: of the show.
        audio: is asked for the features at the time of each frame.
        signals: what plugins have published in the frame before.

    Attributes:
        heard: the audio features of the newest frame; any thread may read it.
    """

    def __init__(
        self,
        store: ParamStore,
        modulation: Modulation,
        transport: Transport,
        audio: AudioSource,
        signals: Signals | None = None,
    ) -> None:
        self._store, self._modulation, self._transport, self._audio = store, modulation, transport, audio
        self._signals = signals or Signals()
        self.heard: AudioFeatures = SILENCE
        # Whether a modulator has heard anything, and of which bands the loudness: one that fades out is not among the
        # modulators any more.
        self._noting, self._read = False, set[Band]()

    def advance(self, time: float, beat: float) -> None:
        """Set the parameters' offsets for the frame that begins at the show's `time` and `beat`."""
        heard = self._audio.features_at(self._transport.moment.at)
        self.heard = round_features(heard) if self._audio.noted else heard
        self._store.set_modulation(self._modulation.advance(time, beat, self.heard, self._signals.value))

    def note_heard(self) -> Note | None:
        """Return what of this frame's sound a take must keep; None where it can be heard again, or nobody reads it."""
        if not self._audio.noted:
            return None
        for each in self._modulation.entries:
            self._noting |= each.source in ("audio", "onset")
            if each.source == "audio":
                self._read.add(each.band)
        return note_features(self.heard, self._read) if self._noting else None


def make_modulation(seed: int, store: ParamStore) -> Modulation:
    """Return the modulation of a show, whose modulators press triggers and move everything else."""
    return Modulation(
        seed,
        press=lambda address: store.run(store.journal.derive(store.prepare(address, 1)[0])),
        is_trigger=lambda address: isinstance(store.param(address), Trigger) if address in store else None,
        journal=store.journal,
    )
