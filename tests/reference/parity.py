"""The numbers that the makers' own implementations drew, where they lie beside the repository."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "parity"


class Case:
    """One file of numbers: `case["z"]` is a tensor, `state` the state dict, `meta` what it was made with."""

    def __init__(self, name: str) -> None:
        path = FOLDER / f"{name}.npz"
        if not path.is_file():
            pytest.skip(f"the makers' numbers are not here: no file {path.name} in shared/parity")
        with np.load(path, allow_pickle=False) as numbers:
            self._arrays = {key: numbers[key] for key in numbers.files}
        self.meta: dict[str, Any] = json.loads(str(self._arrays.pop("meta_json")))
        self.state = {k[3:]: torch.from_numpy(v) for k, v in self._arrays.items() if k.startswith("sd/")}
        self.tf = {k[3:]: v for k, v in self._arrays.items() if k.startswith("tf/")}

    def __getitem__(self, key: str) -> Tensor:
        return torch.from_numpy(self._arrays[key])

    @property
    def kwargs(self) -> dict[str, Any]:
        return self.meta["init_kwargs"]


case: Callable[[str], Case] = lru_cache(maxsize=None)(Case)


def relative_error(image: Tensor, wanted: Tensor) -> float:
    """The largest difference over the largest absolute value wanted."""
    return float((image - wanted).abs().max() / wanted.abs().max())
