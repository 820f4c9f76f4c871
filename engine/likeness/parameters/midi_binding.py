"""MIDI binding: one `[[midi]]` entry. Which control plays which parameter, and how its range maps onto the fader."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from likeness.errors import InputError
from likeness.files.text_file import describe_mismatch
from likeness.ranges import Takeover

Encoding = Literal["twos", "offset", "sign"]
Press = Literal["auto", "toggle", "hold"]
Kind = Literal["cc", "cc14", "nrpn", "nrpn14", "note", "bend"]

TOP = 127
TOP_14 = 16_383
# Control changes 32 to 63 carry the fine half of 0 to 31 [MIDI 1.0, table of control changes].
FINE = 32
# Control changes that carry an NRPN: its value, coarse and fine, its increment and decrement, and its number.
NRPN_CARRIERS = (6, 38, 96, 97, 99, 98)
# What may be changed of a binding while it plays; all else is which control it is, and is learnt.
CHANGEABLE = ("min", "max", "invert", "curve", "takeover", "press", "step", "dead")
# The takeover that goes by the show's own way, where a sender cannot write nothing.
SHOW_TAKEOVER = frozenset({"", "show"})


@dataclass(frozen=True)
class Control:
    """A knob, key or wheel: `number` is 0 for the pitch bend, of which a channel has one."""

    kind: Kind
    number: int = 0

    @property
    def carriers(self) -> frozenset["Control"]:
        """Return it and the plain control changes that carry it, which are then no knobs of their own."""
        if self.kind == "cc14":
            return frozenset({self, Control("cc", self.number), Control("cc", self.number + FINE)})
        if self.kind in ("nrpn", "nrpn14"):
            both = {Control("nrpn", self.number), Control("nrpn14", self.number)}
            return frozenset({*both, *(Control("cc", number) for number in NRPN_CARRIERS)})
        return frozenset({self})

    def __str__(self) -> str:
        names = {"cc14": "14-bit CC", "nrpn": "7-bit NRPN", "nrpn14": "NRPN", "cc": "CC", "note": "note"}
        return "pitch bend" if self.kind == "bend" else f"{names[self.kind]} {self.number}"


@dataclass(frozen=True)
class Binding:
    """A `[[midi]]` entry of a preset or of a controller's file.

    Give exactly one of `cc`, `nrpn`, `note` and `bend`.

    Args:
        param: address in the store, `owner.name`.
        cc: number of the control change, 0 to 127, or 0 to 31 with `bits` 14.
        nrpn: number of the non-registered parameter, 0 to 16383.
        note: number of the note, 0 to 127.
        bend: whether it is the pitch wheel.
        bits: 7 or 14; left out it is 7 for a `cc` and 14 for an `nrpn`.
        channel: 1 to 16; None is any.
        port: part of the controller's name, in any case; None is every controller.
        relative: for a `cc` of an endless encoder, how it writes a turn to the left: "twos" complement,
            "offset" from 64, or "sign" and magnitude.
        step: how far one click of the encoder moves the fader, where the whole way is 1.
        min, max: the part of the fader, in [0, 1], that the knob's whole range maps onto.
        invert: whether the top of the knob is the bottom of that part.
        curve: exponent of the knob's position: 2 is finer at the bottom, 0.5 finer at the top.
        dead: share of the range, from 0 to 0.5, that does nothing: half of it at each end, for a pitch wheel about its
            middle.
        press: what a key or a button does. "auto": fires a trigger, turns a switch over, sets all else by velocity;
            from a `cc` a switch is on from the middle of its way. "toggle": turns a switch over at each press, for
            buttons that send a `cc`. "hold": on while it is held.
        takeover: how the knob takes over a value that was changed elsewhere; None is the show's own way.
    """

    # An unknown key in a file is a typing error, and is reported.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    param: str
    cc: int | None = None
    note: int | None = None
    channel: int | None = None
    invert: bool = False
    nrpn: int | None = None
    bend: bool = False
    bits: Literal[7, 14] | None = None
    port: str | None = None
    relative: Encoding | None = None
    step: float = 1 / 128
    min: float = 0.0
    max: float = 1.0
    curve: float = 1.0
    dead: float = 0.0
    press: Press = "auto"
    takeover: Takeover | None = None

    def __post_init__(self) -> None:
        numbers = [number for number in (self.cc, self.nrpn, self.note) if number is not None]
        if len(numbers) + self.bend != 1:
            raise self._error("give exactly one of cc, nrpn, note and bend")
        top = TOP_14 if self.nrpn is not None else TOP
        if not all(0 <= number <= top for number in numbers):
            raise self._error(f"its number goes from 0 to {top}, it is not {numbers[0]}")
        if self.channel is not None and not 1 <= self.channel <= 16:
            raise self._error(f"channels go from 1 to 16, not {self.channel}")
        if self.bits is not None and (self.note is not None or self.bend):
            raise self._error("bits belong to cc and nrpn")
        if self.bits == 14 and self.cc is not None and self.cc >= FINE:
            raise self._error(f"control changes of 14 bits go from 0 to {FINE - 1}, not {self.cc}")
        if self.relative and (self.cc is None or self.bits == 14):
            raise self._error("an encoder that is relative sends a cc of 7 bits")
        if not (0 <= self.min < self.max <= 1):
            raise self._error(f"needs 0 <= min < max <= 1, not {self.min:g} and {self.max:g}; invert turns it round")
        if not (0.01 <= self.curve <= 100 and 0 <= self.dead <= 0.5 and 0 < self.step <= 1):
            raise self._error("curve goes from 0.01 to 100, dead from 0 to 0.5, step above 0 and to 1")

    def _error(self, what: str) -> InputError:
        return InputError(f"MIDI binding of {self.param}: {what}")

    @property
    def control(self) -> Control:
        """Return the control that it binds."""
        if self.cc is not None:
            return Control("cc14" if self.bits == 14 else "cc", self.cc)
        if self.nrpn is not None:
            return Control("nrpn" if self.bits == 7 else "nrpn14", self.nrpn)
        return Control("bend") if self.note is None else Control("note", self.note)

    @property
    def toggles(self) -> bool:
        """Return whether a press turns a switch over, if it plays one."""
        return self.press == "toggle" or (self.press == "auto" and self.note is not None)

    def matches(self, port: str, channel: int) -> bool:
        """Return whether a message of the port `port` on `channel`, from 1, is for it."""
        return (self.channel is None or self.channel == channel) and (
            self.port is None or self.port.lower() in port.lower()
        )

    def fader_position(self, u: float) -> float:
        """Return the fader position, from `min` to `max`, for a knob at `u` in [0, 1]."""
        if self.bend:
            u = 0.5 + _remove_dead_zone(u - 0.5, self.dead / 2) * 0.5 / (0.5 - self.dead / 2)
        else:
            u = (u - self.dead / 2) / (1 - self.dead)
        u = min(max(u, 0.0), 1.0)
        return self.min + (self.max - self.min) * float((1 - u if self.invert else u) ** self.curve)

    def knob_position(self, position: float) -> float:
        """Return the knob position, in [0, 1], for the fader at `position`: what a ring of LEDs shows."""
        u = (min(max(position, self.min), self.max) - self.min) / (self.max - self.min)
        u = float(u ** (1 / self.curve))
        return 1 - u if self.invert else u

    def with_values(self, values: Mapping[str, object]) -> "Binding":
        """Return a copy with these values changed, which come from outside.

        Args:
            values: by name, those of `CHANGEABLE`; a takeover of "show" is the show's own way.

        Raises:
            InputError: where one of them cannot be changed or does not fit, naming it.
        """
        for name in values.keys() - set(CHANGEABLE):
            raise self._error(f"there is no {name!r} to change; there are: {', '.join(CHANGEABLE)}")
        if values.get("takeover") in SHOW_TAKEOVER:
            values = {**values, "takeover": None}
        try:
            return ADAPTER.validate_python(
                {**{field.name: getattr(self, field.name) for field in fields(self)}, **values}
            )
        except ValidationError as error:
            place, mismatch = describe_mismatch(error)
            raise InputError(f"MIDI binding of {self.param}, {place}: {mismatch}") from error

    def to_dict(self) -> dict[str, object]:
        """Return the entry of a file: the values that differ from the defaults."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(Binding, name, None)}


def _remove_dead_zone(x: float, dead: float) -> float:
    """Return `x` less `dead`, and 0 within it."""
    return max(abs(x) - dead, 0.0) * (1 if x > 0 else -1)


ADAPTER: TypeAdapter[Binding] = TypeAdapter(Binding)
