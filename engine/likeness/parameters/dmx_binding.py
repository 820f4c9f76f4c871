"""DMX binding: one `[[dmx]]` entry. Which channel of a lighting desk plays which parameter."""

from dataclasses import dataclass, fields
from typing import ClassVar

from pydantic import ConfigDict

from likeness.errors import InputError
from likeness.ranges import DMX_CHANNEL, DMX_UNIVERSE, Takeover

# In place of a parameter: the channel's value is the number of the cue that is recalled, 0 is none.
CUE = "cue"


@dataclass(frozen=True)
class DmxBinding:
    """A `[[dmx]]` entry of a preset or of a file of the user's.

    Args:
        param: address in the store, `owner.name`; or "cue".
        universe: as sACN counts them, from 1; of Art-Net the port address, which begins at 0.
        channel: 1 to 512.
        fine: the channel of the low byte, where two make 16 bits.
        min, max: the part of the fader, in [0, 1], that the channel's whole range maps onto.
        invert: whether the top of the channel is the bottom of that part.
        curve: exponent of the channel's position: 2 is finer at the bottom, 0.5 finer at the top.
        takeover: how it takes over a value that was changed elsewhere; None is the show's own way.
    """

    # An unknown key in a file is a typing error, and is reported.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    param: str
    universe: int
    channel: int
    fine: int | None = None
    min: float = 0.0
    max: float = 1.0
    invert: bool = False
    curve: float = 1.0
    takeover: Takeover | None = None

    def __post_init__(self) -> None:
        if self.universe not in DMX_UNIVERSE:
            raise self._error(f"universes go from {DMX_UNIVERSE}, it is not {self.universe}")
        for channel in (self.channel, self.channel if self.fine is None else self.fine):
            if channel not in DMX_CHANNEL:
                raise self._error(f"channels go from {DMX_CHANNEL}, not {channel}")
        if self.fine == self.channel:
            raise self._error(
                f"fine is a channel beside {self.channel}, which has the low byte; leave it out for 8 bits"
            )
        if self.param == CUE and self.fine is not None:
            raise self._error("a cue's number is one channel; leave fine out")
        if not (0 <= self.min < self.max <= 1):
            raise self._error(f"needs 0 <= min < max <= 1, not {self.min:g} and {self.max:g}; invert turns it round")
        if not 0.01 <= self.curve <= 100:
            raise self._error("curve goes from 0.01 to 100")

    def _error(self, what: str) -> InputError:
        return InputError(f"DMX binding of {self.param}: {what}")

    @property
    def top(self) -> int:
        """Return the highest value: 255, or 65535 for two channels."""
        return 255 if self.fine is None else 65_535

    def read(self, levels: bytes) -> int | None:
        """Return the value, from 0 to `top`, in a universe's levels; None where they end before it."""
        if max(self.channel, self.fine or 0) > len(levels):
            return None
        value = levels[self.channel - 1]
        return value if self.fine is None else value << 8 | levels[self.fine - 1]

    def fader_position(self, u: float) -> float:
        """Return the fader position, from `min` to `max`, for a channel at `u` in [0, 1]."""
        u = min(max(u, 0.0), 1.0)
        return self.min + (self.max - self.min) * float((1 - u if self.invert else u) ** self.curve)

    def to_dict(self) -> dict[str, object]:
        """Return the entry of a file: the values that differ from the defaults."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(DmxBinding, name, None)}
