"""Saved faces and directions: safetensors files with one tensor, `latent`, `direction` or `directions`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from likeness.errors import WeightsError
from likeness.files.atomic_write import atomic_write

LATENT = "latent"
DIRECTION = "direction"
DIRECTIONS = "directions"
# What the file of a direction that is a switch says of itself.
PUTS_ON, UNSEEN, WHOLE = "puts_on", "unseen_to", "whole_from"


@dataclass(frozen=True)
class Switch:
    """What a direction does that puts something on, such as glasses: it is on or off, and in between a ghost.

    Args:
        puts_on: what; directions of the same put on the same.
        unseen: the amount up to which nothing is seen.
        whole: the amount from which all of it is.
    """

    puts_on: str
    unseen: float
    whole: float

    def about(self) -> dict[str, str]:
        """Return what a direction's file says of it."""
        return {PUTS_ON: self.puts_on, UNSEEN: f"{self.unseen:g}", WHOLE: f"{self.whole:g}"}


def read_switch(path: Path) -> Switch | None:
    """Return what a saved direction says of itself as a switch; None for one that has amounts.

    Raises:
        WeightsError: the file is absent or broken.
    """
    about = read_about(path)
    try:
        return Switch(about[PUTS_ON], float(about[UNSEEN]), float(about[WHOLE])) if PUTS_ON in about else None
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{path} says in part that it is a switch ({error}); find or copy it again") from error


def read_latent(path: Path, num_ws: int, w_dim: int) -> Tensor:
    """Return the saved latent `[num_ws, w_dim]`, on the CPU, as float32.

    Args:
        path: a file whose tensor `latent` has that shape.
        num_ws, w_dim: of the generator that is to show it.

    Raises:
        WeightsError: where it is absent, broken, not finite, or of another generator's shape.
    """
    latent = _read(path, LATENT)
    if latent.shape != (num_ws, w_dim):
        raise WeightsError(
            f"{path} holds a latent {list(latent.shape)}, this generator takes [{num_ws}, {w_dim}]; "
            "open it with the weights that it was saved with"
        )
    return latent


def write_latent(path: Path, latent: Tensor) -> None:
    """Save `latent` [num_ws, w_dim]; an old file stays until the new one is whole.

    Raises:
        WeightsError: where the shape is another or the disk refuses.
    """
    if latent.ndim != 2:
        raise WeightsError(f"a latent to save is [num_ws, w_dim], not {list(latent.shape)}; save one of the batch")
    _write(path, LATENT, latent)


def read_direction(path: Path, num_ws: int, w_dim: int) -> Tensor:
    """Return the saved direction `[num_ws, w_dim]`, on the CPU, as float32; one of `[w_dim]` goes to every layer.

    Args:
        path: a file whose tensor `direction` is [num_ws, w_dim] or [w_dim], one standard deviation long.
        num_ws, w_dim: of the generator that is to be moved.

    Raises:
        WeightsError: where it is absent, broken, not finite, or of another generator's shape.
    """
    if DIRECTION not in (names := _names(path)) and DIRECTIONS in names:
        raise WeightsError(
            f"{path.stem} is a bank of several directions, which one amount cannot move; direction_sweep plays it"
        )
    direction = _read(path, DIRECTION)
    if direction.shape not in ((num_ws, w_dim), (w_dim,)):
        raise WeightsError(
            f"{path} holds a direction {list(direction.shape)}, this generator takes [{num_ws}, {w_dim}] or [{w_dim}]; "
            "find the direction again with these weights"
        )
    return direction.expand(num_ws, w_dim).contiguous()


def read_directions(path: Path, num_ws: int, w_dim: int) -> Tensor:
    """Return one or several saved directions `[n, num_ws, w_dim]`, on the CPU, as float32.

    Args:
        path: a file whose tensor `directions` is [n, num_ws, w_dim], or that `read_direction` reads.
        num_ws, w_dim: of the generator that is to be moved.

    Raises:
        WeightsError: where it is absent, broken, not finite, or of another generator's shape.
    """
    if DIRECTIONS not in _names(path):
        return read_direction(path, num_ws, w_dim)[None]
    bank = _read(path, DIRECTIONS)
    if bank.ndim != 3 or bank.shape[1:] != (num_ws, w_dim) or not len(bank):
        raise WeightsError(
            f"{path} holds directions {list(bank.shape)}, this generator takes [n, {num_ws}, {w_dim}]; "
            "find them again with these weights"
        )
    return bank


def read_about(path: Path) -> dict[str, str]:
    """Return what a saved direction's file says of itself: attribute, method, licence, ...; nothing, where it does not.

    Raises:
        WeightsError: where it is absent or broken.
    """
    _names(path)
    with safe_open(str(path), framework="pt") as file:
        return dict(file.metadata() or {})


def write_direction(path: Path, direction: Tensor, about: Mapping[str, str] | None = None) -> None:
    """Save `direction` [num_ws, w_dim] or [w_dim]; an old file stays until the new one is whole.

    Args:
        about: what the file says of itself.

    Raises:
        WeightsError: where the shape is another or the disk refuses.
    """
    if direction.ndim not in (1, 2):
        raise WeightsError(f"a direction to save is [num_ws, w_dim] or [w_dim], not {list(direction.shape)}")
    _write(path, DIRECTION, direction, about)


def write_directions(path: Path, directions: Tensor, about: Mapping[str, str] | None = None) -> None:
    """Save several `directions` [n, num_ws, w_dim], to be played by number; an old file stays until the new is whole.

    Args:
        about: what the file says of itself.

    Raises:
        WeightsError: where the shape is another or the disk refuses.
    """
    if directions.ndim != 3:
        raise WeightsError(f"directions to save are [n, num_ws, w_dim], not {list(directions.shape)}")
    _write(path, DIRECTIONS, directions, about)


def _names(path: Path) -> set[str]:
    if not path.is_file():
        raise WeightsError(f"there is no file {path}; give its whole path, or start the show in its folder")
    try:
        with safe_open(str(path), framework="pt") as file:
            return set(file.keys())
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} is not a whole safetensors file ({error}); save or copy it again") from error


def _read(path: Path, name: str) -> Tensor:
    known = _names(path)
    if name not in known:
        raise WeightsError(
            f"{path} has no tensor {name!r}, only {', '.join(sorted(known)) or 'none'}; it is another kind of file"
        )
    with safe_open(str(path), framework="pt") as file:
        tensor: Tensor = file.get_tensor(name).float()
    if not bool(tensor.isfinite().all()):
        raise WeightsError(f"{path} holds a NaN or an infinity; save it again")
    return tensor


def _write(path: Path, name: str, tensor: Tensor, about: Mapping[str, str] | None = None) -> None:
    try:
        metadata = dict(about) if about else None
        atomic_write(path, save({name: tensor.detach().float().cpu().contiguous()}, metadata))
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} could not be written: {error}; is the disk full or the folder locked?") from error
