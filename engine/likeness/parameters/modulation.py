"""Modulation: the modulators of a show, the offsets they add to parameters in a frame, and the triggers they press."""

import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from likeness.audio.features import SILENCE, AudioFeatures
from likeness.easing import glide_share
from likeness.errors import InputError
from likeness.parameters.journal import Journal
from likeness.parameters.lfo_shapes import MASK, SHAPES
from likeness.parameters.modulator import Modulator, parse_modulator

# More than a performer can follow; a broken sender must not make frames late.
MAX_MODULATORS = 256
# Where a signal presses a trigger.
RISES_ABOVE = 0.5
# More onsets in one frame are a fault of the analyser and no music.
MAX_PRESSES = 4

Signal = Callable[[str], float]


class _Running:
    """One modulator that plays, with its weight while presets fade into one another."""

    def __init__(self, modulator: Modulator, seed: int, weight: float) -> None:
        self.weight = self.target_weight = weight
        self._fade_speed = 0.0
        # Keeps a cycle from jumping when its rate is changed.
        self.cycle_offset = 0.0
        # Whether its parameter is a trigger; None until the parameter is declared.
        self.trigger: bool | None = None
        self._seed = seed
        self._value = 0.0
        self._onsets = -1
        self._cycle: int | None = None
        self.set_modulator(modulator)

    def set_modulator(self, modulator: Modulator) -> None:
        """Play `modulator` from now on, with its amount at once."""
        self.modulator = modulator
        # How far it moves the fader now, and how fast that goes to the modulator's own amount.
        self.amount, self._amount_speed = modulator.amount, 0.0
        self.key = (self._seed * 0x9E3779B97F4A7C15 + zlib.crc32(modulator.param.encode()) + modulator.seed) & MASK

    def change_to(self, modulator: Modulator, seconds: float) -> None:
        """Play `modulator` from now on, at once but for the amount, which glides there in `seconds`."""
        amount = self.amount
        self.cycle_offset = 0.0
        self.set_modulator(modulator)
        if seconds > 0:
            self.amount, self._amount_speed = amount, abs(modulator.amount - amount) / seconds

    def fade(self, weight: float, seconds: float) -> None:
        """Fade its weight to `weight` in `seconds`."""
        self.target_weight = weight
        if seconds > 0:
            self._fade_speed = abs(weight - self.weight) / seconds
        else:
            self.weight = weight

    def advance(self, dt: float) -> None:
        """Advance its fades by `dt` seconds."""
        if self.weight != self.target_weight:
            self.weight = _move_toward(self.weight, self.target_weight, self._fade_speed * dt)
        if self.amount != self.modulator.amount:
            self.amount = _move_toward(self.amount, self.modulator.amount, self._amount_speed * dt)

    def describe(self) -> list[Any]:
        weights = [self.weight, self.target_weight, self._fade_speed, self.amount, self._amount_speed]
        return [self.modulator.to_dict(), *weights, self.cycle_offset, self._value, self._cycle]

    def resume(self, weights: Sequence[float], cycle_offset: float, value: float, cycle: int | None) -> None:
        self.weight, self.target_weight, self._fade_speed, self.amount, self._amount_speed = weights
        self.cycle_offset, self._value, self._cycle = cycle_offset, value, cycle

    def cycle(self, time: float, beat: float) -> float:
        return self.modulator.cycle(time, beat) + self.cycle_offset

    def value(self, time: float, beat: float, dt: float, audio: AudioFeatures, signal: Signal) -> float:
        """Return its value in [0, 1]."""
        own = self.modulator
        if own.source == "lfo":
            return SHAPES[own.shape](self.cycle(time, beat), self.key)
        if own.source == "steps":
            return own.steps[math.floor(self.cycle(time, beat)) % len(own.steps)]
        if own.source in ("audio", "signal"):
            goal = signal(own.signal) if own.source == "signal" else audio.loudness(own.band)
            seconds = own.attack if goal > self._value else own.release
            self._value += (goal - self._value) * glide_share(dt, seconds)
        else:
            self._value *= 1.0 - glide_share(dt, own.release)
            if self._new_onsets(audio):
                self._value = 1.0
        return self._value

    def presses(self, time: float, beat: float, audio: AudioFeatures, signal: Signal) -> int:
        """Return the number of presses of its trigger in this frame."""
        own = self.modulator
        if own.source == "signal":
            value, was = signal(own.signal), self._value
            self._value = value
            return int(was <= RISES_ABOVE < value)
        if own.source == "audio":
            return 0
        if own.source == "onset":
            return min(self._new_onsets(audio), MAX_PRESSES)
        cycle = math.floor(self.cycle(time, beat))
        before, self._cycle = self._cycle, cycle
        if before is None or cycle == before:
            return 0
        return 1 if own.source == "lfo" or own.steps[cycle % len(own.steps)] > 0.5 else 0

    def _new_onsets(self, audio: AudioFeatures) -> int:
        """Return the onsets since the last call; 0 at the first."""
        count = audio.onset_count(self.modulator.band)
        fresh = count - self._onsets if 0 <= self._onsets <= count else 0
        self._onsets = count
        return fresh


