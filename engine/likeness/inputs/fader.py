"""A fader of any controller: it changes nothing until it meets a value that was changed elsewhere, so nothing jumps."""

from typing import Protocol

from likeness.parameters.store import ParamStore
from likeness.params import Bool, Param, Trigger, Value
from likeness.ranges import Takeover

# Rounding of fader positions; far below a step of 14 bits.
ROUNDING = 1e-9


class FaderBinding(Protocol):
    """Which parameter a control plays, and which part of its fader, as MIDI's and DMX's bindings have it."""

    @property
    def param(self) -> str:
        """The parameter's address."""
        ...

    @property
    def min(self) -> float:
        """The lower end of the part, in [0, 1]."""
        ...

    @property
    def max(self) -> float:
        """The upper end of the part, in [0, 1]."""
        ...

    @property
    def takeover(self) -> Takeover | None:
        """How it takes over; None is the show's own way."""
        ...

    def fader_position(self, u: float) -> float:
        """Return the fader position, from `min` to `max`, for a control at `u` in [0, 1]."""
        ...


class Fader:
    """A binding with its state: where the control stands, and whether its parameter follows it.

    `turn` is for the show's thread alone: there it sees every change in the order in which it came, and none from
    between two frames is missed. `gap` is for any thread.

    Args:
        store: where parameters live.
        binding: control and parameter.
        mode: how it takes over: "soft" waits until it meets the value; "scale" moves the value along, so that both
            arrive at the end together; "jump" takes it at once.
    """

    def __init__(self, store: ParamStore, binding: FaderBinding, mode: Takeover) -> None:
        self._address, self._range = binding.param, binding
        self._store, self._mode = store, binding.takeover or mode
        # Its fader position, and the value it wrote last; None until it has moved or written.
        self._at: float | None = None
        self._written: Value | None = None

    def gap(self) -> float:
        """Return how far the knob has still to go, in fader units, upward positive; 0 where the value follows it."""
        address = self._address
        if self._mode != "soft" or self._at is None or address not in self._store:
            return 0.0
        param, standing = self._store.param(address), self._store.takeover_value(address)
        if standing == self._written or isinstance(param, Bool | Trigger):
            return 0.0
        return param.to_unit(standing) - self._at

    def turn(self, u: float, grain: float) -> None:
        """Move the parameter, or not yet, as the knob is turned to `u` in [0, 1]; `grain` is its smallest step."""
        if self._address not in self._store:
            return
        param, position = self._store.param(self._address), self._range.fader_position(u)
        if isinstance(param, Bool | Trigger):
            # On or off: there is nothing to meet in between.
            if position > 0 or isinstance(param, Bool):
                self._write(position)
            return
        before, self._at = self._at, position
        standing = self._store.takeover_value(self._address)
        if self._mode == "jump" or standing == self._written:
            self._write(position)
        elif self._mode == "scale":
            if before is not None:
                self._write(self._scale(before, position, param.to_unit(standing)))
        else:
            step = max(
                abs(self._range.fader_position(min(max(u + way, 0.0), 1.0)) - position) for way in (grain, -grain)
            )
            if _reaches(param, before, position, standing, step):
                self._write(position)
            else:
                # It stands elsewhere now: that the value is what it once wrote means nothing.
                self._written = None

    def fire(self) -> None:
        """Press the trigger, if it is there."""
        if self._address in self._store:
            edit, _ = self._store.prepare(self._address, 1)
            edit()

    def place(self, u: float) -> None:
        """Note that the control stands at `u` in [0, 1], and plays nothing yet."""
        self._at = self._range.fader_position(u)

    def _scale(self, before: float, position: float, standing: float) -> float:
        """Return the value, moved by the knob's way in the ratio of what is left for each to the end."""
        upward = position > before
        end = max(self._range.max, standing) if upward else min(self._range.min, standing)
        ahead = (self._range.max if upward else self._range.min) - before
        if abs(ahead) < ROUNDING:
            return standing
        return standing + (end - standing) * (position - before) / ahead

    def _write(self, position: float) -> None:
        self._store.prepare_unit(self._address, position)()
        self._written = self._store.target(self._address)


def _reaches(param: Param, before: float | None, position: float, standing: Value, step: float) -> bool:
    """Return whether the knob passed the value in its last move, or is within a `step` of it."""
    value, now = param.to_unit(standing), param.to_unit(param.from_unit(position))
    start = now if before is None else param.to_unit(param.from_unit(before))
    return min(start, now) - ROUNDING <= value <= max(start, now) + ROUNDING or abs(now - value) <= step + ROUNDING
