"""Whole numbers as text, for what a header holds beside the tensors, whose hash it must not change."""

import base64
import zlib

import numpy as np
from numpy.typing import NDArray


def pack_bytes(numbers: np.ndarray) -> str:
    """Return numbers, rounded and kept within -127 to 127, as text."""
    return base64.b64encode(zlib.compress(np.rint(numbers.clip(-127, 127)).astype(np.int8).tobytes(), 9)).decode()


def unpack_bytes(text: str, what: str) -> NDArray[np.int8]:
    """Return all numbers of `pack_bytes` in one row.

    Args:
        what: they are, for the error.

    Raises:
        ValueError: they are broken.
    """
    try:
        return np.frombuffer(zlib.decompress(base64.b64decode(text, validate=True)), np.int8)
    except zlib.error as error:
        raise ValueError(f"{what} are broken ({error})") from error
