"""A page in a headless Chromium: real mouse, fingers and keys on it, and what went wrong on it."""

import base64
import json
import time
from pathlib import Path
from typing import Any

from tests.engine.web.page.devtools import DevTools

# Finds `css`, or `name=WORDS`: what can be pressed and is seen, by its label or else its text.
FIND = """
(target) => {
  if (!target.startsWith("name=")) return document.querySelector(target);
  const words = target.slice(5);
  const named = (one) => (one.getAttribute("aria-label") ?? one.textContent).trim().replace(/\\s+/g, " ") === words;
  const pressed = "button, a, input, select, textarea, summary, [role], label";
  return [...document.querySelectorAll(pressed)].find((one) => one.getClientRects().length > 0 && named(one)) ?? null;
}
"""

# Brings what was found into view and answers its middle and size, or in words why it cannot be pressed there.
# What still moves from one picture of the page to the next would be pressed where it was.
PLACE = f"""
async (target) => {{
  const found = ({FIND})(target);
  if (!found) return "is not on the page";
  found.scrollIntoView({{block: "nearest", inline: "nearest"}});
  const before = found.getBoundingClientRect();
  await new Promise((drawn) => {{ requestAnimationFrame(drawn); setTimeout(drawn, 50); }});
  const box = found.getBoundingClientRect();
  if (box.width === 0 || box.height === 0) return "is not seen";
  if (box.left !== before.left || box.top !== before.top) return "still moves";
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const top = document.elementFromPoint(x, y);
  if (!top) return `lies outside the window, at ${{x}}, ${{y}}`;
  const label = top.closest("label");
  if (!found.contains(top) && !top.contains(found) && label?.control !== found)
    return `is covered by <${{top.tagName.toLowerCase()}} class="${{top.className}}">`;
  return {{x, y, left: box.left, top: box.top, width: box.width, height: box.height}};
}}
"""

