"""One parameter while it plays: where it is asked to be, where it is, and how it gets there."""

from collections.abc import Sequence
from dataclasses import dataclass

from likeness.easing import glide_share, progress, smooth
from likeness.errors import ParamError
from likeness.params import Float, Param, Trigger, Value

# Closer than this part of the fader the glide has arrived.
ARRIVED = 1e-4


@dataclass
class _Ramp:
    """A recall under way, in fader units."""

    start: float
    seconds: float
    elapsed: float = 0.0


class ParamState:
    """One parameter: where it is asked to be, and where it is."""

    def __init__(self, param: Param) -> None:
        self.param = param
        self.target: Value = param.default_value
        self.value: Value = param.default_value
        self.ramp: _Ramp | None = None
        self.moving = False
        # How far modulation moves it from `value`, in fader units.
        self.offset = 0.0

    @property
    def shown(self) -> Value:
        """Return the value that plugins see."""
        if not self.offset:
            return self.value
        return self.param.from_unit(self.param.to_unit(self.value) + self.offset)

    def set(self, target: Value, seconds: float = 0.0) -> None:
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
        """Be at once where it was asked to be."""
        self.value, self.ramp, self.moving = self.target, None, False

    def hold(self) -> None:
        """Be asked to be where it is."""
        self.target, self.ramp, self.moving = self.value, None, False

    def advance(self, dt: float) -> None:
        """Move on by `dt` seconds; only called while `moving`."""
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


def carry_over(param: Param, before: ParamState | None) -> ParamState:
    """Return the cell of a parameter that is declared again."""
    if before is not None and before.param == param:
        return before
    cell = ParamState(param)
    if before is not None and not isinstance(param, Trigger):
        try:
            cell.target, cell.value = param.parse(before.target), param.parse(before.value)
        except ParamError:
            return cell
        cell.moving = isinstance(param, Float) and param.glide > 0 and cell.value != cell.target
        cell.value = cell.value if cell.moving else cell.target
    return cell


def check_unique_names(owner: str, params: Sequence[Param]) -> None:
    """Check that each name is declared once.

    Raises:
        ParamError: where a name comes twice.
    """
    names = [param.name for param in params]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ParamError(f"{owner} declares {', '.join(sorted(twice))} twice")
