"""Measure the desk's page in Chromium: when it is there, how much it weighs, and how soon it comes back.

Run `python tests/benchmarks/page.py`. It opens the page of a running show again and again with an empty cache, until
its first fader is drawn; then the show is killed and started again, and the time counts from the moment at which its
port answers until the page has connected by itself; last the page is frozen for ten seconds, as a tablet that sleeps.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
ROOT = Path(__file__).resolve().parents[2]
# The tests' browser; they are no package that is installed.
sys.path.insert(0, str(ROOT))

from tests.engine.web.page.chromium import Chromium  # noqa: E402
from tests.engine.web.page.played_show import PlayedShow  # noqa: E402
from tests.engine.web.page.tab import Tab  # noqa: E402

NOTE_TIMES = """
localStorage.setItem('likeness.tour', 'done');
const look = () => {
  if (!window.thereAt && document.querySelector('[role=slider]')) window.thereAt = performance.now();
  const gone = Boolean(document.querySelector('.desk.gone'));
  if (window.wasGone && !gone) window.backAt = Date.now();
  if (!window.wasGone && gone) window.goneAt = Date.now();
  window.wasGone = gone;
};
setInterval(look, 4);
"""
BYTES = """performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))
  .filter((entry) => !entry.name.includes('/picture/')).reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--restarts", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        show = PlayedShow(Path(folder))
        show.start()
        browser = Chromium(Path(folder) / "browser")
        try:
            measure_loads(browser, show, arguments.rounds)
            tab = open_page(browser, show)
            measure_restarts(tab, show, arguments.restarts)
            measure_sleep(tab)
        finally:
            browser.close()
            show.stop()


def open_page(browser: Chromium, show: PlayedShow) -> Tab:
    """Return a tab that shows the desk's first fader."""
    tab = browser.tab()
    tab.before_load(NOTE_TIMES)
    tab.open(show.url)
    tab.wait_for("window.thereAt", 30.0)
    return tab


def measure_loads(browser: Chromium, show: PlayedShow, rounds: int) -> None:
    """Print when the page was there, and how many bytes came for it."""
    times, sizes = [], []
    for _ in range(rounds):
        tab = open_page(browser, show)
        times.append(float(tab.evaluate("window.thereAt")))
        sizes.append(int(tab.evaluate(BYTES)))
        browser.close_tab(tab)
    print(
        f"the page is there after {statistics.median(times):.0f} ms (median of {rounds}), {max(times):.0f} ms at most"
    )
    print(f"it weighs {statistics.median(sizes) / 1e3:.0f} kB on its way")


def measure_restarts(tab: Tab, show: PlayedShow, restarts: int) -> None:
    """Print how soon the page says that the show is gone, and how soon it is back after the port answers."""
    for _ in range(restarts):
        tab.wait_for("!document.querySelector('.desk.gone')", 30.0)
        tab.evaluate("window.goneAt = window.backAt = 0")
        killed = time.time()
        show.kill()
        tab.wait_for("window.goneAt", 30.0)
        show.start(wait=False)
        answered = wait_for_port(show)
        tab.wait_for("window.backAt", 30.0)
        gone, back = (float(tab.evaluate(f"window.{name}")) / 1e3 for name in ("goneAt", "backAt"))
        late = max(back - answered, 0.0)
        print(f"killed: said so after {gone - killed:.2f} s; back {late:.2f} s after its port answered")


def wait_for_port(show: PlayedShow) -> float:
    """Return when the show's port answers."""
    deadline = time.monotonic() + 60.0
    while True:
        try:
            urllib.request.urlopen(show.url + "status", timeout=5).close()
            return time.time()
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < deadline, "the show did not come back"
            time.sleep(0.005)


def measure_sleep(tab: Tab) -> None:
    """Print how soon the page is there again after ten seconds in which it was frozen."""
    tab.evaluate("window.goneAt = window.backAt = 0")
    tab.command("Page.setWebLifecycleState", state="frozen")
    time.sleep(10.0)
    woken = time.time()
    tab.command("Page.setWebLifecycleState", state="active")
    tab.wait_for("!document.querySelector('.desk.gone')", 30.0)
    print(f"asleep for 10 s: playing again {time.time() - woken:.2f} s after it woke")


if __name__ == "__main__":
    main()
