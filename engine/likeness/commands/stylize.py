"""`likeness stylize`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from likeness.options import Device, Force, ranged
from likeness.ranges import COUNT, Range

if TYPE_CHECKING:
    from torch import Tensor

    from likeness.faces.photo import Photo

WEIGHT = ranged(Range(0, 1_000_000))
SIDE = ranged(Range(64, 4096, "px"))


def stylize(
    photo: Path,
    *,
    style: Path,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    mask: str | None = None,
    style_mask: str | None = None,
    size: Annotated[int, SIDE] = 512,
    style_size: Annotated[int, SIDE] = 512,
    steps: Annotated[int, ranged(COUNT)] = 300,
    strength: Annotated[float, WEIGHT] = 4.0,
    smooth: Annotated[float, WEIGHT] = 2.0,
    features: Path | None = None,
    device: Device = "auto",
    force: Force = False,
) -> None:
    """Paint one picture in the style of another, by a search of minutes; `likeness train style` makes what is played.

    Parameters
    ----------
    photo
        The picture that is painted.
    style
        The painting, print or pattern whose style it takes.
    output
        The picture to write, such as out.png.
    mask
        Where it is painted: face, hair, person or background, which are found around the biggest face, or a picture
        that is white there. The rest stays as it is.
    style_mask
        What of the style picture counts, in the same words, or as a picture.
    size
        Px of the result's shorter side.
    style_size
        Px of the style picture's shorter side: larger ones give broader strokes.
    steps
        Of the search; the most is seen after 100.
    strength
        Of the style against the content.
    smooth
        Against speckles.
    features
        VGG weights with torchvision's names, .safetensors or .pth, instead of the features that come with the program.
    """
    from likeness.commands.progress_bars import Bars
    from likeness.faces.photo import read_photo
    from likeness.files.free_name import claimed
    from likeness.generators.devices import choose_device
    from likeness.picture import check_picture_path, to_pictures, write_picture
    from likeness.training.filters.style_features import open_style_features
    from likeness.training.filters.stylize import StylizeSettings
    from likeness.training.filters.stylize import stylize as search

    check_picture_path(output)
    pictures = read_photo(photo), read_photo(style)
    areas = _find_mask(pictures[0], mask, photo), _find_mask(pictures[1], style_mask, style)
    place = choose_device(device)
    images = [_scale(picture, side).to(place) for picture, side in zip(pictures, (size, style_size), strict=True)]
    masks = [
        None if area is None else area.to(place) for area in (_fit(*pair) for pair in zip(areas, images, strict=True))
    ]
    settings = StylizeSettings(steps, strength, smooth)
    with claimed([output], force=force) as [path]:
        with Bars() as bars:
            used = open_style_features(features, place)
            drawn = search(images[0], images[1], used, settings, masks[0], masks[1], bars.stage("painting"))
        write_picture(path, to_pictures(drawn)[0])
    print(f"The result is in {path.resolve()}")


def _scale(picture: "Photo", side: int) -> "Tensor":
    """Return a picture as an image whose shorter side is `side` px."""
    from likeness.faces.resize import resize
    from likeness.picture import to_tensor

    height, width = picture.shape[:2]
    scale = side / min(height, width)
    return to_tensor(resize(picture, round(width * scale), round(height * scale)))


def _find_mask(picture: "Photo", named: str | None, path: Path) -> "Tensor | None":
    """Return the mask that a word or a path names, `[1, 1, H, W]` in [0, 1], at a size of its own."""
    import torch

    from likeness.errors import LikenessError, nearest
    from likeness.faces.photo import read_photo
    from likeness.faces.regions import REGIONS, find_region

    if named is None:
        return None
    if named in REGIONS:
        try:
            return torch.from_numpy(find_region(picture, named))[None, None]
        except LikenessError as error:
            raise LikenessError(f"{path}: {error}") from error
    if not Path(named).exists():
        raise LikenessError(f"no mask {named!r}, neither a file nor a region; {nearest(named, REGIONS)}")
    return torch.from_numpy(read_photo(Path(named))).float().mean(2)[None, None] / 255


def _fit(area: "Tensor | None", image: "Tensor") -> "Tensor | None":
    """Return a mask at the size of its image."""
    from torch.nn import functional

    if area is None:
        return None
    return functional.interpolate(area, image.shape[2:], mode="bilinear", align_corners=False, antialias=True)
