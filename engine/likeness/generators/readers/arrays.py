"""NumPy arrays and numbers as they are pickled, rebuilt from their bytes; object arrays are refused."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from likeness.generators.readers.inert import SnapshotError, Symbol
from likeness.generators.readers.restricted_pickle import Known

# Numbers of fixed width only: an object array ("O") is a pickle inside a pickle.
CODES = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}
MOST_DIMENSIONS = 8


class StoredType:
    """A number type; its byte order comes with the state."""

    def __init__(self, code: Any, *_ignored: Any) -> None:
        if not isinstance(code, str) or code.lstrip("<>|=") not in CODES:
            raise SnapshotError(f"has an array of type {str(code)[:40]!r}, which is not read")
        self._code, self._order = code.lstrip("<>|="), "<"

    def build(self, state: Any) -> None:
        """Take the byte order."""
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|", "="):
            self._order = ">" if state[1] == ">" else "<"

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The type as NumPy has it."""
        return np.dtype(self._order + self._code)


class StoredArray:
    """An array whose bytes lie in the file; `array()` makes it, without a copy where the order is right."""

    def __init__(self, *_ignored: Any) -> None:
        self.shape: tuple[int, ...] = ()
        self._type: StoredType | None = None
        self._fortran = False
        self._raw: memoryview = memoryview(b"")

    def build(self, state: Any) -> None:
        """Take version, shape, type, order and bytes [numpy.ndarray.__setstate__]."""
        _version, shape, kind, fortran, raw = state
        self.fill(raw, kind, shape, bool(fortran))

    def fill(self, raw: Any, kind: Any, shape: Any, fortran: bool) -> "StoredArray":
        """Check that bytes, type and shape belong together and keep them."""
        if not isinstance(kind, StoredType) or not isinstance(shape, tuple) or len(shape) > MOST_DIMENSIONS:
            raise SnapshotError("has a broken array inside")
        raw = to_bytes(raw)
        if not all(isinstance(n, int) and n >= 0 for n in shape):
            raise SnapshotError("has a broken array inside")
        if math.prod(shape) * kind.dtype.itemsize != len(raw):
            raise SnapshotError(f"has an array of shape {list(shape)[:8]} in {len(raw)} bytes")
        self.shape, self._type, self._fortran, self._raw = shape, kind, fortran, raw
        return self

    def array(self) -> npt.NDArray[Any]:
        """Return the array in the machine's byte order; not to be written to."""
        if self._type is None:
            raise SnapshotError("has an array without contents")
        dtype = self._type.dtype
        flat = np.frombuffer(self._raw, dtype).astype(dtype.newbyteorder("="), copy=False)
        return flat.reshape(self.shape, order="F" if self._fortran else "C")


def to_bytes(value: Any) -> memoryview:
    """Return bytes as the pickle's protocol gave them: bytes, or from Python 2 a string of latin-1."""
    if isinstance(value, str):
        return memoryview(value.encode("latin1"))
    if isinstance(value, memoryview | bytes):
        return memoryview(value)
    raise SnapshotError(f"has a {type(value).__name__} where bytes belong")


def _build_array(kind: Any, *_ignored: Any) -> StoredArray:
    if not isinstance(kind, Symbol) or kind.name != "ndarray":
        raise SnapshotError(f"has an array of the class {str(kind)[:80]!r}")
    return StoredArray()


def _build_array_from_buffer(raw: Any, kind: Any, shape: Any, order: Any) -> StoredArray:
    return StoredArray().fill(raw, kind, shape, order == "F")


def _build_scalar(kind: Any, raw: Any = b"") -> Any:
    if not isinstance(kind, StoredType) or len(to_bytes(raw)) != kind.dtype.itemsize:
        raise SnapshotError("has a broken number inside")
    return np.frombuffer(to_bytes(raw), kind.dtype)[0].item()


def _encode(text: Any, codec: Any = "latin1") -> bytes:
    # Protocol 2 has no bytes: they travel as text of 256 letters.
    if not isinstance(text, str) or codec not in ("latin1", "latin-1"):
        raise SnapshotError("has bytes in an encoding that is not read")
    return text.encode("latin1")


def _build_bytes(*parts: Any) -> bytes:
    if parts and not (len(parts) == 1 and isinstance(parts[0], bytes | memoryview)):
        raise SnapshotError("has bytes made of something else")
    return bytes(parts[0]) if parts else b""


ARRAY_NAMES: Known = {
    ("numpy", "dtype"): StoredType,
    ("numpy", "ndarray"): StoredArray,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _build_bytes,
    ("builtins", "bytes"): _build_bytes,
    **{
        (f"numpy.{core}.{module}", name): builder
        for core in ("core", "_core")
        for module, name, builder in (
            ("multiarray", "_reconstruct", _build_array),
            ("multiarray", "scalar", _build_scalar),
            ("numeric", "_frombuffer", _build_array_from_buffer),
        )
    },
}
