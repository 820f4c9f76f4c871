"""Check of the machine that a shadow is to follow: what it plays is what this machine will play."""

from dataclasses import dataclass

from likeness.errors import LikenessError
from likeness.options import Options
from likeness.parameters.presets import Preset
from likeness.show.shadow.following import Following
from likeness.show.shadow.led_options import as_led
from likeness.show.shadow.link import NobodyLeads, name_leader, open_link, parse_leader
from likeness.show.shadow.messages import LOOK
from likeness.show.takes.material import with_material
from likeness.tools.preflight.finding import Finding, good, less, stops


@dataclass(frozen=True)
class Led:
    """What a shadow would play.

    Args:
        finding: whether it can be followed from here.
        preset: that the other machine plays; None where it cannot be followed now.
        options: of this machine, with what the other one decides.
    """

    finding: Finding
    preset: Preset | None
    options: Options


def check_leader(address: str, options: Options) -> Led:
    """Check that the show at `address` can be followed from here; the show there does not notice."""
    try:
        url = parse_leader(address)
        leader = Following(open_link(url, LOOK), options.shadow_grace)
    except NobodyLeads as error:
        waits = "a shadow would play its own last show" if options.resume else "a shadow would wait for it, dark"
        return Led(less("shadow", f"{error}; {waits}"), None, options)
    except LikenessError as error:
        return Led(stops("shadow", str(error)), None, options)
    try:
        take = leader.take
        led = with_material(take, as_led(leader, options))
    except LikenessError as error:
        return Led(stops("shadow", str(error)), None, options)
    finally:
        leader.close()
    plays = f"{name_leader(url)} plays {take.preset.name or 'a show'}; its weights and plugins are here"
    return Led(good("shadow", f"{plays}, and the lines below are of it"), take.preset, led)
