"""Opening a weights file of somebody else's layout: the choice of its reader, and one clear error."""

import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from likeness.errors import WeightsError
from likeness.generators.readers.allowed_names import official_names
from likeness.generators.readers.inert import ReadBudget, SnapshotError
from likeness.generators.readers.official import read_official
from likeness.generators.readers.restricted_pickle import RestrictedUnpickler
from likeness.generators.readers.rosinality import read_rosinality
from likeness.generators.readers.snapshot import Snapshot
from likeness.generators.readers.storages import StoredTensor
from likeness.generators.readers.tensorflow import read_tensorflow
from likeness.generators.readers.torch_file import LEGACY_START, ZIP_MAGIC, TorchZip, read_legacy_file, read_zip

PICKLE_START = b"\x80"
# Where training scripts put the state dict that a performer wants, the averaged one first.
WRAPPERS = ("g_ema", "G_ema", "ema", "generator", "netG", "state_dict", "model_state_dict", "model", "g", "G")


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
    if data[: len(LEGACY_START)] == LEGACY_START:
        return _read_torch(read_legacy_file(data, budget))
    if data[:1] == PICKLE_START:
        content, _ = RestrictedUnpickler(data, official_names(budget), budget).run()
        found = read_official(content) or read_tensorflow(content)
        if found is None:
            raise SnapshotError("is a pickle, but holds no generator that is known")
        return found
    return None


def _read_torch(content: Any) -> Snapshot:
    return read_rosinality(content) or identify_by_names(_find_state_dict(content))


def _find_state_dict(content: Any) -> dict[str, StoredTensor]:
    """Return the tensors of the first state dict in what a training script saved."""
    if not isinstance(content, dict):
        raise SnapshotError(f"holds a {type(content).__name__} instead of a state dict; save `model.state_dict()`")
    for candidate in (*(content.get(name) for name in WRAPPERS), content):
        if isinstance(candidate, dict):
            tensors = {n: t for n, t in candidate.items() if isinstance(n, str) and isinstance(t, StoredTensor)}
            if tensors:
                if all(name.startswith("module.") for name in tensors):
                    tensors = {name.removeprefix("module."): t for name, t in tensors.items()}
                return tensors
    raise SnapshotError("holds no tensors")


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
