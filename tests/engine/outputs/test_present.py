import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable

import pytest

from likeness.outputs.window import WindowOutput
from likeness.picture import Picture

pygame = pytest.importorskip("pygame")

XVFB_SIZE = (640, 480)


def test_other_threads_go_on_while_the_display_is_waited_for(
    xvfb: str, monkeypatch: pytest.MonkeyPatch, picture: Callable[..., Picture]
) -> None:
    monkeypatch.setenv("DISPLAY", xvfb)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    server = find_server(xvfb)
    window = WindowOutput(
        size=XVFB_SIZE, display=0, windowed=True, fps=60, title="t", on_key=lambda key: None, on_close=lambda: None
    )
    window.show(picture(), 0.0)
    in_time = []

    def wake() -> None:
        time.sleep(0.2)
        in_time.append(rescue.poll() is None)
        os.kill(server, signal.SIGCONT)

    # Wakes the server where the thread cannot.
    rescue = subprocess.Popen(["sh", "-c", f"sleep 5; kill -CONT {server}"])
    os.kill(server, signal.SIGSTOP)
    try:
        thread = threading.Thread(target=wake)
        thread.start()
        # A picture of this size does not fit into the socket, so that a server which reads nothing is waited for.
        window.show(picture(step=1), 0.0)
        thread.join()
    finally:
        os.kill(server, signal.SIGCONT)
        rescue.kill()
        rescue.wait()
        window.close()
    assert in_time == [True]


def find_server(display: str) -> int:
    """Return the process number of an X server on this machine."""
    with socket.socket(socket.AF_UNIX) as client:
        # On Linux it listens at this name, which is no file.
        client.connect(f"\0/tmp/.X11-unix/X{display[1:]}")
        return int(struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])
