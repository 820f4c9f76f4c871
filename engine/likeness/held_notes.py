"""Which notes are down, so that a panic can let go of every one of them."""

from collections.abc import Iterable

from likeness.events import Event, Note, Panic


class HeldNotes:
    """Follows the stream of events. One thread, the show's."""

    def __init__(self) -> None:
        # In the order in which they were pressed.
        self._down: dict[tuple[int, int], None] = {}

    def follow(self, events: Iterable[Event]) -> list[Event]:
        """Return `events` with a release of every note that is down before each `Panic`."""
        followed: list[Event] = []
        for event in events:
            if isinstance(event, Panic):
                followed += [Note(number, 0.0, channel) for channel, number in self._down]
                self._down.clear()
            elif isinstance(event, Note):
                key = (event.channel, event.number)
                if event.velocity > 0:
                    self._down[key] = None
                else:
                    self._down.pop(key, None)
            followed.append(event)
        return followed
