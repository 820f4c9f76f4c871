"""TFLite files by hand, for tests without its runtime: tables of offsets, each written before what it points to."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

CODES = {"ADD": 0, "CONV_2D": 3, "DEQUANTIZE": 6, "CUSTOM": 32, "PRELU": 54}
TYPES = {np.dtype("float32"): 0, np.dtype("float16"): 1, np.dtype("int32"): 2}


@dataclass(frozen=True)
class Step:
    """One step; `options` by field number, of the kind that the schema gives it."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[int, tuple[str, int]] = field(default_factory=dict)
    custom: bytes = b""


Value = tuple[str, int] | dict[int, "Value"] | list[dict[int, "Value"]] | tuple[int, ...] | bytes


def model(tensors: Sequence[np.ndarray | tuple[int, ...]], steps: Sequence[Step], inputs: tuple[int, ...]) -> bytes:
    """Return a TFLite file; a tensor is a constant, or the shape of one that is computed, called t0, t1, ..."""
    codes = sorted({step.name for step in steps})
    buffers: list[dict[int, Value]] = [{}]
    described: list[dict[int, Value]] = []
    for number, tensor in enumerate(tensors):
        shape = tensor.shape if isinstance(tensor, np.ndarray) else tensor
        kind = TYPES[tensor.dtype] if isinstance(tensor, np.ndarray) else 0
        buffer = 0
        if isinstance(tensor, np.ndarray):
            buffer = len(buffers)
            buffers.append({0: tensor.tobytes()})
        described.append({0: shape, 1: ("<b", kind), 2: ("<I", buffer), 3: f"t{number}".encode()})
    operators: list[dict[int, Value]] = [
        {0: ("<I", codes.index(step.name)), 1: step.inputs, 2: step.outputs, 4: dict(step.options), 5: step.custom}
        for step in steps
    ]
    graph: dict[int, Value] = {0: described, 1: inputs, 2: steps[-1].outputs, 3: operators}
    named: list[dict[int, Value]] = [
        {0: ("<b", CODES.get(name, 32)), 1: name.encode(), 3: ("<i", CODES.get(name, 32))} for name in codes
    ]
    out = bytearray(b"\0\0\0\0TFL3")
    struct.pack_into("<I", out, 0, _write(out, {1: named, 2: [graph], 4: buffers}))
    return bytes(out)


def _write(out: bytearray, value: Value) -> int:
    """Append a table, a vector or bytes; return where it begins."""
    if isinstance(value, bytes):
        at = len(out)
        out += struct.pack("<I", len(value)) + value + bytes(-len(value) % 4)
        return at
    if isinstance(value, tuple):
        at = len(out)
        out += struct.pack(f"<{1 + len(value)}i", len(value), *value)
        return at
    if isinstance(value, list):
        at = len(out)
        out += struct.pack("<I", len(value)) + bytes(4 * len(value))
        for index, each in enumerate(value):
            struct.pack_into("<I", out, at + 4 + 4 * index, _write(out, each) - (at + 4 + 4 * index))
        return at
    count = max(value, default=-1) + 1
    fields = len(out)
    entries = [4 + 4 * number if number in value else 0 for number in range(count)]
    out += struct.pack(f"<{2 + count}H", 4 + 2 * count, 4 + 4 * count, *entries) + bytes(-(4 + 2 * count) % 4)
    at = len(out)
    out += struct.pack("<i", at - fields) + bytes(4 * count)
    for number, each in value.items():
        place = at + 4 + 4 * number
        if isinstance(each, tuple) and len(each) == 2 and isinstance(each[0], str):
            struct.pack_into(each[0], out, place, each[1])
        else:
            struct.pack_into("<I", out, place, _write(out, each) - place)
    return at
