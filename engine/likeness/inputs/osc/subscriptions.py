"""Feedback to OSC surfaces: who subscribed is sent changed targets, never what modulation does."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from likeness.errors import InputError
from likeness.inputs.osc.packet import encode
from likeness.inputs.osc.rate_limit import Sender
from likeness.parameters.store import ParamStore
from likeness.params import Value, to_number

# A surface that is switched off does not unsubscribe: whoever wants more asks again within this time.
SUBSCRIPTION_S = 60.0
# Half the frames of a show at 60 fps, and as fast as a tablet draws.
UPDATE_S = 1 / 30
# A surface on a slow network gets a cue's hundred changes in a tenth of a second instead of at once.
MOST_PER_UPDATE = 32
MOST_SUBSCRIBERS = 16
# A fader under a finger is not answered with its own values, which come back late and would make it tremble.
OWN_S = 0.2

Args = tuple[Value, ...]
# The OSC address and arguments that tell of each thing, by a name of its own: several things may share an address.
Feedback = Mapping[str, tuple[str, Args]]


def target_feedback(store: ParamStore) -> dict[str, tuple[str, Args]]:
    """Return the feedback for every parameter's target, by OSC address. Any thread."""
    return {
        (address := f"/{owner}/{name}"): (address, (value,))
        for owner, values in store.targets().items()
        for name, value in values.items()
    }


@dataclass
class _Subscriber:
    """One surface, and the values it has.

    Args:
        origin: where it sends from.
        prefix: beginning of the addresses that it wants.
        until: when its subscription ends.
        known: what it was sent last, or sent itself, by name.
        own: until when a value that it sent itself is not sent back, by name.
        next_index: where in the list of names the next update begins.
    """

    origin: Sender
    prefix: str
    until: float
    known: dict[str, Args] = field(default_factory=dict)
    own: dict[str, float] = field(default_factory=dict)
    next_index: int = 0


class Subscriptions:
    """The subscribers of one OSC input. One thread at a time.

    Args:
        send: sends a datagram to an address.
        feedback: returns all that subscribers may be told, as it is now.
    """

    def __init__(self, send: Callable[[bytes, Sender], None], feedback: Callable[[], Feedback]) -> None:
        self._send, self._feedback = send, feedback
        self._subscribers: dict[Sender, _Subscriber] = {}

    def __len__(self) -> int:
        return len(self._subscribers)

    def add(self, origin: Sender, port: object, prefix: object, now: float) -> Sender:
        """Subscribe `port` of the machine that `origin` is on until `SUBSCRIPTION_S` from `now`; return where it is.

        Port 0 is the one that `origin` sends from. A known subscriber gets only changes, so that renewing costs
        nothing.

        Raises:
            InputError: where `port` is no port, and where there are too many subscribers.
        """
        to = self._receiver(origin, port)
        prefix = "/" + str(prefix).lstrip("/")
        known = self._subscribers.get(to)
        if known is not None and known.prefix == prefix:
            known.until, known.origin = now + SUBSCRIPTION_S, origin
            return to
        if known is None and len(self._subscribers) >= MOST_SUBSCRIBERS:
            raise InputError(f"{MOST_SUBSCRIBERS} surfaces are told of changes already; /unsubscribe one")
        self._subscribers[to] = _Subscriber(origin, prefix, now + SUBSCRIPTION_S)
        return to

    def drop(self, origin: Sender, port: object) -> None:
        """Unsubscribe that port; one that is not subscribed is no error."""
        self._subscribers.pop(self._receiver(origin, port), None)

    def note_writer(self, origin: Sender, address: str, value: Value, now: float) -> None:
        """Note that `origin` itself sent `value` to an OSC address, so that it is not sent back."""
        for subscriber in self._subscribers.values():
            if subscriber.origin == origin:
                subscriber.known[address] = (value,)
                subscriber.own[address] = now + OWN_S

    def send_changes(self, now: float) -> None:
        """Send what changed to all whose subscription has not ended."""
        self._subscribers = {to: each for to, each in self._subscribers.items() if now < each.until}
        if not self._subscribers:
            return
        feedback = self._feedback()
        names = list(feedback)
        for to, subscriber in self._subscribers.items():
            for name, (address, args) in _find_changes(subscriber, feedback, names, now):
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


def _find_changes(
    subscriber: _Subscriber, feedback: Feedback, names: list[str], now: float
) -> Iterator[tuple[str, tuple[str, Args]]]:
    """Yield what the subscriber has not got, from where the last update broke off: nothing waits for ever."""
    count = 0
    for step in range(len(names)):
        name = names[(subscriber.next_index + step) % len(names)]
        if not name.startswith(subscriber.prefix) or subscriber.known.get(name) == feedback[name][1]:
            continue
        if subscriber.own.get(name, now) > now:
            continue
        if count == MOST_PER_UPDATE:
            subscriber.next_index = (subscriber.next_index + step) % len(names)
            return
        count += 1
        yield name, feedback[name]
