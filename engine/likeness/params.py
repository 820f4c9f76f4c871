"""A parameter, declared once: every surface (OSC, MIDI, preset, command line, docs) is derived from it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from likeness.errors import ParamError, nearest

Value = float | int | bool | str
Warp = Literal["lin", "exp"]

TRUE_WORDS = frozenset({"1", "true", "on", "yes"})
FALSE_WORDS = frozenset({"0", "false", "off", "no"})


@dataclass(frozen=True, kw_only=True)
class Param:
    """The base of all parameters.

    `parse` takes what arrives from outside in the parameter's own unit, `from_unit` what a fader sends in [0, 1].
    Numbers beyond the range are clamped, as a fader at its end would be; what is not a number is refused.
    """

    kind: ClassVar[str]
    name: str = field(kw_only=False)
    help: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ParamError(f"parameter name {self.name!r} is not an identifier; use letters, digits and _")

    def parse(self, value: object) -> Value:
        """Return `value` as this parameter's type, clamped to its range.

        Raises:
            ParamError: naming the range, where `value` is of another kind.
        """
        raise NotImplementedError

    def from_unit(self, u: float) -> Value:
        """Return the value at position `u` in [0, 1] of a fader, a knob or a velocity; clamps."""
        raise NotImplementedError

    def to_unit(self, value: Value) -> float:
        """Return the fader position in [0, 1] that stands for `value`."""
        raise NotImplementedError

    def range(self) -> str:
        """Return the accepted values in words, for messages and docs."""
        raise NotImplementedError

    @property
    def default_value(self) -> Value:
        """Return the default."""
        raise NotImplementedError

    def refuse(self, value: object) -> ParamError:
        """Return the error for a value that is not of this kind."""
        return ParamError(f"{self.name}: {value!r:.100} is not {self.range()}")


@dataclass(frozen=True, kw_only=True)
class Float(Param):
    """A fader.

    Args:
        default, min, max: in `unit`.
        warp: "lin", or "exp" where equal ways of the fader are equal ratios (needs 0 < min).
        glide: seconds in which 95 % of a jump is made, so that a coarse controller does not step the picture.
    """

    kind: ClassVar[str] = "float"
    default: float = field(kw_only=False)
    min: float = 0.0
    max: float = 1.0
    unit: str = ""
    warp: Warp = "lin"
    glide: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.min < self.max or not self.min <= self.default <= self.max:
            raise ParamError(
                f"{self.name}: needs min < max with the default between, not {self.range()}, {self.default}"
            )
        if self.warp == "exp" and self.min <= 0:
            raise ParamError(f"{self.name}: an exponential fader needs min > 0, not {self.min}")

    def parse(self, value: object) -> float:
        number = to_number(value)
        if number is None:
            raise self.refuse(value)
        return min(max(number, self.min), self.max)

    def from_unit(self, u: float) -> float:
        u = min(max(u, 0.0), 1.0)
        if self.warp == "exp":
            return float(self.min ** (1.0 - u) * self.max**u)
        return self.min + (self.max - self.min) * u

    def to_unit(self, value: Value) -> float:
        number = self.parse(value)
        if self.warp == "exp":
            return math.log(number / self.min) / math.log(self.max / self.min)
        return (number - self.min) / (self.max - self.min)

    def range(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"a number from {self.min:g} to {self.max:g}{unit}"

    @property
    def default_value(self) -> float:
        return self.default


@dataclass(frozen=True, kw_only=True)
class Int(Param):
    """A whole number: a seed, an index, a count."""

    kind: ClassVar[str] = "int"
    default: int = field(kw_only=False)
    min: int = 0
    max: int = 127
    unit: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.min < self.max or not self.min <= self.default <= self.max:
            raise ParamError(
                f"{self.name}: needs min < max with the default between, not {self.range()}, {self.default}"
            )

    def parse(self, value: object) -> int:
        number = to_number(value)
        if number is None:
            raise self.refuse(value)
        return min(max(round(number), self.min), self.max)

    def from_unit(self, u: float) -> int:
        return self.min + round(min(max(u, 0.0), 1.0) * (self.max - self.min))

    def to_unit(self, value: Value) -> float:
        return (self.parse(value) - self.min) / (self.max - self.min)

    def range(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"a whole number from {self.min} to {self.max}{unit}"

    @property
    def default_value(self) -> int:
        return self.default


@dataclass(frozen=True, kw_only=True)
class Bool(Param):
    """A switch. A pad or fader turns it on from the middle of its way upward."""

    kind: ClassVar[str] = "bool"
    default: bool = field(default=False, kw_only=False)

    def parse(self, value: object) -> bool:
        if isinstance(value, str):
            word = value.strip().lower()
            if word in TRUE_WORDS:
                return True
            if word in FALSE_WORDS:
                return False
            raise self.refuse(value)
        number = to_number(value)
        if number is None:
            raise self.refuse(value)
        return number >= 0.5

    def from_unit(self, u: float) -> bool:
        return u >= 0.5

    def to_unit(self, value: Value) -> float:
        return 1.0 if value else 0.0

    def range(self) -> str:
        return "on or off"

    @property
    def default_value(self) -> bool:
        return self.default


@dataclass(frozen=True, kw_only=True)
class Choice(Param):
    """One of a few words; also by index, as faders and OSC numbers send it."""

    kind: ClassVar[str] = "choice"
    default: str = field(kw_only=False)
    choices: Sequence[str] = field(kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "choices", tuple(self.choices))
        if self.default not in self.choices:
            raise ParamError(f"{self.name}: the default {self.default!r} is not {self.range()}")

    def parse(self, value: object) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        number = to_number(value)
        if number is None:
            hint = f"; {nearest(value, self.choices)}" if isinstance(value, str) else ""
            raise ParamError(f"{self.refuse(value)}{hint}")
        return self.choices[min(max(round(number), 0), len(self.choices) - 1)]

    def from_unit(self, u: float) -> str:
        return self.choices[min(int(min(max(u, 0.0), 1.0) * len(self.choices)), len(self.choices) - 1)]

    def to_unit(self, value: Value) -> float:
        return self.choices.index(self.parse(value)) / max(len(self.choices) - 1, 1)

    def range(self) -> str:
        return "one of " + ", ".join(self.choices)

    @property
    def default_value(self) -> str:
        return self.default


@dataclass(frozen=True, kw_only=True)
class Trigger(Param):
    """A pad. Its value in a frame is how often it was pressed since the frame before: 0 nearly always."""

    kind: ClassVar[str] = "trigger"

    def parse(self, value: object) -> int:
        number = to_number(value)
        if number is None:
            raise self.refuse(value)
        return 1 if number > 0 else 0

    def from_unit(self, u: float) -> int:
        return 1 if u > 0 else 0

    def to_unit(self, value: Value) -> float:
        return 1.0 if value else 0.0

    def range(self) -> str:
        return "a press (1)"

    @property
    def default_value(self) -> int:
        return 0


@dataclass(frozen=True, kw_only=True)
class Text(Param):
    """A few words or a file's name. A fader cannot set it."""

    kind: ClassVar[str] = "text"
    default: str = field(default="", kw_only=False)
    longest: int = 4096

    def parse(self, value: object) -> str:
        if not isinstance(value, str) or len(value) > self.longest:
            raise self.refuse(value)
        return value

    def from_unit(self, u: float) -> str:
        raise self.refuse(u)

    def to_unit(self, value: Value) -> float:
        return 0.0

    def range(self) -> str:
        return f"a text of at most {self.longest} characters"

    @property
    def default_value(self) -> str:
        return self.default


def describe_clamped(param: Param, value: object) -> str:
    """Return in words that a value is out of a parameter's range, and what it is instead; "" for one within.

    For what was written by hand, in a preset or as `--set`: a fader at its end says nothing.

    Args:
        param: of the parameter.
        value: that it accepts.
    """
    number = to_number(value)
    if not isinstance(param, Float | Int) or number is None or param.min <= number <= param.max:
        return ""
    return f"{number:g} is not {param.range()}: {param.parse(value):g} is taken"


def is_press(value: object) -> bool:
    """Return whether `value` presses a button: the 0 that one sends when it is let go does not, nor does a word."""
    return bool(to_number(value))


def to_number(value: object) -> float | None:
    """Return `value` as a finite number, or None where it is not one."""
    if isinstance(value, bool | int | float | str):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None
    return None
