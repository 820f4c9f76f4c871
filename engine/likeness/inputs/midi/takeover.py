"""Takeover: a knob changes nothing until it meets a value that was changed elsewhere, so that nothing jumps."""

import math

from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Param, Trigger, Value
from likeness.ranges import Takeover

# Rounding of fader positions; far below a step of 14 bits.
ROUNDING = 1e-9


class Knob:
    """A binding of one controller with its state: where the knob stands, and whether its parameter follows it.

    `turn`, `click` and `press` are for the show's thread alone: there they see every change in the order in which it
    came, and none from between two frames is missed. `gap` is for any thread, `pressed` for the input's.

    Args:
        store: where parameters live.
        binding: control and parameter.
        mode: how it takes over: "soft" waits until it meets the value; "scale" moves the value along, so that both
            arrive at the end together; "jump" takes it at once.
    """

    def __init__(self, store: ParamStore, binding: Binding, mode: Takeover) -> None:
        self.binding = binding
        self._store, self._mode = store, binding.takeover or mode
        # Its fader position, and the value it wrote last; None until it has moved or written.
        self._at: float | None = None
        self._written: Value | None = None
        self._down = False
        # When it was moved last, by the monotonic clock. The input's thread.
        self.moved_at = -math.inf

    def gap(self) -> float:
        """Return how far the knob has still to go, in fader units, upward positive; 0 where the value follows it."""
        address = self.binding.param
        if self._mode != "soft" or self._at is None or address not in self._store:
            return 0.0
        param, standing = self._store.param(address), self._store.takeover_value(address)
        if standing == self._written or isinstance(param, Bool | Trigger):
            return 0.0
        return param.to_unit(standing) - self._at

    def pressed(self, u: float) -> bool:
        """Return whether the button or key, now at `u` in [0, 1], was just pressed. The input's thread."""
        was_down, self._down = self._down, u >= 0.5
        # Every message of a key but the release is a press, even where releases are not sent.
        return u > 0 if self.binding.note is not None else self._down and not was_down

    def turn(self, u: float, grain: float) -> None:
        """Move the parameter, or not yet, as the knob is turned to `u` in [0, 1]; `grain` is its smallest step."""
        binding = self.binding
        if binding.param not in self._store:
            return
        param, position = self._store.param(binding.param), binding.fader_position(u)
        if isinstance(param, Bool | Trigger):
            # On or off: there is nothing to meet in between.
            if position > 0 or isinstance(param, Bool):
                self._write(position)
            return
        before, self._at = self._at, position
        standing = self._store.takeover_value(binding.param)
        if self._mode == "jump" or standing == self._written:
            self._write(position)
        elif self._mode == "scale":
            if before is not None:
                self._write(self._scale(before, position, param.to_unit(standing)))
        else:
            step = max(abs(binding.fader_position(min(max(u + way, 0.0), 1.0)) - position) for way in (grain, -grain))
            if _reaches(param, before, position, standing, step):
                self._write(position)
            else:
                # It stands elsewhere now: that the value is what it once wrote means nothing.
                self._written = None

    def click(self, count: int) -> None:
        """Move the value on from where it is, by `count` clicks of an endless encoder."""
        binding = self.binding
        if binding.param not in self._store:
            return
        param, standing = self._store.param(binding.param), self._store.takeover_value(binding.param)
        if isinstance(param, Bool | Trigger):
            self._write(1.0 if (count > 0) != binding.invert else 0.0)
            return
        # Whole numbers and choices need several clicks: `_at` keeps the part of a step.
        start = self._at if standing == self._written and self._at is not None else param.to_unit(standing)
        way = count * binding.step * (-1 if binding.invert else 1)
        self._at = min(max(start + way, min(binding.min, start)), max(binding.max, start))
        self._write(self._at)

    def place(self, u: float) -> None:
        """Note that the control stands at `u` in [0, 1], and plays nothing yet."""
        self._at = self.binding.fader_position(u)

    def place_at_target(self) -> None:
        """Note that the control itself was moved to the value, as motor faders and endless encoders are."""
        if self.binding.param in self._store:
            param = self._store.param(self.binding.param)
            # Or to the nearest end, where the value lies beyond the binding's range.
            self._at = self.binding.fader_position(
                self.binding.knob_position(param.to_unit(self._store.target(self.binding.param)))
            )

    def press(self, velocity: float) -> None:
        """Play a key: `velocity` in [0, 1], 0 is the release."""
        binding = self.binding
        if binding.param not in self._store:
            return
        param = self._store.param(binding.param)
        if isinstance(param, Trigger):
            if velocity > 0:
                edit, _ = self._store.prepare(binding.param, 1)
                edit()
        elif binding.press == "hold":
            lit = velocity > 0 if isinstance(param, Bool) else velocity
            self._write(binding.fader_position(float(lit)))
        elif velocity > 0:
            self._write(binding.fader_position(velocity))

    def _scale(self, before: float, position: float, standing: float) -> float:
        """Return the value, moved by the knob's way in the ratio of what is left for each to the end."""
        upward = position > before
        end = max(self.binding.max, standing) if upward else min(self.binding.min, standing)
        ahead = (self.binding.max if upward else self.binding.min) - before
        if abs(ahead) < ROUNDING:
            return standing
        return standing + (end - standing) * (position - before) / ahead

    def _write(self, position: float) -> None:
        self._store.prepare_unit(self.binding.param, position)()
        self._written = self._store.target(self.binding.param)


def _reaches(param: Param, before: float | None, position: float, standing: Value, step: float) -> bool:
    """Return whether the knob passed the value in its last move, or is within a `step` of it."""
    value, now = param.to_unit(standing), param.to_unit(param.from_unit(position))
    start = now if before is None else param.to_unit(param.from_unit(before))
    return min(start, now) - ROUNDING <= value <= max(start, now) + ROUNDING or abs(now - value) <= step + ROUNDING
