"""`likeness encode`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.early_checks import refuse_photos, refuse_weights
from likeness.errors import LikenessError
from likeness.files.free_name import refuse_unwritable
from likeness.options import Force


def encode(
    *photos: Path,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    weights: str | None = None,
    aligned: bool = False,
    detector: str = "auto",
    force: Force = False,
) -> None:
    """Find the latent of photos, for `--set face_interpolation.faces="a.safetensors b.safetensors"`.

    The face is found and cropped as in FFHQ; of several, the largest near the middle. A photo that cannot be read or
    shows no face is reported and left out.

    Parameters
    ----------
    photos
        JPEG, PNG or WebP files.
    output
        A folder for NAME.safetensors and NAME.png of each photo; the picture shows the photo, the first guess, and
        the result of each round.
    weights
        A weights file, or the name of a bundled one, of the composite family; `likeness project` takes
        photos to latents of the others.
    aligned
        The photos are cropped already: square, eyes level and a little above the middle.
    detector
        auto; hog, which is fast and finds frontal faces; mmod, which finds more and takes a second; or the path of a
        YuNet .onnx file.
    """
    refuse_photos(photos, "to encode")
    names = [photo.stem for photo in photos]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LikenessError(f"several photos are called {twice[0]} and would be one file; encode them one at a time")
    refuse_weights(weights)
    refuse_unwritable(output / f"{photos[0].stem}.png")

    from likeness.encoders.composite import open_composite_encoder
    from likeness.faces.detect import Detector
    from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
    from likeness.tools.encode_photos import encode_file

    encoder = open_composite_encoder(find_weights(weights or DEFAULT_WEIGHTS))
    face_detector = None if aligned else Detector(detector)
    failed = False
    for photo in photos:
        try:
            done = encode_file(encoder, photo, output, face_detector, force=force)
        except LikenessError as error:
            print(f"likeness: {error}", file=sys.stderr)
            failed = True
        else:
            near = f"PSNR {done.psnr:.1f} dB, face {done.face_psnr:.1f} dB"
            print(f"{photo} -> {done.latent}  {near}, {done.encode_ms:.0f} ms")
            for note in done.notes:
                print(f"  {note}")
    if failed:
        sys.exit(2)
