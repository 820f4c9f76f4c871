"""Open Stage Control: a control surface made from the parameters' declarations, with values both ways.

Widgets and their properties are those of Open Stage Control 1.x [its reference, "Widgets"].
"""

import json
import math
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from likeness.parameters.store import ParamStore
from likeness.params import Bool, Choice, Float, Int, Param, Text, Trigger

Widget = dict[str, Any]

# Owners in the strip above the tabs, which stays visible whatever tab is open.
ALWAYS = ("master",)
# Breakpoints of an exponential fader; it is straight between two of them.
PIECES = 20
# Steps of a whole fader that values are rounded to when sent: finer than a finger on a tablet.
STEPS = 2000
# With more notches a fader over whole numbers cannot be set to one of them; more words do not fit in a row.
MOST_NOTCHES, MOST_WORDS = 256, 6
CELL, STRIP_HEIGHT, CELL_HEIGHT = 100, 190, 230
# Twice a minute, since a subscription lasts one.
RENEW_MS = 25_000


def open_stage_control(store: ParamStore, target: str) -> dict[str, Any]:
    """Return a session for Open Stage Control, ready for `json.dumps`.

    It subscribes to all changes when it is opened, so that its faders show the current values.

    Args:
        store: the parameters to play.
        target: where the show receives OSC, HOST:PORT.
    """
    tabs, strip = [], []
    for owner, params in groupby(store.params(), key=lambda item: item[0].partition(".")[0]):
        cells = [_panel(address, param, target) for address, param in params]
        if owner in ALWAYS:
            strip += cells
        else:
            tabs.append({"type": "tab", "id": f"tab {owner}", "label": owner, "widgets": cells})
    return {
        "createdWith": "Open Stage Control",
        "version": "1.0.0",
        "type": "session",
        "content": {
            "type": "root",
            "id": "root",
            "layout": "vertical",
            "onCreate": _subscribe_script(target),
            "widgets": [
                {"type": "panel", "id": "always", "height": STRIP_HEIGHT, "widgets": strip},
                {"type": "panel", "id": "owners", "expand": True, "tabs": tabs},
            ],
            "tabs": [],
        },
    }


def _subscribe_script(target: str) -> str:
    """Return the script that asks for all values, and for every change from then on."""
    to = json.dumps(target)
    subscribe = f"send({to}, '/subscribe', 0)"
    # A known subscriber gets only changes, so a reloaded page must resubscribe to get all values.
    renew = f"setInterval('subscribe', () => {{ {subscribe} }}, {RENEW_MS})"
    return "\n".join([f"send({to}, '/unsubscribe', 0)", subscribe, renew])


def _panel(address: str, param: Param, target: str) -> Widget:
    """Return a panel with a parameter's name above its widgets."""
    label = {"type": "text", "id": f"{address} name", "value": param.name, "height": 24, "wrap": "soft"}
    return {
        "type": "panel",
        "id": f"{address} cell",
        "width": CELL,
        "height": STRIP_HEIGHT - 20 if address.partition(".")[0] in ALWAYS else CELL_HEIGHT,
        "layout": "vertical",
        "scroll": False,
        "innerPadding": False,
        "comments": param.help,
        "widgets": [label, *_widgets(address, param, target)],
    }


def _widgets(address: str, param: Param, target: str) -> Iterator[Widget]:
    common = {"address": "/" + address.replace(".", "/"), "target": target, "comments": param.help}
    if isinstance(param, Float | Int):
        number = {**common, "typeTags": "i" if isinstance(param, Int) else "f", "decimals": _decimals(param)}
        if isinstance(param, Float) or param.max - param.min <= MOST_NOTCHES:
            yield {"type": "fader", "id": address, "expand": True, "range": _range(param), **number}
        yield {"type": "input", "id": f"{address} number", "height": 32, "numeric": True, "unit": param.unit, **number}
    elif isinstance(param, Bool):
        yield {"type": "button", "id": address, "expand": True, "label": " ", "on": True, "off": False, **common}
    elif isinstance(param, Trigger):
        yield {"type": "button", "id": address, "expand": True, "label": " ", "mode": "momentary", **common}
    elif isinstance(param, Choice):
        kind = "switch" if len(param.choices) <= MOST_WORDS else "dropdown"
        words = {"values": list(param.choices), "typeTags": "s"}
        yield {"type": kind, "id": address, "expand": True, **words, **common}
    elif isinstance(param, Text):
        yield {"type": "input", "id": address, "expand": True, "typeTags": "s", **common}


def _range(param: Float | Int) -> dict[str, float]:
    """Return the range of a fader, with breakpoints for a warp."""
    if isinstance(param, Int) or param.warp == "lin":
        return {"min": param.min, "max": param.max}
    between = {f"{100 * i // PIECES}%": param.from_unit(i / PIECES) for i in range(1, PIECES)}
    return {"min": param.min, **between, "max": param.max}


def _decimals(param: Float | Int) -> int:
    if isinstance(param, Int):
        return 0
    # The smallest step that counts: of the whole way, or under a warp at its lower end.
    finest = (
        (param.max - param.min) / STEPS if param.warp == "lin" else param.min * math.log(param.max / param.min) / STEPS
    )
    return min(max(math.ceil(-math.log10(finest)), 0), 6)
