"""Modulator: one `[[modulation]]` entry of a preset. Which parameter it moves, by what source, how far, how fast."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from likeness.audio.features import Band
from likeness.errors import InputError
from likeness.files.text_file import describe_mismatch

Source = Literal["lfo", "steps", "audio", "onset", "signal"]
Shape = Literal["sine", "triangle", "saw", "square", "hold", "smooth"]
Polarity = Literal["unipolar", "bipolar"]

FASTEST_HZ = 60.0
LONGEST_BEATS = 4096.0
MAX_STEPS = 64
LONGEST_S = 60.0
LONGEST_SIGNAL = 128
# Set by hand or by the transport alone: no modulator may turn the lights off.
NOT_MODULATED = frozenset(
    {"master.blackout", "master.freeze", "master.fade", "master.panic", "show.tempo", "show.meter"}
)


@dataclass(frozen=True)
class Modulator:
    """One `[[modulation]]` entry of a preset.

    Args:
        param: address in the store, `owner.name`. A trigger is pressed instead: at the start of each cycle of an LFO,
            at each step above 0.5, at each onset, where a signal rises above 0.5.
        source: an LFO, a row of steps, the loudness of a band, or its onsets, or a signal that a plugin publishes.
        amount: how far it moves the fader, where the whole way is 1; downward where it is negative.
        polarity: "unipolar" goes from the base value to `amount` beyond it, "bipolar" to `amount` on both sides.
            Left out, it is bipolar for an LFO and unipolar for the rest.
        shape: of the LFO.
        rate: cycles, or steps, a second; None goes by `beats`.
        beats: how many beats one cycle of the LFO, or one step, takes; a cycle begins on the beat.
        phase: where in its cycle the LFO begins, in [0, 1].
        steps: the row's values in [0, 1], one after the other, for ever.
        band: of the audio: "level", "low", "mid", "high", or one of eight by number.
        attack, release: seconds in which 95 % of the way up, or down, is made. An onset falls in `release`.
        seed: of the random shapes: two that have the same seed and parameter move alike.
        signal: "plugin.name", such as "puppet.jawOpen"; 0 while nobody publishes it.
    """

    # An unknown key in a file is a typing error, and is reported.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    param: str
    source: Source = "lfo"
    amount: float = 0.25
    polarity: Polarity | None = None
    shape: Shape = "sine"
    rate: float | None = None
    beats: float = 4.0
    phase: float = 0.0
    steps: tuple[float, ...] = ()
    band: Band = "level"
    attack: float = 0.01
    release: float = 0.3
    seed: int = 0
    signal: str = ""

    def __post_init__(self) -> None:
        if self.param in NOT_MODULATED:
            raise self._error("it is set by hand alone; modulate another parameter")
        if not -1 <= self.amount <= 1:
            raise self._error(f"amount goes from -1 to 1, not {self.amount:g}")
        if self.rate is not None and not 0 < self.rate <= FASTEST_HZ:
            raise self._error(f"rate goes from above 0 to {FASTEST_HZ:g} Hz, not {self.rate:g}")
        if not 0 < self.beats <= LONGEST_BEATS:
            raise self._error(f"beats go from above 0 to {LONGEST_BEATS:g}, not {self.beats:g}")
        if not (0 <= self.phase <= 1 and 0 <= self.attack <= LONGEST_S and 0 <= self.release <= LONGEST_S):
            raise self._error(f"phase goes from 0 to 1, attack and release from 0 to {LONGEST_S:g} s")
        if self.source == "steps" and not 1 <= len(self.steps) <= MAX_STEPS:
            raise self._error(f"give 1 to {MAX_STEPS} steps, not {len(self.steps)}")
        if (self.source == "signal") != bool(self.signal) or len(self.signal) > LONGEST_SIGNAL:
            raise self._error('a signal has a name, such as source = "signal", signal = "puppet.jawOpen"')
        if not all(0 <= step <= 1 for step in self.steps):
            raise self._error("steps go from 0 to 1; the amount says how far that is")

    def _error(self, what: str) -> InputError:
        return InputError(f"modulation of {self.param}: {what}")

    @property
    def bipolar(self) -> bool:
        """Return whether it goes to both sides of the base value."""
        return self.source == "lfo" if self.polarity is None else self.polarity == "bipolar"

    def cycle(self, time: float, beat: float) -> float:
        """Return the cycles or steps so far, with the fraction."""
        return self.phase + (beat / self.beats if self.rate is None else time * self.rate)

    def with_values(self, **values: object) -> "Modulator":
        """Return a copy with these values changed.

        Raises:
            InputError: if one of them is unknown, naming the known ones, or does not fit.
        """
        names = {field.name for field in fields(self)} - {"param"}
        for name in values.keys() - names:
            raise self._error(f"there is no {name!r}; there are: {', '.join(sorted(names))}")
        if "beats" in values:
            # To give beats is to mean them: they replace the rate.
            values = {"rate": None, **values}
        return parse_modulator({**{field.name: getattr(self, field.name) for field in fields(self)}, **values})

    def to_dict(self) -> dict[str, Any]:
        """Return the entry of a file: the values that differ from the defaults."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
            if value != getattr(Modulator, name, None)
        }


def parse_modulator(values: dict[str, Any]) -> Modulator:
    """Return the modulator of these values, which come from outside.

    Raises:
        InputError: naming the value that does not fit.
    """
    try:
        return ADAPTER.validate_python(values)
    except ValidationError as error:
        place, mismatch = describe_mismatch(error)
        raise InputError(f"modulation of {values.get('param')}, {place}: {mismatch}") from error


ADAPTER: TypeAdapter[Modulator] = TypeAdapter(Modulator)