class Modulation:
    """Moves parameters around their values, and leaves their targets alone.

    All of it belongs to the show's thread, but `entries`. The same seed, times and beats give the same movement; LFOs
    and steps have no memory at all, so that a beat may jump.

    Args:
        seed: of the show.
        press: presses the trigger at this address.
        is_trigger: returns whether the parameter at this address is a trigger; None if it is not declared yet.
        journal: gets every change, for takes.

    Attributes:
        entries: the modulators that play, in order, without those that fade out. Any thread may read it.
    """

    def __init__(
        self,
        seed: int = 0,
        press: Callable[[str], None] = lambda address: None,
        is_trigger: Callable[[str], bool | None] = lambda address: False,
        journal: Journal | None = None,
    ) -> None:
        self.entries: tuple[Modulator, ...] = ()
        self._seed, self._press, self._is_trigger = seed, press, is_trigger
        self._running: list[_Running] = []
        self._time = 0.0
        self._beat = 0.0
        self._journal = journal or Journal()
        self._journal.replayers |= {
            "modulators": lambda entries, seconds: self.replace(_parse_all(entries), seconds),
            "modulators_of_cue": lambda entries, seconds: self.recall(_parse_all(entries), seconds),
            "modulator_added": lambda entry: self.add(parse_modulator(entry)),
            "modulator_changed": self.change,
            "modulator_removed": self.remove,
        }

    def replace(self, modulators: Iterable[Modulator], seconds: float = 0.0) -> None:
        """Play these instead; those in both go on, the others fade in and out over `seconds`."""
        wanted = list(modulators)[:MAX_MODULATORS]
        self._journal.add_action("modulators", [each.to_dict() for each in wanted], seconds)
        self._replace(wanted, seconds)

    def _replace(self, wanted: list[Modulator], seconds: float) -> None:
        for each in self._running:
            if each.target_weight and each.modulator in wanted:
                wanted.remove(each.modulator)
            else:
                each.fade(0.0, seconds)
        for modulator in wanted:
            fresh = _Running(modulator, self._seed, 0.0)
            fresh.fade(1.0, seconds)
            self._running.append(fresh)
        self._drop_faded()

    def recall(self, modulators: Iterable[Modulator], seconds: float) -> None:
        """Play these instead, for a cue: like `replace`, but modulators of the same motion turn into one another.

        If one moves the same parameter by the same source, its amount glides to the new one's in `seconds`, and all
        else, such as the rate, changes at once.
        """
        wanted = list(modulators)[:MAX_MODULATORS]
        self._journal.add_action("modulators_of_cue", [each.to_dict() for each in wanted], seconds)
        going = [each for each in self._running if each.target_weight and each.modulator not in wanted]
        coming = [each for each in wanted if each not in self.entries]
        for modulator in coming:
            before = next((each for each in going if _same_motion(each.modulator, modulator)), None)
            if before is not None:
                going.remove(before)
                before.change_to(modulator, seconds)
        self._replace(wanted, seconds)

    def add(self, modulator: Modulator) -> None:
        """Add a modulator.

        Raises:
            InputError: if there are too many already.
        """
        if len(self._running) >= MAX_MODULATORS:
            raise InputError(f"modulation: there are {MAX_MODULATORS} already; remove some")
        self._journal.add_action("modulator_added", modulator.to_dict())
        self._running.append(_Running(modulator, self._seed, 1.0))
        self._drop_faded()

    def change(self, param: str, index: int, values: Mapping[str, object]) -> None:
        """Change the modulator at `index`, from 0, of those of `param`; its cycle goes on from where it stands.

        Raises:
            InputError: if there is none, or a value does not fit.
        """
        running = self._find(param, index)
        changed = running.modulator.with_values(**values)
        self._journal.add_action("modulator_changed", param, index, dict(values))
        if (changed.rate, changed.phase) != (running.modulator.rate, running.modulator.phase) and changed.rate:
            running.cycle_offset += running.modulator.cycle(self._time, self._beat) - changed.cycle(
                self._time, self._beat
            )
            running.cycle_offset += changed.phase - running.modulator.phase
        elif changed.rate is None:
            running.cycle_offset = 0.0
        running.set_modulator(changed)
        self._drop_faded()

    def remove(self, param: str, index: int | None = None) -> None:
        """Remove the modulator at `index`, from 0, of those of `param`, or all of them.

        Raises:
            InputError: if there is none.
        """
        those = [each for each in self._running if each.target_weight and each.modulator.param == param]
        removed = those if index is None else [self._find(param, index)]
        self._journal.add_action("modulator_removed", param, index)
        self._running = [each for each in self._running if each not in removed]
        self._drop_faded()

    def describe(self) -> list[list[Any]]:
        """Return how each modulator stands, as plain JSON for `resume`."""
        return [each.describe() for each in self._running]

    def resume(self, standing: Sequence[Sequence[Any]]) -> None:
        """Stand where another show's modulation stood. What is heard is this show's own.

        Raises:
            InputError, TypeError, ValueError: it is not what `describe` returned.
        """
        running = []
        for index, (entry, *weights, cycle_offset, value, cycle) in enumerate(standing[:MAX_MODULATORS]):
            modulator, here = parse_modulator(entry), self._running[index : index + 1]
            same = bool(here) and here[0].modulator == modulator
            each = here[0] if same else _Running(modulator, self._seed, 0.0)
            each.resume([float(weight) for weight in weights], float(cycle_offset), float(value), cycle)
            running.append(each)
        self._running = running
        self._drop_faded()

    def advance(
        self, time: float, beat: float, audio: AudioFeatures = SILENCE, signal: Signal = lambda name: 0.0
    ) -> dict[str, float]:
        """Return the offset of each modulated parameter in this frame, in fader units; press triggers.

        Args:
            time: of the show, in seconds; it stands still while the show is frozen.
            beat: of the transport.
            audio: the newest features of the audio input.
            signal: returns the number in [0, 1] that a plugin has published under a name.
        """
        dt, self._time, self._beat = max(time - self._time, 0.0), time, beat
        offsets: dict[str, float] = {}
        faded = False
        for each in self._running:
            each.advance(dt)
            faded = faded or not (each.weight or each.target_weight)
            own = each.modulator
            if each.trigger is None:
                each.trigger = self._is_trigger(own.param)
            if each.trigger:
                for _ in range(each.presses(time, beat, audio, signal) if each.target_weight and own.amount else 0):
                    self._press(own.param)
                continue
            x = each.value(time, beat, dt, audio, signal)
            offset = each.amount * each.weight * (2.0 * x - 1.0 if own.bipolar else x)
            offsets[own.param] = offsets.get(own.param, 0.0) + offset
        if faded:
            self._drop_faded()
        return offsets

    def _find(self, param: str, index: int) -> _Running:
        those = [each for each in self._running if each.target_weight and each.modulator.param == param]
        if not 0 <= index < len(those):
            raise InputError(f"modulation of {param}: there is none at {index}; it has {len(those)}, counted from 0")
        return those[index]

    def _drop_faded(self) -> None:
        self._running = [each for each in self._running if each.weight or each.target_weight]
        self.entries = tuple(each.modulator for each in self._running if each.target_weight)


def _parse_all(entries: Sequence[dict[str, Any]]) -> list[Modulator]:
    return [parse_modulator(entry) for entry in entries]


def modulators_of(entries: Sequence[Modulator], param: str) -> list[Modulator]:
    """Return the modulators of `param`, in the order in which `change` and `remove` count them."""
    return [entry for entry in entries if entry.param == param]


def _same_motion(one: Modulator, other: Modulator) -> bool:
    """Return whether `one` may turn into `other`."""
    return (one.param, one.source, one.signal) == (other.param, other.source, other.signal)


def _move_toward(value: float, goal: float, step: float) -> float:
    """Return `value` moved by at most `step` toward `goal`."""
    return min(max(goal, value - step), value + step)
