"""The pictures of the desk: `python docs/draw_desk.py` plays a show for a minute and films its page in Chromium.

It writes docs/desk.png, the desk beside the face that it plays, and docs/desk-phone.png. It needs Debian's `chromium`
or another one of that name; run it in the repository's folder, with nothing else to do for the machine.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parent.parent
# The tests' browser; they are no package that is installed.
sys.path.insert(0, str(ROOT))

from tests.engine.web.page.chromium import Chromium  # noqa: E402
from tests.engine.web.page.played_show import PlayedShow  # noqa: E402

SHOW = ("--weights", "faces-256", "--size", "512x512", "--fps", "20", "--osc-port", "0", "--midi", "off")
CUES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 17)
LABELS = {1: "opening", 4: "chorus", 8: "bridge", 12: "blue eyes", 17: "end"}
# Of the picture on the README: the face and the desk beside each other.
WIDTH = 1600


def play(show: PlayedShow) -> None:
    """Fill the desk as somebody would who has played for a while."""
    with connect(f"ws://127.0.0.1:{show.port}/socket") as page:
        page.send(json.dumps([["/random_walk/speed", 1.5]]))
        for number in CUES:
            time.sleep(2.5)
            page.send(json.dumps([["/cue/store", number], ["/cue/label", number, LABELS.get(number, "")]]))
        page.send(json.dumps([["/random_walk/speed", 0.3], ["/rack/add", "direction_pad"]]))
        page.send(json.dumps([["/mod/add", "random_walk.reach", "shape", "sine", "beats", 8, "amount", 0.2]]))
        page.send(json.dumps([["/cue/recall", 8, 0.5]]))
        time.sleep(2.0)
        page.send(json.dumps([["/cue/recall", 12, 120]]))
        time.sleep(2.0)


def main() -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        show = PlayedShow(Path(folder), "demo", light=SHOW)
        show.start()
        browser = Chromium(Path(folder) / "browser")
        try:
            play(show)
            for name, size, touch in (("desk", (1440, 900), False), ("desk-phone", (390, 844), True)):
                tab = browser.tab(*size, touch=touch)
                tab.before_load("localStorage.setItem('likeness.tour', 'done')")
                tab.open(show.url)
                time.sleep(4.0)
                shot = cv2.imread(str(tab.screenshot(Path(folder) / f"{name}.png")))
                if name == "desk":
                    face = cv2.imdecode(np.frombuffer(show.fetch("/frame.jpg?width=1024"), np.uint8), cv2.IMREAD_COLOR)
                    face = cv2.resize(face, (shot.shape[0], shot.shape[0]), interpolation=cv2.INTER_CUBIC)
                    both = np.hstack([face, shot])
                    shot = cv2.resize(
                        both, (WIDTH, both.shape[0] * WIDTH // both.shape[1]), interpolation=cv2.INTER_AREA
                    )
                cv2.imwrite(str(ROOT / "docs" / f"{name}.png"), shot)
                browser.close_tab(tab)
        finally:
            browser.close()
            show.stop()


if __name__ == "__main__":
    main()
