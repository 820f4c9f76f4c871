"""OSC commands that set and move the beat."""

from collections.abc import Callable, Mapping

from likeness.errors import InputError, ParamError
from likeness.parameters.store import ParamStore
from likeness.params import is_press, to_number
from likeness.tempo.transport import NUDGE, Transport


def tempo_commands(
    transport: Transport, store: ParamStore, heard: Callable[[], float] = lambda: 0.0
) -> Mapping[str, Callable[..., None]]:
    """Return the commands that set and move the beat.

    A 0, as a button sends when it is let go, is no press.

    Args:
        transport, store: of the show.
        heard: returns the tempo that the audio input hears, in BPM, or 0.
    """

    def on_press(order: Callable[[], None]) -> Callable[..., None]:
        def press(value: object = 1) -> None:
            if is_press(value):
                order()

        return press

    def nudge(beats: object = NUDGE) -> None:
        number = to_number(beats)
        if number is None:
            raise ParamError(f"/transport/nudge: {beats!r} is not a part of a beat; 0.02 is sooner, -0.02 is later")
        transport.nudge(number)

    def take_heard() -> None:
        tempo = heard()
        if not tempo:
            raise InputError("/transport/heard: no tempo is heard; play --audio with a beat in it for some seconds")
        store.set("show.tempo", tempo)

    return {
        "/transport/heard": on_press(take_heard),
        "/transport/tap": on_press(transport.tap),
        "/transport/nudge": nudge,
        "/transport/double": on_press(transport.double),
        "/transport/halve": on_press(transport.halve),
        "/transport/resync": on_press(transport.resync),
        "/transport/tempo": lambda bpm: store.set("show.tempo", bpm),
    }
