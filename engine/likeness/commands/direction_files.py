"""The files of `likeness directions`: where directions lie, what they say of themselves, and strips of what they do."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from likeness.errors import LikenessError, say_count

if TYPE_CHECKING:
    from torch import Tensor

    from likeness.directions.find import Direction
    from likeness.directions.named_sheet import NamedDirection
    from likeness.generator import Generator


def open_named(weights: str, device: Any) -> "Generator":
    """Return the generator of weights that are a file or have a name, of plugins' families too."""
    from likeness.files.paths import find_weights
    from likeness.host.host import Host

    return Host().open_generator(find_weights(weights), device)


def own_folder(generator: "Generator") -> Path:
    """Return the user's folder of directions of these weights."""
    from likeness.files.paths import user_dir

    assert generator.info.weights is not None
    return user_dir("weights") / "directions" / generator.info.weights.stem


def write_found(path: Path, found: "Direction", attribute: str, by: str, generator: "Generator") -> None:
    """Write a direction that was found, with what it was found from.

    Args:
        attribute: what it changes, in words.
        by: what the latents were.
    """
    from likeness.toolkit.latent_file import write_direction

    about = {
        "name": found.name,
        "attribute": attribute,
        "method": f"{found.fit.method} by {by}",
        found.fit.measure: f"{found.fit.score:.3f}",
        "labelled": str(found.fit.labelled),
        "leaves": " ".join(found.kept),
    }
    write_direction(path, found.tensor, about | _origin(generator))


def bank_file(name: str, output: Path | None, generator: "Generator", *, force: bool) -> Path:
    """Return the file of a bank, which is played by its name; refuse one that is there."""
    from likeness.files.free_name import refuse_existing

    path = (output or own_folder(generator)) / f"{name}.safetensors"
    refuse_existing([path], force=force)
    return path


def write_bank(
    path: Path, bank: "Tensor", about: dict[str, str], generator: "Generator", strips: Path | None, *, force: bool
) -> None:
    """Write several directions that are played by number, and their strips where these are asked for."""
    from likeness.toolkit.latent_file import write_directions

    write_directions(path, bank, {"name": path.stem} | about | _origin(generator))
    print(f"{say_count(len(bank), 'direction is', 'directions are')} in {path.resolve()}")
    if strips:
        write_strips(strips, generator, list(bank), force=force)


def _origin(generator: "Generator") -> dict[str, str]:
    """Return the weights of a direction and their licence, for the file."""
    from likeness.generators.weights_file import read_header

    path = generator.info.weights
    header = read_header(path) if path is not None else None
    origin = {"weights": path.stem if path else "", "licence": generator.info.licence.name}
    return origin | ({"weights_sha256": header.sha256} if header else {})


def write_strips(path: Path, generator: "Generator", directions: "list[Tensor]", *, force: bool) -> None:
    """Write a PNG of what directions do to two faces.

    Raises:
        LikenessError: the path has another ending.
    """
    from likeness.directions.effects import draw_strips
    from likeness.files.free_name import claimed
    from likeness.picture import write_picture

    if path.suffix.lower() != ".png":
        raise LikenessError(f"--strips {path} must end in .png")
    with claimed([path], force=force) as [file]:
        write_picture(file, draw_strips(generator, directions, (0, 3)))
    print(f"Their effect on two faces is on {file.resolve()}")


def write_named_sheet(path: Path, generator: "Generator", directions: "list[NamedDirection]", *, force: bool) -> None:
    """Write a PNG with a row for each direction, its name at the left.

    Raises:
        LikenessError: the path has another ending.
    """
    from likeness.directions.named_sheet import draw_named_sheet
    from likeness.files.free_name import claimed
    from likeness.picture import write_picture

    if path.suffix.lower() != ".png":
        raise LikenessError(f"--sheet {path} must end in .png")
    with claimed([path], force=force) as [file]:
        write_picture(file, draw_named_sheet(generator, directions))
    print(f"What they do to a face is on {file.resolve()}")
