"""Directions of a composite's latent along which fine and middle skin change least: where worn things are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generators.networks.composite_parts import ROWS
from likeness.generators.networks.quiet_axis import FINE, MIDDLE, OFF, ON, PUT_ON
from likeness.generators.weights_file import read_weights
from likeness.toolkit.latent_file import Switch, write_direction

# Whether each axis, in turn, is quiet in the middle layer too: that which says whether glasses are worn, three that say
# which, that of a beard, one that says which, that of make-up, one that says which, the same two of earrings.
IN_BOTH = (True, False, False, False, True, False, True, False, True, False)
GLASSES, RIM_AXES, BEARD, KIND, MAKE_UP, PAINT, EARRINGS, HOOPS = 0, slice(1, 4), 4, 5, 6, 7, 8, 9
# How much more the choice among skins weighs than what is seen directly: it must not be moved at all.
CHOICE_WEIGHT = 100.0
DIGITS = 6  # of the numbers in the header


def find_quiet_axes(tensors: Mapping[str, Tensor]) -> list[list[float]]:
    """Return unit vectors over the latent's even columns at right angles to each other, one for each of `IN_BOTH`.

    Fewer, where there are fewer columns.

    Args:
        tensors: of composite weights.
    """
    middle, fine = (_change(tensors, f"{name}.even") for name in ("skin_middle", "skin_fine"))
    query = tensors["skin_exemplar.query_even"].double()
    fine = fine + CHOICE_WEIGHT * (query @ query.t()) / query.square().sum()
    found = torch.zeros(0, len(fine), dtype=torch.float64)
    for both in IN_BOTH[: len(fine)]:
        free = torch.linalg.svd(found)[2][len(found) :] if len(found) else torch.eye(len(fine), dtype=torch.float64)
        axis = torch.linalg.eigh(free @ (middle + fine if both else fine) @ free.t())[1][:, 0] @ free
        # The sign of an eigenvector is the library's choice.
        found = torch.cat([found, (axis * axis[axis.abs().argmax()].sign())[None]])
    return [[round(x, DIGITS) for x in axis] for axis in found.tolist()]


def worn_switch(puts_on: str) -> Switch:
    """Return what amounts of `worn_direction` do."""
    return Switch(puts_on, OFF / PUT_ON, ON / PUT_ON)


def _change(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    """Return how much a block changes by its components, `[n_even, n_even]`, with a trace of 1."""
    maps = tensors[name].flatten(1).double() * tensors[f"{name}_scale"].double()[:, None]
    gram = maps @ maps.t()
    return gram / gram.trace()


def worn_direction(axis: list[float], parity: Tensor) -> Tensor:
    """Return the direction `[4, w_dim]` that puts on what an axis says, at an amount of 1.

    Args:
        axis: one of those of both layers.
        parity: of the weights file.
    """
    even, along = torch.nonzero(~parity.bool()).flatten(), torch.tensor(axis) * (PUT_ON / 2**0.5)
    direction = torch.zeros(ROWS, len(parity))
    direction[FINE, even], direction[MIDDLE, even] = along, -along
    return direction


def style_direction(axis: list[float], parity: Tensor) -> Tensor:
    """Return the direction `[4, w_dim]` of an axis of the fine layer alone, one standard deviation long."""
    direction = torch.zeros(ROWS, len(parity))
    direction[FINE, torch.nonzero(~parity.bool()).flatten()] = torch.tensor(axis)
    return direction


@dataclass(frozen=True)
class Wearable:
    """Something that is worn, and of which there is a row of kinds.

    Attributes:
        argument: of the header, that holds its axes `worn` and `kind`.
        command: of `likeness train`, that gives it.
        one, some: what it is called, one of it and several: "a beard", "beards".
        changes: what each of its two directions changes, by name: the switch that puts it on, then the row of kinds.
    """

    argument: str
    command: str
    one: str
    some: str
    changes: Mapping[str, str]


def write_wearable_directions(weights: Path, name: str, folder: Path, wearable: Wearable) -> list[Path]:
    """Write both directions of what is worn into a folder; return their files.

    Args:
        weights: a composite file that has it.
        name: of the weights, for the files to say.
        folder: of the directions.
        wearable: what it is.

    Raises:
        WeightsError: the file is broken or has no such thing, or the disk refuses.
    """
    header, tensors = read_weights(weights)
    told = header.arguments.get(wearable.argument)
    if told is None:
        raise WeightsError(f"{weights} has no {wearable.some}; give it some: likeness train {wearable.command}")
    about = {"method": "quiet", "weights": name, "weights_sha256": header.sha256, "licence": header.licence.name}
    worn, kind = (folder / f"{each}.safetensors" for each in wearable.changes)
    for file, direction, more in (
        (worn, worn_direction(told["worn"], tensors["parity"]), worn_switch(wearable.one).about()),
        (kind, style_direction(told["kind"], tensors["parity"]), {}),
    ):
        write_direction(file, direction, {"name": file.stem, "attribute": wearable.changes[file.stem]} | about | more)
    return [worn, kind]
