"""TFLite files: a network's steps and weights, read from the file's bytes without its runtime.

A TFLite file is a FlatBuffer: tables of offsets, each field at a number that never changes [TensorFlow, schema.fbs].
Custom steps keep their options as a FlexBuffer, which names its fields [FlatBuffers, "FlexBuffers"].
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from likeness.errors import WeightsError

IDENTIFIER = b"TFL3"
# Steps by their number in the schema; what no network of ours has is refused by name or number.
STEPS: Mapping[int, str] = {
    0: "ADD", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 6: "DEQUANTIZE", 17: "MAX_POOL_2D", 18: "MUL", 22: "RESHAPE",
    34: "PAD", 45: "STRIDED_SLICE", 54: "PRELU",
}  # fmt: skip
CUSTOM = 32
NUMBERS: Mapping[int, np.dtype[Any]] = {0: np.dtype("<f4"), 1: np.dtype("<f2"), 2: np.dtype("<i4")}
PADDINGS, RELUS = ("same", "valid"), {0: "", 1: "relu", 3: "relu6"}
# Larger than any network for faces, and than what a broken file should make us allocate.
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class TFLiteStep:
    """One step of a network.

    Args:
        name: of `STEPS`, or a custom step's own.
        inputs, outputs: numbers of tensors.
        options: padding, stride, filter, relu and the like; a custom step's by its own names.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TFLiteGraph:
    """A network as its file has it; pictures lie `[batch, height, width, channels]`.

    Args:
        steps: in their order.
        constants: weights by the number of their tensor.
        shapes: of all tensors.
        inputs: numbers of the tensors that the caller gives.
        outputs: numbers of those that come out, by name.
    """

    steps: tuple[TFLiteStep, ...]
    constants: Mapping[int, NDArray[Any]]
    shapes: tuple[tuple[int, ...], ...]
    inputs: tuple[int, ...]
    outputs: Mapping[str, int]


def parse_tflite(content: bytes, name: str) -> TFLiteGraph:
    """Return the network in the bytes of a TFLite file.

    Args:
        content: the whole file.
        name: of the file, for errors.

    Raises:
        WeightsError: it is none, is broken, or has a step that is not known here.
    """
    if len(content) > MOST_BYTES or content[4:8] != IDENTIFIER:
        raise WeightsError(f"{name} is no TFLite file")
    try:
        return _read_graph(_Table(content, _unsigned(content, 0)), name)
    except (struct.error, IndexError, ValueError, UnicodeDecodeError, KeyError) as error:
        raise WeightsError(f"{name} is a broken TFLite file ({error}); fetch it again") from error


def read_tflite(path: Path) -> TFLiteGraph:
    """Return the network in a TFLite file. Raises like `parse_tflite`, and where the file cannot be read."""
    try:
        return parse_tflite(path.read_bytes(), path.name)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror})") from error


class _Table:
    """A table: its fields by number."""

    def __init__(self, content: bytes, at: int) -> None:
        self.content, self._at = content, at
        self._fields = at - struct.unpack_from("<i", content, at)[0]
        self._bytes = struct.unpack_from("<H", content, self._fields)[0]

    def place(self, number: int) -> int:
        """Return where a field is; 0 where it is left out."""
        entry = 4 + 2 * number
        offset = struct.unpack_from("<H", self.content, self._fields + entry)[0] if entry < self._bytes else 0
        return self._at + int(offset) if offset else 0

    def number(self, number: int, form: str, default: int = 0) -> int:
        place = self.place(number)
        return int(struct.unpack_from(form, self.content, place)[0]) if place else default

    def table(self, number: int) -> "_Table | None":
        place = self.place(number)
        return _Table(self.content, place + _unsigned(self.content, place)) if place else None

    def tables(self, number: int) -> list["_Table"]:
        begin, count = self._vector(number)
        places = [begin + 4 * index for index in range(count)]
        return [_Table(self.content, place + _unsigned(self.content, place)) for place in places]

    def integers(self, number: int) -> tuple[int, ...]:
        begin, count = self._vector(number)
        return struct.unpack_from(f"<{count}i", self.content, begin)

    def raw(self, number: int) -> bytes:
        begin, count = self._vector(number)
        return self.content[begin : begin + count]

    def text(self, number: int) -> str:
        return self.raw(number).decode()

    def _vector(self, number: int) -> tuple[int, int]:
        place = self.place(number)
        if not place:
            return 0, 0
        begin = place + _unsigned(self.content, place)
        count = _unsigned(self.content, begin)
        if begin + count > len(self.content):
            raise ValueError("it ends too early")
        return begin + 4, count


