"""NDI: pictures to every machine in the network that looks for them by name."""

from fractions import Fraction
from typing import Any

import numpy as np

from likeness.outputs.pacing import exact_rate
from likeness.outputs.sending.sender import Converted
from likeness.picture import Picture

NO_NDI = (
    "NDI needs cyndilib (MIT), which holds NDI's own library: its licence, https://ndi.link/ndisdk_license, counts for "
    "you; pip install 'likeness-live[ndi]'"
)


class NdiSender:
    """An NDI source, as a `Transmitter`: RGBA where the pictures have alpha, else RGBX.

    Args:
        name: of the source, which receivers see as "MACHINE (NAME)".
        size: width and height in px.
        channels: of the pictures, 3 or 4.
        fps: as receivers are told.
    """

    connected = True  # as soon as it is open; who looks on is not its matter

    def __init__(self, name: str, size: tuple[int, int], channels: int, fps: float) -> None:
        from cyndilib.sender import Sender
        from cyndilib.video_frame import VideoSendFrame
        from cyndilib.wrapper.ndi_structs import FourCC

        frame = VideoSendFrame()
        frame.set_resolution(*size)
        frame.set_fourcc(FourCC.RGBA if channels == 4 else FourCC.RGBX)
        frame.set_frame_rate(Fraction(exact_rate(fps)))
        # Not clocked by NDI: the show has its own clock, and this thread would only wait.
        self._sender: Any = Sender(name, clock_video=False)
        self._sender.set_video_frame(frame)
        self._sender.open()
        self._converted = Converted()

    def send(self, picture: Picture, at: float) -> None:
        """Send a picture; NDI copies it before this returns."""
        self._sender.write_video(np.ascontiguousarray(self._converted.with_alpha(picture)).reshape(-1))

    def close(self) -> None:
        """Take the source out of the network."""
        self._sender.close()
