"""Spout and Syphon: pictures to programs on the same machine, through the graphics card. Windows; macOS."""

from typing import Any

import numpy as np

from likeness.errors import OutputError
from likeness.outputs.sending.sender import Converted
from likeness.picture import Picture

NO_SPOUT = "Spout, which is for Windows alone, needs SpoutGL (BSD); pip install 'likeness-live[spout]'"
NO_SYPHON = "Syphon, which is for macOS alone, needs syphon-python (MIT); pip install 'likeness-live[syphon]'"


class SpoutSender:
    """A Spout sender, as a `Transmitter`, with an OpenGL context of this thread. RGBA.

    Args:
        name: by which programs find it.
        size: width and height in px.
    """

    connected = True  # as soon as it is open; who looks on is not its matter

    def __init__(self, name: str, size: tuple[int, int]) -> None:
        import SpoutGL

        self._sender: Any = SpoutGL.SpoutSender()
        self._sender.setSenderName(name)
        self._size, self._format, self._converted = size, SpoutGL.enums.GL_RGBA, Converted()

    def send(self, picture: Picture, at: float) -> None:
        """Copy a picture to the graphics card.

        Raises:
            OutputError: the card does not take it.
        """
        pixels = np.ascontiguousarray(self._converted.with_alpha(picture))
        # Upright: Spout's own pictures begin at the top, as ours do.
        if not self._sender.sendImage(pixels, *self._size, self._format, False, 0):
            raise OutputError("Spout did not take the picture; does this graphics card share textures?")

    def close(self) -> None:
        """Take the sender out of the list."""
        self._sender.releaseSender()


class SyphonServer:
    """A Syphon server, as a `Transmitter`, with a Metal texture of its own. RGBA.

    Args:
        name: by which programs find it.
        size: width and height in px.
    """

    connected = True  # as soon as it is open; who looks on is not its matter

    def __init__(self, name: str, size: tuple[int, int]) -> None:
        import syphon
        from syphon.utils.raw import copy_bytes_to_mtl_texture, create_mtl_texture

        self._copy: Any = copy_bytes_to_mtl_texture
        self._server: Any = syphon.SyphonMetalServer(name)
        self._texture: Any = create_mtl_texture(self._server.device, *size)
        self._converted = Converted()

    def send(self, picture: Picture, at: float) -> None:
        """Copy a picture to the graphics card and publish it."""
        self._copy(np.ascontiguousarray(self._converted.with_alpha(picture)).tobytes(), self._texture)
        # Syphon counts lines from below, and our pictures begin at the top.
        self._server.publish_frame_texture(self._texture, is_flipped=True)

    def close(self) -> None:
        """Stop the server."""
        self._server.stop()
