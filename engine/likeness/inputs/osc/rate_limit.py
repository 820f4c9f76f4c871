"""Rate limits by sender, behind the stage lock."""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address

from likeness.errors import InputError
from likeness.inputs.stage_lock import StageLock

# Twice a busy tablet's faders, and what the show plays without a late frame.
MESSAGES_PER_S = 6000.0
# A preset sent as single messages, or a burst after a network's hiccup, comes at once.
BURST_S = 2.0
# Senders that are remembered; a flood from made-up addresses cannot fill the memory.
MOST_SENDERS = 256

# As sockets have it: host and port first.
Sender = tuple[object, ...]


class TokenBucket:
    """Allows `per_s` a second for long, and at most `at_once` in one go. One thread."""

    def __init__(self, per_s: float, at_once: float, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._most, self._left = per_s, at_once, at_once
        self._now, self._at = now, now()

    def spend(self, count: float = 1.0) -> bool:
        """Take `count` tokens and return True, if there is one left; a debt is refilled before there is one again."""
        now = self._now()
        self._left = min(self._left + (now - self._at) * self._per_s, self._most)
        self._at = now
        if self._left < 1:
            return False
        self._left -= count
        return True


class SenderGate:
    """Admits datagrams or refuses them. One thread.

    Args:
        per_s: messages a second that one sender may send for long.
        now: seconds.
        lock: of the stage.
    """

    def __init__(
        self,
        per_s: float = MESSAGES_PER_S,
        now: Callable[[], float] = time.monotonic,
        lock: StageLock | None = None,
    ) -> None:
        self._per_s, self._now, self._lock = per_s, now, lock or StageLock()
        self._senders: OrderedDict[object, TokenBucket] = OrderedDict()

    def admit(self, sender: Sender, messages: int = 1) -> None:
        """Take `messages` from the sender's bucket.

        Raises:
            InputError: where the stage is locked by another, or the sender has sent too many.
        """
        self._lock.check(str(sender[0]))
        bucket = self._senders.get(key := _sender_key(sender))
        if bucket is None:
            bucket = self._senders[key] = TokenBucket(self._per_s, self._per_s * BURST_S, self._now)
            if len(self._senders) > MOST_SENDERS:
                self._senders.popitem(last=False)
        self._senders.move_to_end(key)
        if not bucket.spend(messages):
            raise InputError(f"more than {self._per_s:.0f} messages a second; what is above that is dropped")


def _sender_key(sender: Sender) -> object:
    """Return what identifies a sender: another machine's address, or the port as well of a program on this one.

    On another machine a new port costs nothing; here the neighbour is another instrument of the same player.
    """
    host = str(sender[0])
    return sender[:2] if _is_loopback(host) else host


# Reading an address took most of the gate's time.
@lru_cache(maxsize=MOST_SENDERS)
def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
