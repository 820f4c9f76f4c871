"""Words on the page: nothing of the header is cut in any state, and long names break no part of it."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.web.page.conftest import open_quiet
from tests.engine.web.page.quiet_desk import STATUS, TEMPO, QuietDesk
from tests.engine.web.page.tab import Tab

from likeness.params import Choice, Float, Text

# Set to a folder, it gets pictures of what is tested, to be looked at.
PICTURES = os.environ.get("DESK_PICTURES")
NAME = "w" * 30 + "Mi" * 15
PLUGIN = "plugin_" + "w" * 53
PHONES = [(360, 640), (390, 844), (430, 932)]
OTHERS = [(740, 360), (900, 600), (1280, 800)]

# Texts within an element that are cut, or that lie over each other, in words. What ends in an ellipsis has to be
# readable as a whole elsewhere: in its title or its label.
CUT = """
(selector) => {
  const faults = [], seen = [];
  const walker = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const owner = node.parentElement;
    const words = node.textContent.trim().slice(0, 40);
    if (!words || owner.closest("option, .unseen") || !owner.checkVisibility({ contentVisibilityAuto: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const clip = { left: 0, right: innerWidth, top: 0, bottom: innerHeight };
    let told = false, scrolled = false;
    for (let each = owner; each && each !== document.body; each = each.parentElement) {
      const style = getComputedStyle(each);
      const area = each.getBoundingClientRect();
      const dots = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
      told ||= dots && each.closest("[title], [aria-label]") !== null;
      scrolled ||= style.overflowY === "auto";
      if (style.overflowX !== "visible") {
        clip.left = Math.max(clip.left, area.left);
        clip.right = Math.min(clip.right, area.right);
      }
      if (style.overflowY !== "visible") {
        clip.top = Math.max(clip.top, area.top);
        clip.bottom = Math.min(clip.bottom, area.bottom);
      }
    }
    const aside = box.left < clip.left - 1 || box.right > clip.right + 1;
    const above = box.top < clip.top - 3 || box.bottom > clip.bottom + 3;
    if ((aside || (above && !scrolled)) && !told)
      faults.push(`"${words}" of ${owner.className || owner.tagName} is cut`);
    const { left, right, top, bottom } = clip;
    const high = (one, other) => Math.min(one.bottom, other.bottom, bottom) - Math.max(one.top, other.top, top);
    const wide = (one, other) => Math.min(one.right, other.right, right) - Math.max(one.left, other.left, left);
    const boxes = [...range.getClientRects()].filter((one) => high(one, one) > 0 && wide(one, one) > 0);
    for (const [others, name] of seen)
      if (boxes.some((one) => others.some((other) => high(one, other) > 6 && wide(one, other) > 2)))
        faults.push(`"${words}" lies over "${name}"`);
    const part = (one) => ({
      left: Math.max(one.left, left), right: Math.min(one.right, right),
      top: Math.max(one.top, top), bottom: Math.min(one.bottom, bottom),
    });
    seen.push([boxes.map(part), words]);
  }
  return faults;
}
"""


Step = tuple[str, Any] | tuple[str, str, Any]


def put(topic: str, value: Any) -> Step:
    return ("put", topic, value)


def set_values(**values: Any) -> Step:
    return ("receive", {"values": {f"master.{name}": value for name, value in values.items()}})


SLOW = {
    **STATUS,
    "fps": 29.3,
    "wanted_fps": 119.88,
    "governed_fps": 119.88,
    "repeats": 12345,
    "outputs": [{"dropped": 98765}],
}
LIVE = {"freeze": False, "blackout": False, "brightness": 1.0}
BEGIN = {
    "live": [
        set_values(**LIVE),
        put("status", STATUS),
        put("lock", None),
        put("hello", {"title": "demo", "role": "desk", "page": "1"}),
        put("clients", {"desk": 1, "view": 0}),
        put("connection", {"state": "open"}),
    ]
}
STATES = {
    "live": [put("status", STATUS)],
    "black": [set_values(blackout=True), put("status", {**STATUS, "master": {"level": 0.4}})],
    "frozen": [set_values(blackout=False, freeze=True), put("status", STATUS)],
    "frozen and black": [set_values(blackout=True, freeze=True), put("status", {**STATUS, "drawn": False})],
    "panic": [set_values(**LIVE), put("page.panic", 1)],
    "no new pictures": [put("status", {**SLOW, "fps": 0.4, "drawn": False})],
    "slow with drops": [put("status", SLOW)],
    "a rate that is held": [put("status", {**SLOW, "governed_fps": 29.97})],
    "another clock": [put("status", {**STATUS, "tempo": {**TEMPO, "bpm": 299.9, "leader": NAME}})],
    "locked": [put("status", SLOW), put("lock", "192.168.100.200")],
    "a viewer's": [put("hello", {"title": NAME, "role": "view", "page": "1"})],
    "much at once": [
        set_values(brightness=0.4),
        put("status", {**SLOW, "closed_outputs": [NAME, "window"]}),
        put("clients", {"desk": 12, "view": 3}),
    ],
    "gone": [put("connection", {"state": "gone", "since": 0})],
}

# Brings about one state after the other, and answers what is cut in each.
TRY_ALL = f"""
(async (states) => {{
  const {{ state }} = await import("/page/page.js");
  const faults = {{}};
  for (const [name, code] of states) {{
    for (const [how, ...args] of code) state[how](...args);
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn, 20)));
    const found = ({CUT})(".top");
    if (found.length) faults[name] = found;
  }}
  return faults;
}})
"""


def test_nothing_of_the_header_is_cut_in_any_state(quiet: QuietDesk, open_tab: Callable[..., Tab]) -> None:
    tab = open_quiet(quiet, open_tab, touch=True)
    # An hour without a show, and not since 1970.
    tab.evaluate("Date.now = () => 3600000")
    faults = {}
    for width, height in PHONES + OTHERS:
        tab.resize(width, height, touch=True)
        tab.wait_for(f"innerWidth === {width} && document.querySelector('.desk')")
        tab.evaluate(f"{TRY_ALL}({json.dumps(list(BEGIN.items()))})")
        for name, code in STATES.items():
            if found := tab.evaluate(f"{TRY_ALL}({json.dumps([[name, code]])})") if PICTURES else None:
                faults[f"{width} {name}"] = found
            if PICTURES:
                tab.screenshot(Path(PICTURES) / f"header {name} {width}.png")
        if not PICTURES and (found := tab.evaluate(f"{TRY_ALL}({json.dumps(list(STATES.items()))})")):
            faults[str(width)] = found
    assert faults == {}


@pytest.fixture
def long_names() -> Iterator[QuietDesk]:
    """Return the desk with names of sixty characters, without a space to break them at, wherever a name can be."""
    quiet = QuietDesk()
    params = [Float(NAME, 0.5, unit="Hz"), Choice("way", NAME, [NAME, NAME + "2"]), Text("words", NAME, longest=200)]
    quiet.store.declare(PLUGIN, params)
    quiet.plugins = ("walk", PLUGIN)
    slot = {"name": PLUGIN, "help": NAME, "cost_ms": 1.0, "bypassed": False, "strikes": 3, "error": NAME, "file": NAME}
    binding = {"controller": NAME, "control": "CC 21", "min": 0.0, "max": 1.0, "curve": 1.0, "invert": False}
    cues = {str(n): {"state": "stored", "label": NAME[:40], "picture": None} for n in range(1, 9)}
    modulator = {"param": f"{PLUGIN}.{NAME}", "place": 0, "source": "lfo", "shape": "sine", "amount": 0.2, "beats": 4}
    quiet.told |= {
        "cues": {"bank": NAME[:40], "banks": ["main", NAME[:40]], "cues": cues},
        "midi": {
            **quiet.told["midi"],
            "ports": [NAME],
            "bindings": {f"{PLUGIN}.{NAME}": [{**binding, "relative": False, "takeover": None, "from": "file"}]},
        },
        "modulation": [{**modulator, "rate": None, "phase": 0.0, "polarity": None}],
        "presets": {"names": [NAME, NAME + "2"], "current": NAME, "morph": {"a": NAME, "b": NAME + "2"}},
        "generator": {
            **quiet.told["generator"],
            "weights": NAME,
            "error": NAME,
            "available": [NAME, NAME + "2"],
            "directions": [NAME],
        },
        "rack": {"plugins": [slot], "available": [{"name": PLUGIN + "2", "help": NAME, "error": NAME}], "watch": True},
        "log": [[1.0, "error", NAME]],
    }
    yield quiet
    quiet.close()


@pytest.mark.parametrize("size", [PHONES[0], OTHERS[-1]], ids=str)
def test_long_names_break_no_part_of_the_page(
    long_names: QuietDesk, open_tab: Callable[..., Tab], size: tuple[int, int]
) -> None:
    tab = open_quiet(long_names, open_tab, *size, touch=size in PHONES)
    faults = {}
    for part in ("Cues", "Play", "Rack", "Modulation", "Presets", "Log"):
        if part == "Cues" and size not in PHONES:
            continue
        tab.click(f"[data-tab={part}]")
        if part == "Play":
            tab.click(f'[data-address="{PLUGIN}.{NAME}"] .name')
        if PICTURES:
            tab.evaluate("new Promise((done) => setTimeout(done, 200))")
            tab.screenshot(Path(PICTURES) / f"long {part} {size[0]}.png")
        if found := tab.evaluate(f"({CUT})('.part')"):
            faults[part] = found
    assert faults == {}
