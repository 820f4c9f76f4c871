"""A window is filled as a file is, in every mode, and changes over with the mode."""

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

from likeness.outputs.fitting import Fitting, fit_picture
from likeness.picture import Picture
from likeness.ranges import Fit

pytest.importorskip("pygame")


def test_each_fit_fills_the_window_as_it_fills_a_file(
    xvfb: str,
    monkeypatch: pytest.MonkeyPatch,
    screenshot: Callable[[str], Picture],
    picture: Callable[..., Picture],
    eventually: Callable[[Callable[[], object]], None],
) -> None:
    from likeness.outputs.window import WindowOutput

    monkeypatch.setenv("DISPLAY", xvfb)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    shown, modes = picture(240, 240), list[Fit](["contain"])
    window = WindowOutput(
        size=(320, 160),
        display=0,
        windowed=True,
        fps=60.0,
        title="fit",
        on_key=str.lower,
        on_close=lambda: None,
        fitting=Fitting(lambda: modes[0]),
    )

    def apart() -> float:
        window.show(shown, 0.0)
        seen = screenshot(xvfb)[160:320, 160:480].astype(int)
        # Scaled by another hand, and the picture's blue wraps round.
        return float(np.abs(seen - fit_picture(shown, (320, 160), modes[0]))[..., :2].mean())

    try:
        for modes[0] in get_args(Fit):
            eventually(lambda: apart() < 2.5)
    finally:
        window.close()
