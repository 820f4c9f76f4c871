"""A controller's pads as the places of the cue bank: a press recalls, with shift it stores."""

from collections.abc import Callable
from dataclasses import dataclass

from likeness.inputs.midi.messages import KnobMove
from likeness.inputs.midi.profiles import PadState, Profile


@dataclass(frozen=True)
class CuePadActions:
    """What pads do to the cues, by place from 1. Any thread.

    Args:
        press: recalls the cue there, or stores one while storing is armed; raises `LikenessError`.
        arm: has presses store, or recall again.
        state: says how a place is.
    """

    press: Callable[[int], None]
    arm: Callable[[bool], None]
    state: Callable[[int], PadState]


class CuePads:
    """Takes the presses of pads that play nothing else. One thread, the MIDI input's.

    Args:
        keys: of the cues.
        profile: returns the profile of the controller at a port.
    """

    def __init__(self, keys: CuePadActions, profile: Callable[[str], Profile | None]) -> None:
        self._keys, self._profile = keys, profile

    def handle(self, port: str, move: KnobMove) -> bool:
        """Do what a pad or the shift key does; return whether it was one.

        Raises:
            LikenessError: where there is no cue at that place.
        """
        if move.control.kind != "note":
            return False
        profile = self._profile(port)
        grid = profile.cues if profile else None
        if grid is None or grid.channel not in (None, move.channel):
            return False
        if move.control.number == grid.shift:
            self._keys.arm(move.raw > 0)
            return True
        place = grid.place(move.control.number)
        if place is None:
            return False
        if move.raw > 0:
            self._keys.press(place)
        return True
