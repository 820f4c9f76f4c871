"""ONNX files by hand, for tests without the onnx package: protocol buffers are tag, length, bytes."""

import struct
from dataclasses import dataclass, field

import numpy as np

_FLOAT, _INT64 = 1, 7
_AN_INT, _INTS = 2, 7


@dataclass(frozen=True)
class Node:
    """One operation; attributes are integers or tuples of them."""

    operation: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, int | tuple[int, ...]] = field(default_factory=dict)


def model(
    nodes: list[Node],
    constants: dict[str, np.ndarray],
    inputs: dict[str, tuple[int, ...]],
    outputs: dict[str, tuple[int, ...]],
) -> bytes:
    """Return an ONNX file of opset 13; shapes are those of float32 inputs and outputs."""
    graph = b"".join(_entry(1, _node(node)) for node in nodes) + _entry(2, b"graph")
    graph += b"".join(_entry(5, _constant(name, value)) for name, value in constants.items())
    graph += b"".join(_entry(11, _declared(name, shape)) for name, shape in inputs.items())
    graph += b"".join(_entry(12, _declared(name, shape)) for name, shape in outputs.items())
    return _entry(1, 8) + _entry(7, graph) + _entry(8, _entry(2, 13))


def _entry(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _node(node: Node) -> bytes:
    said = b"".join(_entry(1, name.encode()) for name in node.inputs)
    said += _entry(2, node.output.encode()) + _entry(3, node.output.encode()) + _entry(4, node.operation.encode())
    return said + b"".join(_entry(5, _attribute(name, value)) for name, value in node.attributes.items())


def _attribute(name: str, value: int | tuple[int, ...]) -> bytes:
    if isinstance(value, int):
        return _entry(1, name.encode()) + _entry(3, value) + _entry(20, _AN_INT)
    return _entry(1, name.encode()) + b"".join(_entry(8, number) for number in value) + _entry(20, _INTS)


def _constant(name: str, value: np.ndarray) -> bytes:
    whole = np.issubdtype(value.dtype, np.integer)
    raw = struct.pack(f"<{value.size}q", *value.ravel()) if whole else value.astype("<f4").tobytes()
    dims = b"".join(_entry(1, side) for side in value.shape)
    return dims + _entry(2, _INT64 if whole else _FLOAT) + _entry(8, name.encode()) + _entry(9, raw)


def _declared(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_entry(1, _entry(1, side)) for side in shape)
    return _entry(1, name.encode()) + _entry(2, _entry(1, _entry(1, _FLOAT) + _entry(2, dims)))
