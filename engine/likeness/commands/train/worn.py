"""The file and the folder of directions that commands write which give weights something to wear."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def claim_worn(
    output: Path, directions: Path | None, names: Sequence[str], *, force: bool
) -> Iterator[tuple[Path, Path]]:
    """Claim a weights file and a folder for its directions, and say where they are once both are written.

    Args:
        output: the weights file that was asked for.
        directions: the folder that was asked for; None for directions/NAME beside the weights.
        names: of the directions that will be written.
        force: replace what is there.

    Yields:
        The weights file to write, and the folder.

    Raises:
        LikenessError: one of the directions is there.
    """
    from likeness.files.free_name import claimed, refuse_existing
    from likeness.files.paths import search_dirs, user_dir

    folder = directions or output.parent / "directions" / output.stem
    refuse_existing([folder / f"{name}.safetensors" for name in names], force=force)
    with claimed([output], force=force) as [path]:
        yield path, folder
    print(f"The result is in {path.resolve()}")
    print(f"{len(names)} files of directions are in {folder.resolve()}")
    if folder.resolve().parent.parent not in [place.resolve() for place in search_dirs("weights")]:
        found = user_dir("weights") / "directions" / output.stem
        print(f"Name them as files, -d {folder / names[0]}.safetensors=1, or copy them to {found} to have them by name")
