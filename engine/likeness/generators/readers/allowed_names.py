"""The names that are resolved in a pickle, each with the plain value that it builds here."""

from collections.abc import Callable
from typing import Any

from likeness.generators.readers.arrays import ARRAY_NAMES
from likeness.generators.readers.inert import InertObject, ReadBudget, SnapshotError, Symbol, check_key
from likeness.generators.readers.restricted_pickle import Known
from likeness.generators.readers.storages import STORAGE_NAMES, TENSOR_NAMES, Storage, read_nested_storage

NETWORK_NAMES = {
    ("dnnlib.tflib.network", "Network"),
    ("tfutil", "Network"),  # the 2017 code of progressive growing
}
PERSISTENT = Symbol("torch_utils.persistence", "_reconstruct_persistent_obj")
PERSISTENT_VERSION = 6
# The longest published one has 37,000 characters.
LONGEST_SOURCE = 1_000_000


def _build_dict(items: Any = ()) -> dict[Any, Any]:
    if not isinstance(items, list | tuple):
        raise SnapshotError(f"has a dict made of a {type(items).__name__}")
    return {check_key(pair[0]): pair[1] for pair in items}


def _build_set(values: Any = ()) -> set[Any]:
    if not isinstance(values, list | tuple | set | frozenset):
        raise SnapshotError(f"has a set made of a {type(values).__name__}")
    return {check_key(value) for value in values}


def _inert_builder(symbol: Symbol) -> Callable[..., InertObject]:
    return lambda *arguments: InertObject(symbol, arguments)


def _build_persistent(meta: Any) -> InertObject:
    """Return what the official code would rebuild by running the source in `meta`; the source is left alone."""
    if not isinstance(meta, dict) or meta.get("type") != "class" or not isinstance(meta.get("class_name"), str):
        raise SnapshotError("has a broken network inside: no class name")
    if meta.get("version") != PERSISTENT_VERSION:
        raise SnapshotError(f"has networks of layout {meta.get('version')!r}, wanted {PERSISTENT_VERSION}")
    source = meta.get("module_src", "")
    if not isinstance(source, str) or len(source) > LONGEST_SOURCE:
        raise SnapshotError("carries more source code than a network needs")
    instance = InertObject(Symbol("", meta["class_name"]))
    instance.build(meta.get("state"))
    return instance


PLAIN_NAMES: Known = {
    ("collections", "OrderedDict"): _build_dict,
    ("collections", "defaultdict"): lambda *_ignored: {},
    ("easydict", "EasyDict"): _build_dict,
    ("builtins", "dict"): _build_dict,
    ("__builtin__", "dict"): _build_dict,
    ("dnnlib.util", "EasyDict"): _build_dict,
    ("dnnlib", "EasyDict"): _build_dict,
    ("builtins", "set"): _build_set,
    ("__builtin__", "set"): _build_set,
    ("torch", "Size"): tuple,
}


def torch_names() -> Known:
    """Return the names of a file that torch.save wrote: tensors and plain values."""
    return {**PLAIN_NAMES, **ARRAY_NAMES, **TENSOR_NAMES, **STORAGE_NAMES, PERSISTENT: _build_persistent}


def official_names(budget: ReadBudget) -> Known:
    """Return the names of official snapshots, PyTorch and TensorFlow."""

    def storage(raw: Any) -> Storage:
        return read_nested_storage(raw, budget)

    return {
        **PLAIN_NAMES,
        **ARRAY_NAMES,
        **TENSOR_NAMES,
        PERSISTENT: _build_persistent,
        ("torch.storage", "_load_from_bytes"): storage,
        **{name: _inert_builder(Symbol(*name)) for name in NETWORK_NAMES},
    }
