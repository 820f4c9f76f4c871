"""`likeness play --shadow HOST`: follows the show of another machine, unseen, and plays on where it falls silent."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from likeness.options import Options
from likeness.show.shadow.following import Following
from likeness.show.shadow.link import NobodyLeads, open_link, parse_leader
from likeness.show.takes.material import with_material

if TYPE_CHECKING:
    from likeness.show.show import Show

log = logging.getLogger(__name__)

AGAIN_S = 1.0
# With --resume: where the other machine plays nothing for so long, this one plays its own last show.
ALONE_S = 10.0
# A line that says that nothing has happened.
STILL_S = 60.0

# Plays a show to its end and returns it.
PlayShow = Callable[[Options, Following | None], "Show"]


def play_shadow(address: str, options: Options, play: PlayShow) -> None:
    """Follow the show at `address` as often as it leads, to the end of a show.

    Args:
        address: as `--shadow` has it.
        options: of this machine.
        play: plays what is followed, unseen until it is silent; None plays this machine's own last show.

    Raises:
        LikenessError: the show there cannot be followed from here.
    """
    while True:
        leader = wait_for_leader(address, options.shadow_grace, ALONE_S if options.resume else None, options.seconds)
        if leader is None:
            show = play(options, None)
        else:
            try:
                show = play(with_material(leader.take, options), leader)
            finally:
                leader.close()
        if not show.shadow.steps_back:
            return


def wait_for_leader(
    address: str, grace_s: float, alone_s: float | None = None, most_s: float | None = None
) -> Following | None:
    """Return the leader at `address` once there is one; None where there is none for `alone_s` seconds.

    Args:
        address: as `--shadow` has it.
        grace_s: as `Following` takes it.
        alone_s: see above; None waits on.
        most_s: how long is waited at most; None waits for ever.

    Raises:
        InputError: the show there cannot be followed from here, or there was none in time.
    """
    url = parse_leader(address)
    began = told = time.monotonic()
    first = True
    while True:
        try:
            return Following(open_link(url), grace_s)
        except NobodyLeads as error:
            now = time.monotonic()
            if alone_s is not None and now - began > alone_s:
                log.warning("%s; this machine plays its own last show", error)
                return None
            if first or now - told > STILL_S:
                log.warning("%s; this machine waits for it, dark", error)
                first, told = False, now
            if most_s is not None and now - began > most_s:
                raise
            time.sleep(AGAIN_S if most_s is None else min(AGAIN_S, most_s))
