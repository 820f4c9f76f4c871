"""A virtual camera, which other programs open like one with a lens. An opt-in extra, since pyvirtualcam is GPL."""

from typing import Any

import numpy as np

from likeness.picture import Picture

NO_CAMERA = (
    "a camera as output needs pyvirtualcam, which is GPL-2.0 and therefore left out; "
    "pip install 'likeness-live[camera-gpl]'"
)


class VirtualCamera:
    """A virtual camera, as a `Transmitter`: v4l2loopback on Linux, OBS's on macOS and Windows.

    Args:
        device: its name, such as /dev/video2; empty takes the first one.
        size: width and height in px.
        channels: of the pictures; only colours are sent, since cameras know no alpha.
        fps: as programs are told.
    """

    connected = True  # as soon as it is open; who looks on is not its matter

    def __init__(self, device: str, size: tuple[int, int], channels: int, fps: float) -> None:
        import pyvirtualcam

        self._camera: Any = pyvirtualcam.Camera(
            width=size[0], height=size[1], fps=fps, fmt=pyvirtualcam.PixelFormat.RGB, device=device or None
        )

    def send(self, picture: Picture, at: float) -> None:
        """Send a picture; it is copied before this returns."""
        self._camera.send(np.ascontiguousarray(picture[..., :3]))

    def close(self) -> None:
        """Give the camera back."""
        self._camera.close()
