"""Rival of a show that plays alone: the machine that it followed, which may have led all the while, or lead again."""

import logging
from collections.abc import Callable

from likeness.errors import InputError
from likeness.show.shadow.link import NobodyLeads, greet, name_leader
from likeness.show.shadow.messages import Greeting
from likeness.show.shadow.sender import TakeSender
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

ASK_S = 1.0
# Two that began within this time began together: then the names decide.
TOGETHER_S = 0.5


class RivalWatch:
    """Asks the other machine once a second, on a thread of its own from `start` to `close`, whether it leads.

    Where both lead, the one that has led for longer goes on, and the other one steps back. A leader that was only out
    of reach has the hands on it, and has led for longer than the shadow that took over; one that was started anew has
    not.

    Args:
        address: of the other machine.
        sender: of this show.
        step_back: ends this show so that it follows again. Called on the watch's thread, once.
    """

    def __init__(self, address: str, sender: TakeSender, step_back: Callable[[], None]) -> None:
        self._address, self._sender, self._step_back = address, sender, step_back
        # Whether the other machine leads too, and for less long.
        self.there = False
        self._thread = StoppableThread("rival watch", self._run)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def close(self) -> None:
        """Stop asking."""
        self._thread.close()

    def _run(self) -> None:
        while not self._thread.stopping.wait(ASK_S):
            greeting = self._ask()
            ours = self._sender.leads_s
            if greeting is not None and greeting.name == self._sender.name:
                log.error(
                    "--shadow %s is this show itself, so no other machine is watched; give it the address of that one",
                    name_leader(self._address),
                )
                return
            if greeting is None or greeting.leads_s is None or ours is None:
                self.there = False
            elif leads_longer(greeting, ours, self._sender.name):
                log.warning("%s leads, and has for longer; this machine follows it again", name_leader(self._address))
                self._step_back()
                return
            elif not self.there:
                self.there = True
                log.error(
                    "%s plays too, and began later: end one of them, or start that one with --shadow",
                    name_leader(self._address),
                )

    def _ask(self) -> Greeting | None:
        try:
            connection, greeting = greet(self._address)
        except (NobodyLeads, InputError):
            return None
        connection.close()
        return greeting


def leads_longer(other: Greeting, ours_s: float, our_name: str) -> bool:
    """Return whether the other one has led for longer than `ours_s` seconds."""
    longer_s = (other.leads_s or 0.0) - ours_s
    return other.name < our_name if abs(longer_s) < TOGETHER_S else longer_s > 0
