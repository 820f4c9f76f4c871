"""Check of the machine that a shadow is to follow."""

from likeness.errors import LikenessError
from likeness.options import Options
from likeness.show.shadow.following import Following
from likeness.show.shadow.link import NobodyLeads, name_leader, open_link, parse_leader
from likeness.show.shadow.messages import LOOK
from likeness.show.takes.material import with_material
from likeness.tools.preflight.finding import Finding, good, less, stops


def check_leader(address: str, options: Options) -> Finding:
    """Check that the show at `address` can be followed from here; the show there does not notice."""
    try:
        url = parse_leader(address)
        leader = Following(open_link(url, LOOK), options.shadow_grace)
    except NobodyLeads as error:
        return less("shadow", f"{error}; a shadow would wait for it, dark")
    except LikenessError as error:
        return stops("shadow", str(error))
    try:
        take = leader.take
        with_material(take, options)
    except LikenessError as error:
        return stops("shadow", str(error))
    finally:
        leader.close()
    return good("shadow", f"{name_leader(url)} plays {take.preset.name or 'a show'}; its weights and plugins are here")
