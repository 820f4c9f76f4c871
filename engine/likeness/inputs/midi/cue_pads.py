"""A controller's pads as cues: a press recalls, with shift it stores."""

from collections.abc import Callable
from dataclasses import dataclass

from likeness.inputs.midi.messages import ControlMove
from likeness.inputs.midi.profiles import PadState, Profile


@dataclass(frozen=True)
class CuePadActions:
    """What pads do to the cues, by cue number from 1. Any thread.

    Args:
        press: recalls the cue, or stores it while storing is armed; raises `LikenessError`.
        arm: makes presses store, or recall again.
        state: returns what the cue's pad shows.
    """

    press: Callable[[int], None]
    arm: Callable[[bool], None]
    state: Callable[[int], PadState]


class CuePads:
    """Carries out presses of pads that play nothing else. On the MIDI input's thread.

    Args:
        actions: of the cues.
        profile: returns the profile of the controller at a port.
    """

    def __init__(self, actions: CuePadActions, profile: Callable[[str], Profile | None]) -> None:
        self._actions, self._profile = actions, profile

    def handle(self, port: str, move: ControlMove) -> bool:
        """Carry out a press of a pad or the shift key; return whether it was one.

        Raises:
            LikenessError: where the cue is empty.
        """
        if move.control.kind != "note":
            return False
        profile = self._profile(port)
        grid = profile.cues if profile else None
        if grid is None or grid.channel not in (None, move.channel):
            return False
        if move.control.number == grid.shift:
            self._actions.arm(move.raw > 0)
            return True
        number = grid.cue_number(move.control.number)
        if number is None:
            return False
        if move.raw > 0:
            self._actions.press(number)
        return True
