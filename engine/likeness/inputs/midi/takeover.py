"""Takeover: a knob changes nothing until it meets a value that was changed elsewhere, so that nothing jumps."""

import math

from likeness.inputs.fader import Fader
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Trigger
from likeness.ranges import Takeover


class Knob(Fader):
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
        super().__init__(store, binding, mode)
        self.binding = binding
        self._down = False
        # When it was moved last, by the monotonic clock. The input's thread.
        self.moved_at = -math.inf

    def pressed(self, u: float) -> bool:
        """Return whether the button or key, now at `u` in [0, 1], was just pressed. The input's thread."""
        was_down, self._down = self._down, u >= 0.5
        # Every message of a key but the release is a press, even where releases are not sent.
        return u > 0 if self.binding.note is not None else self._down and not was_down

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
