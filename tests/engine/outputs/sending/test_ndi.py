"""NDI with a receiver: what another program finds by name and sees, where cyndilib is installed."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# Sends a picture again and again, and receives by the library's own finder and receiver. NDI reads where to look when
# it starts, and keeps threads to the end of the process: so it has one of its own.
PROGRAM = """
import json, sys, time
import numpy as np
from cyndilib.finder import Finder
from cyndilib.receiver import Receiver
from cyndilib.video_frame import VideoFrameSync
from cyndilib.wrapper.ndi_recv import RecvBandwidth, RecvColorFormat
from likeness.outputs.sending.ndi import NdiSender

channels, deadline = int(sys.argv[1]), time.monotonic() + 20
# Red on the left, half transparent blue on the right; even sides, since what is sent is coded in pairs of pixels.
picture = np.zeros((48, 64, channels), np.uint8)
picture[:, :32, 0], picture[:, 32:, 2] = 200, 200
if channels == 4:
    picture[:, :32, 3], picture[:, 32:, 3] = 255, 128
sender = NdiSender("faces", (64, 48), channels, 30.0)
finder = Finder()
finder.open()
seen = VideoFrameSync()
receiver = Receiver(color_format=RecvColorFormat.RGBX_RGBA, bandwidth=RecvBandwidth.highest)
receiver.frame_sync.set_video_frame(seen)
source = None
while time.monotonic() < deadline:
    sender.send(picture, 0.0)
    time.sleep(0.02)
    if source is None:
        name = next((each for each in finder.get_source_names() if each.endswith("(faces)")), None)
        if name is not None:
            source = finder.get_source(name)
            receiver.set_source(source)
    elif receiver.is_connected():
        receiver.frame_sync.capture_video()
        if seen.xres == 64:
            break
pixels = np.frombuffer(seen, np.uint8).reshape(seen.yres, seen.xres, 4)
# Away from the edge, which coding softens.
left, right = pixels[24, 8].tolist(), pixels[24, 56].tolist()
print(json.dumps({"rate": float(seen.get_frame_rate()), "left": left, "right": right}))
sender.close()
"""


def receive(folder: Path, channels: int) -> Mapping[str, Any]:
    """Return what a receiver sees of a picture of so many channels."""
    (folder / "ndi-config.v1.json").write_text(json.dumps({"ndi": {"networks": {"ips": "127.0.0.1"}}}))
    environment = {**os.environ, "NDI_CONFIG_DIR": str(folder)}
    command = [sys.executable, "-c", PROGRAM, str(channels)]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
    found: Mapping[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


@pytest.mark.skipif(find_spec("cyndilib") is None, reason="the extra ndi is not installed: its library has a licence")
@pytest.mark.parametrize(("channels", "alpha"), [(3, 255), (4, 128)])
def test_a_receiver_finds_the_source_and_sees_its_colours_and_its_alpha(
    tmp_path: Path, channels: int, alpha: int
) -> None:
    found = receive(tmp_path, channels)
    assert found["rate"] == pytest.approx(30.0)
    # NDI codes brightness and colour apart, and its decoder gives a blue of 200 back as 188.
    assert found["left"] == pytest.approx([200, 0, 0, 255], abs=16)
    assert found["right"][:3] == pytest.approx([0, 0, 200], abs=16)
    if channels == 4:
        assert found["right"][3] == pytest.approx(alpha, abs=4)
