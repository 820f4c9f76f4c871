"""Resizing of pictures: averaged on the way down, interpolated on the way up."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def resize(
    picture: NDArray[Any], width: int, height: int | None = None, *, enlarge: int = cv2.INTER_CUBIC
) -> NDArray[Any]:
    """Return a picture at `width` x `height` px, of the same type and channels; itself if it has that size.

    OpenCV's INTER_AREA averages, so that nothing flickers or aliases when a picture becomes smaller; when it becomes
    larger that method repeats pixels, so another one takes over.

    Args:
        picture: `[H, W]` or `[H, W, channels]`, of any type that OpenCV resizes.
        width: in px.
        height: in px; as `width` if it is left out.
        enlarge: OpenCV's method for a picture that becomes larger in both directions.
    """
    size = width, width if height is None else height
    old = picture.shape[1], picture.shape[0]
    if size == old:
        return picture
    smaller = size[0] < old[0] or size[1] < old[1]
    resized = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else enlarge))
    # OpenCV drops the channel axis of a picture with one channel.
    return resized.reshape(size[1], size[0], *picture.shape[2:])
