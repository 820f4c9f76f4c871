"""`likeness play --shadow HOST`: follows the show of another machine, unseen, and plays on where it falls silent."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from likeness.errors import InputError
from likeness.options import DEFAULTS, Options
from likeness.show.shadow.following import Following
from likeness.show.shadow.led_options import LED, as_led
from likeness.show.shadow.link import DESK_PORT, NobodyLeads, open_link, parse_leader
from likeness.show.takes.material import with_material
from likeness.web.addresses import is_this_machine

if TYPE_CHECKING:
    from likeness.show.show import Show

log = logging.getLogger(__name__)

AGAIN_S = 1.0
# With --resume: where the other machine plays nothing for so long, this one plays its own last show.
ALONE_S = 10.0
# A line that says that nothing has happened.
STILL_S = 60.0
# Of `play`, where none is given.
OWN_PRESET = "demo"

# Plays a show to its end and returns it.
PlayShow = Callable[[Options, Following | None], "Show"]


def play_shadow(preset: str, options: Options, play: PlayShow) -> None:
    """Follow the show at `options.shadow` as often as it leads, to the end of a show.

    Args:
        preset: that was given.
        options: of this machine.
        play: plays what is followed, unseen until it is silent; None plays this machine's own last show.

    Raises:
        LikenessError: the show there cannot be followed from here, or options say what it decides.
    """
    own = [*([preset] if preset != OWN_PRESET else []), *_find_led(options)]
    if own and not options.resume:
        raise InputError(
            f"--shadow plays what the other machine plays: leave out {', '.join(own)}, or add --resume, with which "
            "they are of the show that this machine plays where there is none to follow"
        )
    while True:
        leader = wait_for_leader(options)
        if leader is None:
            show = play(options, None)
        else:
            try:
                led = as_led(leader, options)
                if own:
                    log.warning("%s decides what plays; %s count where nobody leads", leader.link.name, ", ".join(own))
                show = play(with_material(leader.take, led), leader)
            finally:
                leader.close()
        if not show.shadow.steps_back:
            return


def _find_led(options: Options) -> list[str]:
    """Return the flags that were given of what the followed show decides."""
    return [flag for name, flag in LED.items() if getattr(options, name) != getattr(DEFAULTS, name)]


def wait_for_leader(options: Options) -> Following | None:
    """Return the leader at `options.shadow` once there is one; with --resume, None where there is none in 10 s.

    Raises:
        InputError: the show there cannot be followed from here, or there was none within `options.seconds`.
    """
    url, most_s = parse_leader(options.shadow or ""), options.seconds
    alone_s = ALONE_S if options.resume else None
    shorter = min((limit for limit in (alone_s, most_s) if limit is not None), default=None)
    waits = "waits for it, dark" if shorter is None else f"waits {shorter:g} s for it, dark"
    began = told = time.monotonic()
    first = True
    while True:
        try:
            return Following(open_link(url), options.shadow_grace)
        except NobodyLeads as error:
            now = time.monotonic()
            if alone_s is not None and now - began > alone_s:
                log.warning("%s; this machine plays by itself", error)
                return None
            if most_s is not None and now - began > most_s:
                raise InputError(f"{error}, and did not in {most_s:g} s") from error
            if first or now - told > STILL_S:
                itself = _warn_of_itself(url, options) if first else ""
                log.warning("%s%s; this machine %s", error, itself, waits)
                first, told = False, now
            time.sleep(AGAIN_S if most_s is None else min(AGAIN_S, most_s))


def _warn_of_itself(url: str, options: Options) -> str:
    """Return a word where the address is where this machine's own desk would be."""
    said = urlsplit(url)
    own = (said.port or DESK_PORT) == options.web_port and said.hostname and is_this_machine(said.hostname)
    return ", and is this machine itself" if own else ""
