"""The built-in families, and opening a weights file by the one that it is of.

A new family is one module that offers what `Family` asks for, and one entry in `FAMILIES`.
"""

from pathlib import Path
from typing import Any, Protocol

import torch

from likeness.errors import WeightsError
from likeness.generator import Generator
from likeness.generators.families import composite, stylegan1, stylegan2, stylegan3, z_only
from likeness.generators.families.checkpoint import Source, read_source
from likeness.generators.filter_file import is_filter
from likeness.generators.networks.ops import UnplayableError
from likeness.generators.readers.file_kinds import describe_file
from likeness.generators.variation_file import is_variation
from likeness.hookspecs import hookimpl


class Family(Protocol):
    """What the module of a family offers."""

    @property
    def NAMES(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """The families of its sources; "" stands for a state dict of unknown names."""
        ...

    def open_source(self, source: Source, device: torch.device, size: int | None = None) -> Generator:
        """Return the generator of a source; `size` is the picture's height in px, for families that can choose.

        Raises:
            ValueError, RuntimeError: where a tensor or an argument is missing or wrong.
        """
        ...

    def to_own_format(self, source: Source) -> tuple[str, dict[str, Any]]:
        """Return the family and the arguments of the same weights in our own format, checked and in plain JSON.

        Raises:
            ValueError: where an argument is of the wrong kind or out of range.
        """
        ...


FAMILIES: tuple[Family, ...] = (stylegan2, stylegan3, stylegan1, z_only, composite)
NAMES = tuple(name for family in FAMILIES for name in family.NAMES)


def find_family(source: Source) -> Family:
    """Return the family of a source that `read_source` returned for `NAMES`."""
    return next(family for family in FAMILIES if source.family in family.NAMES)


def open_source(path: Path, source: Source, device: torch.device, size: int | None = None) -> Generator:
    """Return the generator of `source`, which was read from `path`.

    Raises:
        WeightsError: where a tensor or an argument is missing or wrong.
        torch.OutOfMemoryError: where the device is too small for them.
    """
    try:
        return find_family(source).open_source(source, device, size)
    except UnplayableError as error:
        raise WeightsError(f"{path} is not played: {error}") from error
    # No fault of the file, and the show knows what to do.
    except torch.OutOfMemoryError:
        raise
    except (ValueError, RuntimeError) as error:
        if not source.family:
            raise unknown_family(path) from error
        raise WeightsError(f"{path} is a broken {source.layout} file: {error}") from error


def unknown_family(path: Path) -> WeightsError:
    """Return the error for a file that no built-in family opens: what it is, where that is known."""
    if is_filter(path):
        return WeightsError(
            f"{path} is a filter, which changes pictures and draws none; play it: likeness play filter "
            f"--set filter.file={path}"
        )
    if is_variation(path):
        return WeightsError(
            f"{path} is a DAGAN, which draws other pictures of a picture's class: likeness augment FOLDER -o NEW "
            f"--dagan {path}"
        )
    kind = describe_file(path) or "is of no family that opens here; docs/weights.md lists the files that do"
    return WeightsError(f"{path} {kind}")


def open_family(path: Path, device: torch.device, size: int | None = None) -> Generator | None:
    """Open the weights file at `path` by its family; return None where it is of no family of `FAMILIES`.

    Raises:
        WeightsError: where the file is of one of them but broken.
    """
    source = read_source(path, *NAMES)
    if source is None:
        return None
    try:
        return open_source(path, source, device, size)
    except WeightsError:
        if source.family:
            raise
        return None  # tensors of unknown names may be those of a plugin's family


@hookimpl(trylast=True)
def load_generator(path: Path, device: torch.device, size: int | None) -> Generator | None:
    """First: open a file of one of the built-in families. Asked last, since it takes state dicts of any names.

    Raises:
        WeightsError: where the file is of one of them but broken.
    """
    return open_family(path, device, size)
