"""Opening a weights file of somebody else's layout: the choice of its reader, and one clear error."""

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from likeness.errors import WeightsError
from likeness.generators.readers.allowed_names import official_names
from likeness.generators.readers.arrays import StoredArray
from likeness.generators.readers.inert import InertObject, ReadBudget, SnapshotError
from likeness.generators.readers.official import flatten_network, read_official
from likeness.generators.readers.restricted_pickle import RestrictedUnpickler
from likeness.generators.readers.rosinality import read_rosinality
from likeness.generators.readers.snapshot import Snapshot, Stored
from likeness.generators.readers.storages import StoredTensor
from likeness.generators.readers.tensorflow import read_tensorflow
from likeness.generators.readers.torch_file import LEGACY_START, ZIP_MAGIC, TorchZip, read_legacy_file, read_zip

PICKLE_START = b"\x80"
# Where training scripts put the state dict that a performer wants, the averaged one first.
WRAPPERS = (
    "g_ema", "G_ema", "generator_ema", "netG_ema", "params_ema", "ema", "generator", "netG", "gen", "state_dict",
    "model_state_dict", "model", "g", "G", "params",
)  # fmt: skip
# Such as {"model": {"g_ema": ...}}.
DEEPEST_WRAPPER = 2
# What torch.compile and the wrappers of parallel training put before every name.
PREFIXES = ("module.", "_orig_mod.", "_forward_module.")


def open_snapshot(path: Path) -> Snapshot | None:
    """Return what `path` holds, its tensors still in the file, or None where it is no pickle and no torch file.

    A TorchScript archive is None too: it is a program, not weights. Nothing in the file is run.

    Raises:
        WeightsError: where it is absent, broken, or asks for what no weights file needs.
    """
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                raise WeightsError(f"{path} is empty; copy or download it again")
            # The map lives as long as a view on it does.
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            return _read_file(file, data)
    except SnapshotError as error:
        raise WeightsError(f"{path} {error}") from None
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}") from error


def _read_file(file: Any, data: memoryview) -> Snapshot | None:
    budget = ReadBudget(len(data))
    if data[:4] == ZIP_MAGIC:
        records = TorchZip(file, data)
        if not records.has("data.pkl") or records.has("constants.pkl"):
            return None
        return _read_torch(read_zip(records, budget))
    if data[:1] == PICKLE_START and LEGACY_START in bytes(data[:32]):
        return _read_torch(read_legacy_file(data, budget))
    if data[:1] == PICKLE_START:
        content, _ = RestrictedUnpickler(data, official_names(budget), budget).run()
        found = read_official(content) or read_tensorflow(content)
        if found is None and not any(_list_state_dicts(content)):
            raise SnapshotError(f"is a pickle, but holds no generator that is known: it is {_describe(content)}")
        return found or _read_torch(content)
    return None


def _describe(content: Any) -> str:
    """Return what a file holds instead of a generator, and why it was not read where that is known."""
    if isinstance(content, InertObject):
        if content.problem:
            raise SnapshotError(content.problem)
        return f"a {str(content.symbol)[:120]!r}"
    return f"a {type(content).__name__}"


def _read_torch(content: Any) -> Snapshot:
    official = read_official(content)
    if official is not None:
        return official
    candidates = list(_list_state_dicts(content))
    average = content.get("latent_avg") if isinstance(content, dict) else None
    for tensors in candidates:
        found = read_rosinality(tensors, average) or identify_by_names(tensors)
        if found.family:
            return found
    if candidates:
        return identify_by_names(candidates[0])
    if isinstance(content, dict):
        raise SnapshotError("holds no tensors")
    raise SnapshotError(f"holds {_describe(content)} instead of a state dict; save `model.state_dict()`")


def _list_state_dicts(content: Any, depth: int = DEEPEST_WRAPPER) -> Iterator[dict[str, Stored]]:
    """Yield the tensors of what a training script saved, the likeliest state dict first."""
    entries = _get_entries(content)
    for name in WRAPPERS:
        if name in entries and depth:
            yield from _list_state_dicts(entries[name], depth - 1)
    yield from _list_prefixed(_collect_tensors(content))


def _get_entries(value: Any) -> dict[Any, Any]:
    if isinstance(value, InertObject):
        return value.items or {}
    return value if isinstance(value, dict) else {}


def _collect_tensors(value: Any) -> dict[str, Stored]:
    """Return the tensors of a state dict, or of a whole network that was saved with its class."""
    if isinstance(value, InertObject) and isinstance(value.state, dict) and "_modules" in value.state:
        return dict(flatten_network(value))
    tensors: dict[str, Stored] = {}
    for name, entry in _get_entries(value).items():
        if isinstance(name, str) and isinstance(entry, StoredTensor | StoredArray):
            tensors[name] = entry
        elif isinstance(entry, InertObject) and entry.problem and entry.symbol.module == "torch._utils":
            raise SnapshotError(entry.problem)
    return tensors


def _list_prefixed(tensors: dict[str, Stored]) -> Iterator[dict[str, Stored]]:
    """Yield `tensors` without the prefixes of wrappers around the whole, then each part that is named as a wrapper."""
    while tensors and (prefix := next(iter(tensors)).partition(".")[0] + ".") in PREFIXES:
        if not all(name.startswith(prefix) for name in tensors):
            break
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    if not tensors:
        return
    yield tensors
    for wrapper in WRAPPERS:
        part = {name.removeprefix(f"{wrapper}."): t for name, t in tensors.items() if name.startswith(f"{wrapper}.")}
        if part:
            yield part


def identify_by_names(stored: Mapping[str, Any]) -> Snapshot:
    """Return a snapshot of bare tensors, its family found by their names; its family is "" where no name is known."""
    if "synthesis.b4.const" in stored:
        return Snapshot("stylegan2", "StyleGAN2 (state dict)", {}, stored)
    if "synthesis.input.freqs" in stored:
        last = next((name for name in stored if name.startswith("synthesis.L14_")), "")
        size = last.removeprefix("synthesis.L14_").split("_")[0]
        if size.isdecimal() and len(size) < 6:
            return Snapshot("stylegan3", "StyleGAN3 (state dict)", {"img_resolution": int(size)}, stored)
    return Snapshot("", "a state dict", {}, stored)
