"""Moves and turns the plane that StyleGAN3 draws its picture from [Karras et al. 2021]."""

import logging
from typing import Protocol

from likeness import Float, Param, Stage, Values, hookimpl

log = logging.getLogger(__name__)


class Movable(Protocol):
    """A generator whose picture can be moved."""

    def move(self, x: float, y: float, degrees: float) -> None:
        """Show the picture moved by widths and turned, from the next one on."""
        ...


class Plugin:
    """Moves the picture without a seam: what comes in at the border is drawn, not repeated.

    A family without such a plane stays where it is, and the log says so once.
    """

    def __init__(self) -> None:
        self._movable: Movable | None = None
        self._pose = (0.0, 0.0, 0.0)

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Float("x", 0.0, min=-1.0, max=1.0, unit="widths", glide=0.1, help="To the right; StyleGAN3 alone."),
            Float("y", 0.0, min=-1.0, max=1.0, unit="widths", glide=0.1, help="Downward; StyleGAN3 alone."),
            Float("turn", 0.0, min=-180.0, max=180.0, unit="degrees", glide=0.1, help="Turns it; StyleGAN3 alone."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        movable = hasattr(stage.generator, "move")
        self._movable = stage.generator if movable else None  # type: ignore[assignment]  # seen by its method
        self._pose = (0.0, 0.0, 0.0)
        if not movable:
            log.info("plane: the family %s draws from no plane and stays where it is", stage.generator.info.family)

    @hookimpl
    def update(self, params: Values) -> None:
        pose = (float(params["x"]), float(params["y"]), float(params["turn"]))
        if self._movable is not None and pose != self._pose:
            self._movable.move(*pose)
            self._pose = pose
