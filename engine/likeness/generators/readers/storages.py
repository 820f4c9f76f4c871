"""Tensors as torch pickles them: storages and checked views on them, copied only when asked for."""

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from likeness.generators.readers.arrays import StoredArray
from likeness.generators.readers.inert import ReadBudget, SnapshotError, Symbol
from likeness.generators.readers.restricted_pickle import Known, RestrictedUnpickler

# By the names of their storages; quantised numbers are read as the integers that they are stored as.
TYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
    "QInt8Storage": torch.int8,
    "QUInt8Storage": torch.uint8,
    "QUInt4x2Storage": torch.uint8,
    "QUInt2x4Storage": torch.uint8,
    "QInt32Storage": torch.int32,
}
UNTYPED = Symbol("torch.storage", "UntypedStorage")
DTYPES = {str(dtype).removeprefix("torch."): dtype for dtype in vars(torch).values() if isinstance(dtype, torch.dtype)}
# torch.serialization writes these before a storage that is not in a zip.
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001
MOST_DIMENSIONS = 8


class Storage:
    """A run of numbers inside the file; copied out once, when a tensor on it is first wanted.

    Args:
        dtype: of the numbers.
        numel: how many.
        raw: their bytes; None until `bind`.
    """

    def __init__(self, dtype: torch.dtype, numel: int, raw: memoryview | None = None) -> None:
        self.dtype, self.numel = dtype, numel
        self._raw: memoryview | None = None
        self._flat: Tensor | None = None
        if raw is not None:
            self.bind(raw)

    @property
    def nbytes(self) -> int:
        """How many bytes the numbers take."""
        return self.numel * self.dtype.itemsize

    def bind(self, raw: memoryview) -> None:
        """Take the bytes, which must be as many as promised."""
        if len(raw) != self.nbytes:
            raise SnapshotError(f"has {len(raw)} of a tensor's {self.nbytes} bytes; copy or download it again")
        self._raw = raw

    def flat(self) -> Tensor:
        """Return the numbers [numel] as a tensor of their own memory."""
        if self._flat is None:
            if self._raw is None:
                raise SnapshotError("names a tensor that it does not hold; copy or download it again")
            if self.numel == 0:
                self._flat = torch.empty(0, dtype=self.dtype)
            else:
                self._flat = torch.frombuffer(bytearray(self._raw), dtype=self.dtype)
        return self._flat


