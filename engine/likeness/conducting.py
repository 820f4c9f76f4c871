"""What a performer can tell the beat, by OSC address. Each may be called on any thread."""

from collections.abc import Callable, Mapping

from likeness.errors import ParamError
from likeness.params import to_number
from likeness.store import ParamStore
from likeness.transport import NUDGE, Transport


def tempo_commands(transport: Transport, store: ParamStore) -> Mapping[str, Callable[..., None]]:
    """Return the commands that set and move the beat.

    A 0, as a button sends when it is let go, is no press.
    """

    def pressed(order: Callable[[], None]) -> Callable[..., None]:
        def press(value: object = 1) -> None:
            if to_number(value):
                order()

        return press

    def nudge(beats: object = NUDGE) -> None:
        number = to_number(beats)
        if number is None:
            raise ParamError(f"/transport/nudge: {beats!r} is not a part of a beat; 0.02 is sooner, -0.02 is later")
        transport.nudge(number)

    return {
        "/transport/tap": pressed(transport.tap),
        "/transport/nudge": nudge,
        "/transport/double": pressed(transport.double),
        "/transport/halve": pressed(transport.halve),
        "/transport/resync": pressed(transport.resync),
        "/transport/tempo": lambda bpm: store.set("show.tempo", bpm),
    }
