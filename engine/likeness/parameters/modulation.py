"""All modulators of a show: by how much each parameter is moved in a frame, and which triggers are pressed."""

import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from likeness.audio.features import SILENCE, AudioFeatures
from likeness.errors import InputError
from likeness.parameters.lfo_shapes import MASK, SHAPES
from likeness.parameters.modulator import Modulator

# As for glides: 95 % of the way is three time constants.
TIME_CONSTANTS = 3.0
# More than a performer can follow; a broken sender shall not make frames late.
MOST = 256
# Onsets of one frame beyond these are a fault of the ear and no music.
MOST_PRESSES = 4


class _Running:
    """One modulator at work, with how much of it counts while presets fade into one another."""

    def __init__(self, modulator: Modulator, seed: int, weight: float) -> None:
        self.weight = self.goal = weight
        self.speed = 0.0
        # What keeps a cycle from leaping when a hand changes its rate.
        self.ahead = 0.0
        # Whether its parameter is one that is pressed; None until that is there.
        self.trigger: bool | None = None
        self._seed = seed
        self._value = 0.0
        self._onsets = -1
        self._cycle: int | None = None
        self.take(modulator)

    def take(self, modulator: Modulator) -> None:
        """Go on as `modulator`."""
        self.modulator = modulator
        # How far it moves the fader now, and how fast it goes to what the modulator says.
        self.amount, self._amount_speed = modulator.amount, 0.0
        self.key = (self._seed * 0x9E3779B97F4A7C15 + zlib.crc32(modulator.param.encode()) + modulator.seed) & MASK

    def turn_into(self, modulator: Modulator, seconds: float) -> None:
        """Go on as `modulator`, at once but for the amount, which arrives after so many seconds."""
        amount = self.amount
        self.ahead = 0.0
        self.take(modulator)
        if seconds > 0:
            self.amount, self._amount_speed = amount, abs(modulator.amount - amount) / seconds

    def fade(self, goal: float, seconds: float) -> None:
        """Have it count `goal` after so many seconds."""
        self.goal = goal
        if seconds > 0:
            self.speed = abs(goal - self.weight) / seconds
        else:
            self.weight = goal

    def advance(self, dt: float) -> None:
        """Fade on."""
        if self.weight != self.goal:
            self.weight = _toward(self.weight, self.goal, self.speed * dt)
        if self.amount != self.modulator.amount:
            self.amount = _toward(self.amount, self.modulator.amount, self._amount_speed * dt)

    def cycle(self, time: float, beat: float) -> float:
        return self.modulator.cycle(time, beat) + self.ahead

    def value(self, time: float, beat: float, dt: float, heard: AudioFeatures) -> float:
        """Return where it stands, in [0, 1]."""
        own = self.modulator
        if own.source == "lfo":
            return SHAPES[own.shape](self.cycle(time, beat), self.key)
        if own.source == "steps":
            return own.steps[math.floor(self.cycle(time, beat)) % len(own.steps)]
        if own.source == "audio":
            goal = heard.loudness(own.band)
            seconds = own.attack if goal > self._value else own.release
            self._value += (goal - self._value) * _share(dt, seconds)
        else:
            self._value *= 1.0 - _share(dt, own.release)
            if self._fresh(heard):
                self._value = 1.0
        return self._value

    def presses(self, time: float, beat: float, heard: AudioFeatures) -> int:
        """Return how often it presses its trigger in this frame."""
        own = self.modulator
        if own.source == "audio":
            return 0
        if own.source == "onset":
            return min(self._fresh(heard), MOST_PRESSES)
        cycle = math.floor(self.cycle(time, beat))
        before, self._cycle = self._cycle, cycle
        if before is None or cycle == before:
            return 0
        return 1 if own.source == "lfo" or own.steps[cycle % len(own.steps)] > 0.5 else 0

    def _fresh(self, heard: AudioFeatures) -> int:
        """Return the onsets since the last look; those of before the first look are none."""
        count = heard.count(self.modulator.band)
        fresh = count - self._onsets if 0 <= self._onsets <= count else 0
        self._onsets = count
        return fresh