class StoredTensor:
    """A view on a storage, checked to stay inside it; `tensor()` copies nothing but the storage, once.

    Args:
        viewed: the type that the storage's bytes are those of, where it is another than the storage's.
        cast: the type that the numbers are brought to.
    """

    def __init__(
        self,
        storage: Storage,
        offset: int,
        shape: Sequence[int],
        stride: Sequence[int],
        viewed: torch.dtype | None = None,
        cast: torch.dtype | None = None,
    ) -> None:
        numel = storage.nbytes // viewed.itemsize if viewed else storage.numel
        numbers = (offset, *shape, *stride)
        if len(shape) != len(stride) or len(shape) > MOST_DIMENSIONS:
            raise SnapshotError(f"has a tensor of {len(shape)} dimensions and {len(stride)} strides")
        if not all(isinstance(n, int) and 0 <= n <= max(numel, 1) for n in numbers):
            # More than the storage holds in any direction: also what would blow a few bytes up to gigabytes.
            raise SnapshotError(f"has a tensor of shape {list(shape)[:4]} on {numel} numbers")
        count = math.prod(shape)
        last = offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
        if count > numel or (count and last >= numel):
            raise SnapshotError(f"has a tensor of shape {list(shape)} on {numel} numbers")
        self.shape, self._storage = tuple(shape), storage
        self._offset, self._stride = offset, tuple(stride)
        self._viewed, self._cast = viewed, cast

    def tensor(self) -> Tensor:
        """Return the tensor, on the CPU."""
        flat = self._storage.flat()
        if self._viewed:
            flat = flat[: self._storage.nbytes // self._viewed.itemsize * self._viewed.itemsize].view(self._viewed)
        tensor = torch.as_strided(flat, self.shape, self._stride, self._offset)
        return tensor if self._cast is None else tensor.to(self._cast)

    def with_type(self, cast: torch.dtype) -> "StoredTensor":
        """Return the same tensor, brought to the type `cast` when it is wanted."""
        return StoredTensor(self._storage, self._offset, self.shape, self._stride, self._viewed, cast)


def parse_storage_type(symbol: Any) -> torch.dtype:
    """Return the number type that a name like `torch.FloatStorage` stands for."""
    if symbol == UNTYPED:
        return torch.uint8
    if not isinstance(symbol, Symbol) or symbol.module != "torch" or symbol.name not in TYPES:
        raise SnapshotError(f"has a storage of type {str(symbol)[:80]!r}, which is not read")
    return TYPES[symbol.name]


def parse_storage(pid: Any) -> tuple[torch.dtype, str, int]:
    """Return number type, key and length of what a persistent id of torch.save stands for.

    Raises:
        SnapshotError: where it is something else.
    """
    if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage":
        raise SnapshotError("has a broken storage inside")
    kind, key, numel = parse_storage_type(pid[1]), pid[2], pid[4]
    if not isinstance(key, str) or not isinstance(numel, int) or numel < 0:
        raise SnapshotError("has a broken storage inside")
    return kind, key, numel


def _parse_dtype(symbol: Any) -> torch.dtype:
    if not isinstance(symbol, Symbol) or symbol.module != "torch" or symbol.name not in DTYPES:
        raise SnapshotError(f"has a tensor of type {str(symbol)[:80]!r}, which is not read")
    return DTYPES[symbol.name]


def _rebuild_tensor(storage: Any, offset: int, shape: Any, stride: Any, *_ignored: Any) -> StoredTensor:
    if not isinstance(storage, Storage) or not isinstance(shape, tuple) or not isinstance(stride, tuple):
        raise SnapshotError("has a broken tensor inside")
    return StoredTensor(storage, offset, shape, stride)


def _rebuild_untyped(storage: Any, offset: int, shape: Any, stride: Any, *more: Any) -> StoredTensor:
    """Build what `_rebuild_tensor_v3` does: number types that have no storage of their own name."""
    if not isinstance(storage, Storage) or not isinstance(shape, tuple) or not isinstance(stride, tuple):
        raise SnapshotError("has a broken tensor inside")
    return StoredTensor(storage, offset, shape, stride, viewed=_parse_dtype(more[2]))


def _rebuild_on_device(data: Any, dtype: Any, *_ignored: Any) -> StoredTensor:
    """Build a tensor of a device that has no storages (MPS, XLA, ...) from one on the CPU, or an array."""
    if isinstance(data, StoredArray):
        array = data.array()
        if not array.flags.c_contiguous:
            raise SnapshotError("has an array in an order that is not read")
        kind = DTYPES.get(array.dtype.name)
        if kind is None:
            raise SnapshotError(f"has an array of type {array.dtype.name!r}, which is not read")
        stride = [step // array.itemsize for step in array.strides]
        data = StoredTensor(Storage(kind, array.size, array.reshape(-1).view(np.uint8).data), 0, array.shape, stride)
    if not isinstance(data, StoredTensor):
        raise SnapshotError("has a broken tensor inside")
    return data.with_type(_parse_dtype(dtype))


def _rebuild_subclass(function: Any, _type: Any, arguments: Any, *_ignored: Any) -> Any:
    """Build a tensor whose class or attributes are a program's own, as a plain one."""
    if not isinstance(function, Symbol) or function not in TENSOR_NAMES or not isinstance(arguments, tuple):
        raise SnapshotError("has a broken tensor inside")
    if function in SUBCLASS_NAMES:
        raise SnapshotError("has a tensor inside a tensor")
    return TENSOR_NAMES[function](*arguments)


def _rebuild_parameter(tensor: Any, *_ignored: Any) -> StoredTensor:
    if not isinstance(tensor, StoredTensor):
        raise SnapshotError("has a broken parameter inside")
    return tensor


def _refuse_call(*_ignored: Any) -> None:
    raise SnapshotError("calls a storage type, which no weights file needs")


STORAGE_NAMES: Known = {("torch", name): _refuse_call for name in TYPES}
SUBCLASS_NAMES: Known = {
    ("torch._tensor", "_rebuild_from_type_v2"): _rebuild_subclass,
    ("torch._tensor", "_rebuild_from_type"): _rebuild_subclass,
}
TENSOR_NAMES: Known = {
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _rebuild_untyped,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _rebuild_parameter,
    ("torch.nn.parameter", "Parameter"): _rebuild_parameter,
    **{
        ("torch._utils", name): _rebuild_on_device
        for name in (
            "_rebuild_device_tensor_from_numpy",
            "_rebuild_device_tensor_from_cpu_tensor",
            "_rebuild_xla_tensor",
        )
    },
    **SUBCLASS_NAMES,
}


def read_legacy(data: memoryview, known: Known, budget: ReadBudget) -> tuple[Any, Mapping[str, Storage]]:
    """Return what torch.save wrote without a zip, and its storages by key.

    Five pickles (magic, protocol, system, the object, the storages' keys), then each storage as its length in
    numbers and its bytes [torch.serialization._legacy_save].

    Raises:
        SnapshotError: where it is something else or broken.
    """
    storages: dict[str, Storage] = {}

    def persistent(pid: Any) -> Any:
        if isinstance(pid, tuple) and len(pid) > 1 and pid[0] == "module":
            return pid[1]  # the class of a whole network, beside its source
        kind, key, numel = parse_storage(pid)
        if numel > len(data):
            raise SnapshotError("has a broken storage inside")
        storage = storages.setdefault(key, Storage(kind, numel))
        # A view on a part of a storage: its key, where it begins, how long it is.
        if len(pid) > 5 and isinstance(pid[5], tuple):
            raise SnapshotError("was written by a PyTorch of before 0.4; save it again with a newer one")
        return storage

    machine = RestrictedUnpickler(data, known, budget, persistent)
    magic, at = machine.run()
    protocol, at = machine.run(at)
    system, at = machine.run(at)
    if magic != LEGACY_MAGIC or protocol != LEGACY_PROTOCOL or not isinstance(system, dict):
        raise SnapshotError("has a tensor inside that torch did not write")
    if system.get("little_endian") is not True or sys.byteorder != "little":
        raise SnapshotError("was written on a big-endian machine, which is not read")
    value, at = machine.run(at)
    keys, at = machine.run(at)
    if not isinstance(keys, list):
        raise SnapshotError("has a broken list of storages")
    for key in keys:
        if key not in storages or at + 8 > len(data):
            raise SnapshotError("is cut short: a storage is missing; copy or download it again")
        storage = storages[key]
        numel = int.from_bytes(data[at : at + 8], "little", signed=True)
        if numel != storage.numel:
            raise SnapshotError(f"has a storage of {numel} numbers where {storage.numel} were promised")
        storage.bind(data[at + 8 : at + 8 + storage.nbytes])
        at += 8 + storage.nbytes
    return value, storages


def read_nested_storage(raw: Any, budget: ReadBudget) -> Storage:
    """Return the one storage that `torch.storage._load_from_bytes` would load from `raw`, without calling it."""
    if not isinstance(raw, memoryview | bytes):
        raise SnapshotError("has a storage that is not bytes")
    value, _ = read_legacy(memoryview(raw), STORAGE_NAMES, budget)
    if not isinstance(value, Storage):
        raise SnapshotError("has a storage inside that holds something else")
    return value
