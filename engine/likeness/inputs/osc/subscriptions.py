"""Tell OSC surfaces what changed: where parameters were asked to be, never how modulation moves them about."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from likeness.errors import InputError
from likeness.inputs.osc.packet import encode
from likeness.inputs.osc.rate_limit import Sender
from likeness.parameters.store import ParamStore
from likeness.params import Value, to_number

# A surface that is switched off says nothing: whoever wants more asks again within this time.
LASTING_S = 60.0
# Half the frames of a show at 60 fps, and as fast as a tablet draws.
TURN_S = 1 / 30
# A surface on a slow network gets a cue's hundred changes in a tenth of a second instead of at once.
MOST_PER_TURN = 32
MOST_SUBSCRIBERS = 16
# A fader under a finger is not answered with its own values, which come back late and would make it tremble.
OWN_S = 0.2

Args = tuple[Value, ...]
# By a name for each thing that changes: the OSC address and the arguments that tell of it.
Said = Mapping[str, tuple[str, Args]]


def targets(store: ParamStore) -> dict[str, tuple[str, Args]]:
    """Return where every parameter was asked to be, by OSC address. Any thread."""
    return {
        (address := f"/{owner}/{name}"): (address, (value,))
        for owner, values in store.targets().items()
        for name, value in values.items()
    }


@dataclass
class _Subscriber:
    """One surface, and what it knows.

    Args:
        origin: where it sends from.
        prefix: beginning of the addresses that it wants.
        until: when it is forgotten.
        known: what it was told last, or told us itself, by name.
        own: until when it is not told of what it sends itself, by name.
        turned: where in the list of names the next turn begins.
    """

    origin: Sender
    prefix: str
    until: float
    known: dict[str, Args] = field(default_factory=dict)
    own: dict[str, float] = field(default_factory=dict)
    turned: int = 0


class Subscriptions:
    """Who wants to know. One thread.

    Args:
        send: sends a datagram to an address.
        said: returns all that may be told, as it is now.
    """

    def __init__(self, send: Callable[[bytes, Sender], None], said: Callable[[], Said]) -> None:
        self._send, self._said = send, said
        self._subscribers: dict[Sender, _Subscriber] = {}

    def __len__(self) -> int:
        return len(self._subscribers)

    def add(self, origin: Sender, port: object, prefix: object, now: float) -> Sender:
        """Tell `port` of the machine that `origin` is on, 0 is the port it sends from, until `LASTING_S` from `now`.

        One that is there already goes on with what it knows. Return where its messages go.

        Raises:
            InputError: for what is no port and no address, and where there are too many.
        """
        to = self._receiver(origin, port)
        prefix = "/" + str(prefix).lstrip("/")
        there = self._subscribers.get(to)
        if there is not None and there.prefix == prefix:
            there.until, there.origin = now + LASTING_S, origin
            return to
        if there is None and len(self._subscribers) >= MOST_SUBSCRIBERS:
            raise InputError(f"{MOST_SUBSCRIBERS} surfaces are told of changes already; /unsubscribe one")
        self._subscribers[to] = _Subscriber(origin, prefix, now + LASTING_S)
        return to

    def drop(self, origin: Sender, port: object) -> None:
        """Tell that port nothing more."""
        self._subscribers.pop(self._receiver(origin, port), None)

    def note_writer(self, origin: Sender, address: str, value: Value, now: float) -> None:
        """Remember that `origin` itself asked for `value` at an OSC address, so that it is not told of it."""
        for subscriber in self._subscribers.values():
            if subscriber.origin == origin:
                subscriber.known[address] = (value,)
                subscriber.own[address] = now + OWN_S

    def send_changes(self, now: float) -> None:
        """Send what changed, to whoever is still there."""
        self._subscribers = {to: each for to, each in self._subscribers.items() if now < each.until}
        if not self._subscribers:
            return
        said = self._said()
        names = list(said)
        for to, subscriber in self._subscribers.items():
            for name, (address, args) in _changed(subscriber, said, names, now):
                subscriber.known[name] = args
                self._send(encode(address, *args), to)

    @staticmethod
    def _receiver(origin: Sender, port: object) -> Sender:
        # Many surfaces know no numbers but floats.
        number = None if isinstance(port, bool | str) else to_number(port)
        if number is None or number != int(number) or not 0 <= number <= 65_535:
            raise InputError(
                f"{port!r} is no UDP port; send the whole number of the port to be told at, 0 for your own"
            )
        # IPv6 addresses have two more parts, which stay.
        return (origin[0], int(number) or origin[1], *origin[2:])


def _changed(
    subscriber: _Subscriber, said: Said, names: list[str], now: float
) -> Iterator[tuple[str, tuple[str, Args]]]:
    """Yield what it does not know, from where the last turn broke off, so that nothing waits for ever."""
    count = 0
    for step in range(len(names)):
        name = names[(subscriber.turned + step) % len(names)]
        if not name.startswith(subscriber.prefix) or subscriber.known.get(name) == said[name][1]:
            continue
        if subscriber.own.get(name, now) > now:
            continue
        if count == MOST_PER_TURN:
            subscriber.turned = (subscriber.turned + step) % len(names)
            return
        count += 1
        yield name, said[name]
