"""Real X servers on a virtual screen, what is seen on them, and pictures to show."""

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from likeness.picture import Picture

XVFB_SIZE = (640, 480)
DUMMY_SIZE = (1024, 768)
DEADLINE_S = 20.0

TWO_DISPLAYS = """
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 64000
  Option "Monitor-DUMMY0" "left"
  Option "Monitor-DUMMY1" "right"
EndSection
Section "Monitor"
  Identifier "left"
EndSection
Section "Monitor"
  Identifier "right"
  Option "RightOf" "left"
  Option "Enable" "true"
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Virtual 2048 768
  EndSubSection
EndSection
"""


def needs(*programs: str) -> None:
    """Skip where one of `programs` is absent."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed (see .ci/run for the packages)")


@contextmanager
def x_server(*command: str, log: Path) -> Iterator[str]:
    """Run an X server on a free number and yield what DISPLAY is."""
    reading, writing = os.pipe()
    with log.open("w") as said:
        server = subprocess.Popen(
            [*command, "-displayfd", str(writing), "-nolisten", "tcp"],
            pass_fds=[writing],
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()  # ends with the server, so this cannot wait for ever
        if not number:
            pytest.skip(f"{command[0]} does not start here: {log.read_text()[-300:]}")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def xvfb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return DISPLAY of a screen of XVFB_SIZE without a window manager."""
    needs("Xvfb", "xwd")
    width, height = XVFB_SIZE
    log = tmp_path_factory.mktemp("xvfb") / "log"
    with x_server("Xvfb", "-screen", "0", f"{width}x{height}x24", "-noreset", log=log) as display:
        yield display


@pytest.fixture(scope="module")
def two_displays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return DISPLAY of two screens of DUMMY_SIZE side by side."""
    needs("Xorg", "xwd")
    folder = tmp_path_factory.mktemp("xorg")
    (folder / "xorg.conf").write_text(TWO_DISPLAYS)
    options = ["-config", str(folder / "xorg.conf"), "-logfile", str(folder / "xorg.log"), "-noreset"]
    with x_server("Xorg", *options, log=folder / "log") as display:
        yield display


@pytest.fixture
def screenshot() -> Callable[[str], Picture]:
    """Return a function that returns all that is seen on an X server, as RGB."""

    def take(display: str) -> Picture:
        dump = subprocess.run(["xwd", "-root", "-silent", "-display", display], check=True, capture_output=True).stdout
        # X11/XWDFile.h: 25 big-endian words, the window's name, the colour map, then the lines.
        header = struct.unpack(">25I", dump[:100])
        length, width, height, bits, stride, colours = (
            header[0],
            header[4],
            header[5],
            header[11],
            header[12],
            header[19],
        )
        lines = np.frombuffer(dump, np.uint8, height * stride, length + 12 * colours).reshape(height, stride)
        pixels = lines[:, : width * bits // 8].reshape(height, width, bits // 8)
        return pixels[..., 2::-1].copy()

    return take


@pytest.fixture
def picture() -> Callable[..., Picture]:
    """Return a maker of pictures with four corners that cannot be confused, moving with `step`."""

    def make(width: int = 64, height: int = 64, step: int = 0) -> Picture:
        y, x = np.mgrid[0:height, 0:width]
        across, down = 255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1)
        return np.stack([across, down, (across + down + 16 * step) / 2 % 256], axis=-1).astype(np.uint8)

    return make


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Return a function that calls another until it returns something true, and fails after a while."""

    def wait(happened: Callable[[], object]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not happened():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.01)

    return wait