def _unsigned(content: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", content, at)[0])


def _read_graph(model: _Table, name: str) -> TFLiteGraph:
    codes = [_step_name(code, name) for code in model.tables(1)]
    graph, buffers = model.tables(2)[0], model.tables(4)
    tensors = graph.tables(0)
    shapes = tuple(tensor.integers(0) for tensor in tensors)
    constants = {}
    for number, tensor in enumerate(tensors):
        content = buffers[tensor.number(2, "<I")].raw(0)
        if content:
            constants[number] = np.frombuffer(content, NUMBERS[tensor.number(1, "<b")]).reshape(shapes[number])
    steps = tuple(
        TFLiteStep(codes[each.number(0, "<I")], each.integers(1), each.integers(2), _read_options(each, codes))
        for each in graph.tables(3)
    )
    outputs = {tensors[number].text(3): number for number in graph.integers(2)}
    return TFLiteGraph(steps, constants, shapes, graph.integers(1), outputs)


def _step_name(code: _Table, name: str) -> str:
    # The older field is a byte; since there are more steps than that, the newer one has the number.
    number = max(code.number(0, "<b"), code.number(3, "<i"))
    if number == CUSTOM:
        return code.text(1)
    if number not in STEPS:
        raise WeightsError(f"{name} has the step {number}, which is not known here; use the file that the docs name")
    return STEPS[number]


def _read_options(step: _Table, codes: list[str]) -> Mapping[str, Any]:
    name, options = codes[step.number(0, "<I")], step.table(4)
    if name not in STEPS.values():
        return read_flexbuffer(step.raw(5))
    if options is None:
        return {}
    if name in ("ADD", "MUL"):
        return {"relu": RELUS[options.number(0, "<b")]}
    if name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D"):
        return {}
    relu = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "MAX_POOL_2D": 5}[name]
    read: dict[str, Any] = {
        "padding": PADDINGS[options.number(0, "<b")],
        "stride": (options.number(2, "<i"), options.number(1, "<i")),
        "relu": RELUS[options.number(relu, "<b")],
    }
    if name == "MAX_POOL_2D":
        read["filter"] = (options.number(4, "<i"), options.number(3, "<i"))
    return read


def read_flexbuffer(content: bytes) -> Mapping[str, Any]:
    """Return the map that is the root of a FlexBuffer: numbers, and rows of numbers, by name; other kinds as None.

    Raises:
        ValueError, struct.error: it is broken, or its root is no map.
    """
    if len(content) < 3:
        return {}
    width, packed = content[-1], content[-2]
    at = len(content) - 2 - width
    if packed >> 2 != 9:
        raise ValueError("the options of a step are no map")
    root, own = at - _flex(content, at, width, "u"), 1 << (packed & 3)
    count = int(_flex(content, root - own, own, "u"))
    keys_at = root - 3 * own
    keys, key_width = keys_at - int(_flex(content, keys_at, own, "u")), int(_flex(content, root - 2 * own, own, "u"))
    found: dict[str, Any] = {}
    for index in range(count):
        key = keys + index * key_width
        begin = key - int(_flex(content, key, key_width, "u"))
        name = content[begin : content.index(0, begin)].decode()
        place, kind = root + index * own, content[root + count * own + index]
        found[name] = _flex_value(content, place, own, kind)
    return found


def _flex_value(content: bytes, place: int, own: int, kind: int) -> Any:
    # Plain numbers are of the map's own width; vectors are elsewhere, with the width that their kind says.
    form = {1: "i", 2: "u", 3: "f"}.get(kind >> 2)
    if form is not None:
        return _flex(content, place, own, form)
    form = {11: "i", 12: "u", 13: "f"}.get(kind >> 2)
    if form is None:
        return None
    begin, width = place - int(_flex(content, place, own, "u")), 1 << (kind & 3)
    count = int(_flex(content, begin - width, width, "u"))
    return tuple(_flex(content, begin + index * width, width, form) for index in range(count))


def _flex(content: bytes, at: int, width: int, form: str) -> Any:
    letter = {"i": "bhiq", "u": "BHIQ", "f": "_efd"}[form][width.bit_length() - 1]
    if at < 0:
        raise ValueError("an option lies before the file")
    return struct.unpack_from(f"<{letter}", content, at)[0]