class Modulation:
    """Moves parameters away from where hands left them, and never the hands' values themselves.

    All of it belongs to the show's thread, but for `entries`. The same seed, times and beats give the same movement;
    LFOs and steps have no memory at all, so that a beat may jump.

    Args:
        seed: of the show.
        press: presses the trigger at this address.
        is_trigger: whether the parameter at this address is one that is pressed; None where there is none yet.

    Attributes:
        entries: what plays now, in order; without what only fades out. Any thread may read it.
    """

    def __init__(
        self,
        seed: int = 0,
        press: Callable[[str], None] = lambda address: None,
        is_trigger: Callable[[str], bool | None] = lambda address: False,
    ) -> None:
        self.entries: tuple[Modulator, ...] = ()
        self._seed, self._press, self._is_trigger = seed, press, is_trigger
        self._running: list[_Running] = []
        self._time = 0.0
        self._beat = 0.0

    def replace(self, modulators: Iterable[Modulator], seconds: float = 0.0) -> None:
        """Play these instead; what is in both goes on, the rest fade in and out over `seconds`."""
        wanted = list(modulators)[:MOST]
        for each in self._running:
            if each.goal and each.modulator in wanted:
                wanted.remove(each.modulator)
            else:
                each.fade(0.0, seconds)
        for modulator in wanted:
            fresh = _Running(modulator, self._seed, 0.0)
            fresh.fade(1.0, seconds)
            self._running.append(fresh)
        self._tidy()

    def recall(self, modulators: Iterable[Modulator], seconds: float) -> None:
        """Play these instead as a cue brings them: like `replace`, but kin turn into one another.

        Where one moves the same parameter by the same source, its amount glides to the new one's in `seconds`, and
        all else, as the rate, is thrown at once.
        """
        wanted = list(modulators)[:MOST]
        going = [each for each in self._running if each.goal and each.modulator not in wanted]
        coming = [each for each in wanted if each not in self.entries]
        for modulator in coming:
            before = next((each for each in going if _kin(each.modulator, modulator)), None)
            if before is not None:
                going.remove(before)
                before.turn_into(modulator, seconds)
        self.replace(wanted, seconds)

    def add(self, modulator: Modulator) -> None:
        """Play one more.

        Raises:
            InputError: where there are too many already.
        """
        if len(self._running) >= MOST:
            raise InputError(f"modulation: there are {MOST} already; remove some")
        self._running.append(_Running(modulator, self._seed, 1.0))
        self._tidy()

    def change(self, param: str, place: int, values: Mapping[str, object]) -> None:
        """Change the modulator at `place`, from 0, of those of `param`; a cycle goes on from where it stands.

        Raises:
            InputError: where there is none, or a value does not fit.
        """
        running = self._of(param, place)
        changed = running.modulator.changed(**values)
        if (changed.rate, changed.phase) != (running.modulator.rate, running.modulator.phase) and changed.rate:
            running.ahead += running.modulator.cycle(self._time, self._beat) - changed.cycle(self._time, self._beat)
            running.ahead += changed.phase - running.modulator.phase
        elif changed.rate is None:
            running.ahead = 0.0
        running.take(changed)
        self._tidy()

    def remove(self, param: str, place: int | None = None) -> None:
        """Stop the modulator at `place`, from 0, of those of `param`, or all of them.

        Raises:
            InputError: where there is none.
        """
        those = [each for each in self._running if each.goal and each.modulator.param == param]
        gone = those if place is None else [self._of(param, place)]
        self._running = [each for each in self._running if each not in gone]
        self._tidy()

    def advance(self, time: float, beat: float, heard: AudioFeatures = SILENCE) -> dict[str, float]:
        """Return by how much, in fader units, each modulated parameter is moved in this frame; press triggers.

        Args:
            time: of the show, in seconds; it stands still while the show is frozen.
            beat: of the transport.
            heard: the newest of the audio input.
        """
        dt, self._time, self._beat = max(time - self._time, 0.0), time, beat
        offsets: dict[str, float] = {}
        faded = False
        for each in self._running:
            each.advance(dt)
            faded = faded or not (each.weight or each.goal)
            own = each.modulator
            if each.trigger is None:
                each.trigger = self._is_trigger(own.param)
            if each.trigger:
                for _ in range(each.presses(time, beat, heard) if each.goal and own.amount else 0):
                    self._press(own.param)
                continue
            x = each.value(time, beat, dt, heard)
            offset = each.amount * each.weight * (2.0 * x - 1.0 if own.bipolar else x)
            offsets[own.param] = offsets.get(own.param, 0.0) + offset
        if faded:
            self._tidy()
        return offsets

    def _of(self, param: str, place: int) -> _Running:
        those = [each for each in self._running if each.goal and each.modulator.param == param]
        if not 0 <= place < len(those):
            raise InputError(f"modulation of {param}: there is none at {place}; it has {len(those)}, counted from 0")
        return those[place]

    def _tidy(self) -> None:
        self._running = [each for each in self._running if each.weight or each.goal]
        self.entries = tuple(each.modulator for each in self._running if each.goal)


def places(entries: Sequence[Modulator], param: str) -> list[Modulator]:
    """Return the modulators of `param`, in the order by which `change` and `remove` count them."""
    return [entry for entry in entries if entry.param == param]


def _kin(one: Modulator, other: Modulator) -> bool:
    """Whether `one` may turn into `other`."""
    return (one.param, one.source) == (other.param, other.source)


def _toward(value: float, goal: float, step: float) -> float:
    """Return `value` moved by at most `step` toward `goal`."""
    return min(max(goal, value - step), value + step)


def _share(dt: float, seconds: float) -> float:
    """Return which share of its way a follower makes in `dt`."""
    return -math.expm1(-dt * TIME_CONSTANTS / seconds) if seconds > 0 else 1.0
