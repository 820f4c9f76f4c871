"""Where a picture lies in a screen or video of another shape."""

import cv2
import numpy as np

from likeness.picture import Picture


def fitted(size: tuple[int, int], into: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return `(x, y, width, height)` of a picture of `size`, as large as it goes `into` a frame and in its middle.

    Args:
        size: width and height of the picture, pixels.
        into: width and height of the frame, pixels.
    """
    scale = min(into[0] / size[0], into[1] / size[1])
    width, height = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return (into[0] - width) // 2, (into[1] - height) // 2, width, height


def letterboxed(picture: Picture, into: tuple[int, int]) -> Picture:
    """Return `picture` scaled to a frame of `into` (width, height) with black bars; itself where it fits already."""
    height, width = picture.shape[:2]
    if (width, height) == into:
        return picture
    x, y, w, h = fitted((width, height), into)
    # AREA does not flicker when it makes smaller; it is nearest-neighbour when it makes larger.
    method = cv2.INTER_AREA if w < width else cv2.INTER_CUBIC
    frame: Picture = np.zeros((into[1], into[0], 3), np.uint8)
    frame[y : y + h, x : x + w] = cv2.resize(picture, (w, h), interpolation=method)
    return frame
