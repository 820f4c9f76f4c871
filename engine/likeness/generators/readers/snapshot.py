"""The result of a reader: a family, its arguments, and tensors that are copied when asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from likeness.generators.readers.arrays import StoredArray
from likeness.generators.readers.storages import StoredTensor

Stored = StoredTensor | StoredArray


@dataclass(frozen=True)
class Snapshot:
    """A generator as somebody's file holds it.

    Args:
        family: which adapter draws it: "stylegan2", "stylegan3", "stylegan1", "progan", or "" for tensors alone.
        layout: whose file it is, for a person to read.
        arguments: what the tensors do not say; plain JSON.
        stored: the tensors by name, still in the file.
        made: tensors that the reader made from those of the file.
    """

    family: str
    layout: str
    arguments: Mapping[str, Any]
    stored: Mapping[str, Stored] = field(default_factory=dict)
    made: Mapping[str, Tensor] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Return the tensors' names."""
        return {*self.stored, *self.made}

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor, on the CPU, in the type it was stored in."""
        return {**{name: as_tensor(value) for name, value in self.stored.items()}, **self.made}


def as_tensor(value: Stored) -> Tensor:
    """Return a stored tensor or array as a tensor of its own memory."""
    if isinstance(value, StoredTensor):
        return value.tensor()
    return torch.from_numpy(value.array().copy(order="C"))
