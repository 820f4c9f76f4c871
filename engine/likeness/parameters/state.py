"""State of one parameter: its target, its value, and the recall, glide or modulation that moves it."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from likeness.easing import glide_share, progress, smooth
from likeness.errors import ParamError
from likeness.params import Float, Param, Text, Trigger, Value

# Closer than this part of the fader the glide has arrived.
ARRIVED = 1e-4


@dataclass
class _Ramp:
    """A recall in progress, in fader units."""

    start: float
    seconds: float
    elapsed: float = 0.0


class ParamState:
    """One parameter while it plays. The show's thread alone changes it.

    Attributes:
        target: the value it was last set to.
        value: the value now, on its way to the target; of a trigger, the presses since the last frame.
        ramp: the recall that moves it, if any.
        moving: whether `advance` has something to do.
        offset: what modulation adds to `value`, in fader units.
    """

    def __init__(self, param: Param) -> None:
        self.param = param
        self.target: Value = param.default_value
        self.value: Value = param.default_value
        self.ramp: _Ramp | None = None
        self.moving = False
        self.offset = 0.0

    @property
    def shown(self) -> Value:
        """Return the value that plugins get: with the modulation."""
        if not self.offset:
            return self.value
        return self.param.from_unit(self.param.to_unit(self.value) + self.offset)

    def set(self, target: Value, seconds: float = 0.0) -> None:
        """Set the target.

        Args:
            target: as `Param.parse` returned it; of a trigger, how many presses to add.
            seconds: of a recall; 0 goes by the parameter's own glide. Only floats travel.
        """
        param = self.param
        if isinstance(param, Trigger):
            self.value = int(self.value) + int(target)
            self.moving = bool(self.value)
            return
        self.target = target
        if isinstance(param, Float) and (seconds > 0 or param.glide > 0):
            self.ramp = _Ramp(param.to_unit(self.value), seconds) if seconds > 0 else None
            self.moving = True
        else:
            self.jump_to_target()

    def jump_to_target(self) -> None:
        """Jump to the target."""
        self.value, self.ramp, self.moving = self.target, None, False

    def hold(self) -> None:
        """Make the current value the target."""
        self.target, self.ramp, self.moving = self.value, None, False

    def describe(self) -> list[Value | float]:
        """Return target and value, and of a recall that moves it start, seconds and elapsed, for `resume`."""
        return [self.target, self.value, *(astuple(self.ramp) if self.ramp else ())]

    def resume(self, target: object, value: object, *ramp: float) -> None:
        """Stand where another one of this parameter stood, to the last digit.

        Raises:
            ParamError, TypeError: it is not what `describe` returned.
        """
        self.target, self.value = self.param.parse(target), self.param.parse(value)
        self.ramp = _Ramp(*map(float, ramp)) if ramp else None
        self.moving = self.ramp is not None or self.value != self.target

    def advance(self, dt: float) -> None:
        """Advance by `dt` seconds; only called while `moving`."""
        param = self.param
        if not isinstance(param, Float):
            self.value, self.moving = param.default_value, False
            return
        end = param.to_unit(self.target)
        if self.ramp:
            self.ramp.elapsed += dt
            done = progress(self.ramp.elapsed, self.ramp.seconds)
            u = self.ramp.start + (end - self.ramp.start) * smooth(done)
            arrived = done >= 1.0
        else:
            u = param.to_unit(self.value)
            u += (end - u) * glide_share(dt, param.glide)
            arrived = abs(end - u) < ARRIVED
        self.value = self.target if arrived else param.from_unit(u)
        if arrived:
            self.ramp, self.moving = None, False


class Offsets:
    """What modulation adds to parameters. The show's thread."""

    def __init__(self) -> None:
        self._modulated: dict[str, ParamState] = {}
        self._changed: set[str] = set()

    def replace(self, offsets: Mapping[str, float], states: Mapping[str, Mapping[str, ParamState]]) -> None:
        """Offset these parameters of `states` (fader units), as far as they have a fader; clear all other offsets."""
        modulated = {}
        for address, offset in offsets.items():
            owner, _, name = address.partition(".")
            state = states.get(owner, {}).get(name)
            if state is None or isinstance(state.param, Text | Trigger):
                continue
            modulated[address] = state
            if state.offset != offset:
                state.offset = offset
                self._changed.add(owner)
        for address in self._modulated.keys() - modulated.keys():
            self._modulated[address].offset = 0.0
            self._changed.add(address.partition(".")[0])
        self._modulated = modulated

    def pop_changed(self) -> set[str]:
        """Return the owners whose offsets have changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed


def carry_over(param: Param, before: ParamState | None) -> ParamState:
    """Return the state of a parameter that is declared again, with the old target and value as far as they fit."""
    if before is not None and before.param == param:
        return before
    state = ParamState(param)
    if before is not None and not isinstance(param, Trigger):
        try:
            state.target, state.value = param.parse(before.target), param.parse(before.value)
        except ParamError:
            return state
        state.moving = isinstance(param, Float) and param.glide > 0 and state.value != state.target
        state.value = state.value if state.moving else state.target
    return state


def check_unique_names(owner: str, params: Sequence[Param]) -> None:
    """Check that each name is declared once.

    Raises:
        ParamError: if a name comes twice.
    """
    names = [param.name for param in params]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ParamError(f"{owner} declares {', '.join(sorted(twice))} twice")


def to_address(name: object) -> str:
    """Return `owner.name` for an address in that form or in OSC's, "/owner/name"."""
    return str(name).strip("/").replace("/", ".")
