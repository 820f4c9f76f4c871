"""The options of a machine that follows another one: without what the followed show decides."""

import logging
from dataclasses import replace

from likeness.errors import InputError
from likeness.options import DEFAULTS, Options
from likeness.show.shadow.following import Following

log = logging.getLogger(__name__)

# What the show that is followed decides, by the option's name in `Options`, with its flag.
LED = {"weights": "--weights", "heads": "--heads", "fps": "--fps", "seed": "--seed", "settings": "--set"}


def as_led(leader: Following, options: Options) -> Options:
    """Return `options` without what the followed show decides; of plugins those stay that it plays.

    Raises:
        InputError: a plugin was given that it does not play, and this machine plays no show of its own.
    """
    plays = {str(plugin.get("name")) for plugin in leader.take.header.get("plugins") or ()}
    others = [path.stem for path in options.plugins if path.stem not in plays]
    if others and not options.resume:
        raise InputError(
            f"the show on {leader.link.name} does not play {', '.join(others)}; --plugin only says here where the file "
            "of a plugin lies that it plays"
        )
    if others:
        log.warning("%s decides what plays; --plugin %s counts where nobody leads", leader.link.name, ", ".join(others))
    kept = [path for path in options.plugins if path.stem in plays]
    return replace(options, plugins=kept, **{name: getattr(DEFAULTS, name) for name in LED})