# Violations of the content policy, as the page itself is told of them.
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`content policy: ${event.violatedDirective} refused ${event.blockedURI} at ${event.sourceFile}`));
"""

KEYS = {
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    "Tab": ("Tab", 9, ""),
    "Backspace": ("Backspace", 8, ""),
    "Delete": ("Delete", 46, ""),
    "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowUp": ("ArrowUp", 38, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    "Home": ("Home", 36, ""),
    "End": ("End", 35, ""),
    "PageUp": ("PageUp", 33, ""),
    "PageDown": ("PageDown", 34, ""),
    " ": ("Space", 32, " "),
}


class Tab(DevTools):
    """A page in a context of its own, so it shares no storage with others.

    `faults` has what went wrong on it: exceptions, errors in the console, refusals of the content policy.
    """

    def __init__(self, url: str, context: str, width: int, height: int, touch: bool) -> None:
        super().__init__(url)
        self.context = context
        self.faults: list[str] = []
        self.requested: list[str] = []
        self.size = (width, height)
        for domain in ("Page", "Runtime", "Log"):
            self.command(f"{domain}.enable")
        self.before_load(WATCH_POLICY)
        self.command("Emulation.setFocusEmulationEnabled", enabled=True)
        self.resize(width, height, touch)

    def keep(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.faults.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.faults.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.faults.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requested.append(params["url"])

    def resize(self, width: int, height: int, touch: bool = False) -> None:
        """Become a window of that size, or the screen of a device that is touched."""
        self.size = (width, height)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Emulation.setTouchEmulationEnabled", enabled=touch, maxTouchPoints=5 if touch else 1)

    def forgive(self, *words: str) -> None:
        """Drop the faults that have one of `words` in them: a test brought them about."""
        self.pump()
        self.faults = [fault for fault in self.faults if not any(word in fault for word in words)]

    def before_load(self, code: str) -> None:
        """Have every page from now on run `code` before its own."""
        self.command("Page.addScriptToEvaluateOnNewDocument", source=code)

    def watch_network(self) -> None:
        """Keep the address of every request from now on in `requested`."""
        self.command("Network.enable")

    def open(self, url: str) -> None:
        """Go to `url` and wait until the page and its modules are loaded."""
        result = self.command("Page.navigate", url=url)
        assert "errorText" not in result, f"{url}: {result['errorText']}"
        self.wait_for(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def evaluate(self, code: str) -> Any:
        """Return the value of an expression of JavaScript, awaited where it is a promise."""
        result = self.command("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, f"{code}: {result['exceptionDetails']}"
        return result["result"].get("value")

    def wait_for(self, condition: str, seconds: float = 10.0, what: str = "") -> Any:
        """Return the value of `condition` once it is true."""
        deadline = time.monotonic() + seconds
        while not (value := self._evaluate_between_pages(condition)):
            assert time.monotonic() < deadline, f"{what or condition} did not come within {seconds:g} s. {self.faults}"
            time.sleep(0.02)
        return value

    def _evaluate_between_pages(self, code: str) -> Any:
        """Return as `evaluate` does, and None while one page gives way to the next."""
        try:
            found = f"try {{ const found = {code}; return found instanceof Node || found; }} catch {{ return null; }}"
            return self.evaluate(f"(() => {{ {found} }})()")
        except AssertionError as error:
            if "context" in str(error) or "navigat" in str(error):
                return None
            raise

    def place(self, target: str, seconds: float = 5.0) -> dict[str, float]:
        """Return where `target` lies (middle `x`, `y`, `left`, `top`, `width`, `height`) once it can be pressed there.

        Args:
            target: a CSS selector, or `name=WORDS` for what is labelled so.
            seconds: patience.
        """
        deadline = time.monotonic() + seconds
        while isinstance(place := self.evaluate(f"({PLACE})({json.dumps(target)})"), str):
            assert time.monotonic() < deadline, f"{target} {place}"
            time.sleep(0.02)
        return dict(place)

    def click(self, target: str, count: int = 1) -> None:
        place = self.place(target)
        for number in range(1, count + 1):
            self.mouse("mousePressed", place["x"], place["y"], number)
            self.mouse("mouseReleased", place["x"], place["y"], number)

    def mouse(self, kind: str, x: float, y: float, count: int = 1) -> None:
        """Send one event of the mouse: `mousePressed`, `mouseMoved` or `mouseReleased`, the left button."""
        held = kind != "mouseReleased"
        self.command(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=int(held), clickCount=count
        )

    def hold(self, target: str, seconds: float) -> None:
        """Keep the mouse's button down on `target` so long."""
        place = self.place(target)
        self.mouse("mousePressed", place["x"], place["y"])
        self.evaluate(f"new Promise((done) => setTimeout(done, {seconds * 1000}))")
        self.mouse("mouseReleased", place["x"], place["y"])

    def drag(self, target: str, to: tuple[float, float] | str, steps: int = 8, *, release: bool = True) -> None:
        """Drag with the mouse from the middle of `target`, by so many pixels or to the middle of another."""
        start = self.place(target)
        x, y = self._end(start, to)
        self.mouse("mousePressed", start["x"], start["y"])
        for step in range(1, steps + 1):
            part = step / steps
            self.mouse("mouseMoved", start["x"] + (x - start["x"]) * part, start["y"] + (y - start["y"]) * part)
        if release:
            self.mouse("mouseReleased", x, y)

    def _end(self, start: dict[str, float], to: tuple[float, float] | str) -> tuple[float, float]:
        if isinstance(to, str):
            end = self.place(to)
            return end["x"], end["y"]
        return start["x"] + to[0], start["y"] + to[1]

    def tap(self, target: str) -> None:
        place = self.place(target)
        self.touch("touchStart", (place["x"], place["y"]))
        self.touch("touchEnd")

    def touch(self, kind: str, *fingers: tuple[float, float]) -> None:
        """Send one event of fingers: `touchStart`, `touchMove` with all that are down, `touchEnd` with those left."""
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        self.command("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    def drag_fingers(self, *moves: tuple[str, tuple[float, float]], steps: int = 8) -> None:
        """Drag with several fingers at once, each from the middle of a target by so many pixels."""
        starts = [self.place(target) for target, _ in moves]
        self.touch("touchStart", *((start["x"], start["y"]) for start in starts))
        for step in range(1, steps + 1):
            part = step / steps
            ends = ((s["x"] + by[0] * part, s["y"] + by[1] * part) for s, (_, by) in zip(starts, moves, strict=True))
            self.touch("touchMove", *ends)
        self.touch("touchEnd")

    def key(self, key: str, modifiers: int = 0) -> None:
        """Press and release a key: a character or a name of KEYS; `modifiers`: Alt 1, Ctrl 2, Shift 8."""
        code, number, text = KEYS.get(key, (f"Key{key.upper()}", ord(key.upper()[0]), key))
        event = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers}
        self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
        self.command("Input.dispatchKeyEvent", type="keyUp", **event)

    def write(self, target: str, text: str) -> None:
        """Replace what stands in a field by `text`, as typed."""
        self.click(target)
        self.evaluate(f"({FIND})({json.dumps(target)}).select()")
        self.command("Input.insertText", text=text)

    def screenshot(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"]))
        return path
