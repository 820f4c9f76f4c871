"""Photo files encoded to saved latents, each with a picture that compares the two."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from likeness.encoders.composite import CompositeEncoder
from likeness.encoders.linear_fit import Matrix
from likeness.errors import LikenessError, PhotoError
from likeness.faces.detect import Detector
from likeness.faces.mattes import face_region
from likeness.faces.photo import read_photo
from likeness.faces.portrait import find_portrait
from likeness.faces.resize import resize
from likeness.files.free_name import claimed, number_after
from likeness.picture import Picture, sheet, write_picture
from likeness.toolkit.latent_file import write_latent

LEAST_SIDE = 32


@dataclass(frozen=True)
class EncodedPhoto:
    """What became of one photo.

    Attributes:
        latent: the file of the latent.
        comparison: a PNG file: photo, guess, and the drawing after each round.
        psnr, face_psnr: of the last drawing against the photo, in dB; the face alone counts more.
        encode_ms: wall time of the encoder, without files and drawings.
        notes: what speaks against the photo, in words.
    """

    latent: Path
    comparison: Path
    psnr: float
    face_psnr: float
    encode_ms: float
    notes: tuple[str, ...] = ()


def read_portrait(path: Path, detector: Detector | None, size: int) -> tuple[Picture, tuple[str, ...]]:
    """Read the face of a photo, aligned, and what its sender should know of it.

    Args:
        path: of the photo.
        detector: looks for the face; None takes the photo as one that is cut already.
        size: of the cut that the detector's face gets.

    Raises:
        PhotoError: it cannot be read, holds no face, or is cut and not square.
    """
    picture = read_photo(path)
    if detector is not None:
        portrait = find_portrait(picture, detector, size, str(path))
        return portrait.picture, portrait.notes
    height, width = picture.shape[:2]
    if height != width or height < LEAST_SIDE:
        raise PhotoError(
            f"{path} is {width} x {height} px; leave --aligned away to have the face found, or cut a square around it "
            f"as in FFHQ, {LEAST_SIDE} px or more"
        )
    return picture, ()


@torch.inference_mode()
def encode_file(
    encoder: CompositeEncoder, photo: Path, folder: Path, detector: Detector | None = None, *, force: bool = False
) -> EncodedPhoto:
    """Write `NAME.safetensors` and `NAME.png` for a photo called NAME, or by the next free name of both.

    Args:
        encoder: of the generator that is to show the face.
        photo: an aligned one, or any where a `detector` looks for the face.
        folder: where the files go.
        detector: of faces.
        force: replace files that are there.

    Raises:
        LikenessError: the photo cannot be read, or the folder not be written.
    """
    read, notes = read_portrait(photo, detector, encoder.size)
    began = time.perf_counter()
    found = encoder.encode(read)
    encode_ms = (time.perf_counter() - began) * 1000
    if (folder / f"{photo.stem}.png").resolve() == photo.resolve():
        raise LikenessError(f"{photo} is the photo itself and would be lost; name another folder with -o")
    size = encoder.size
    wanted = resize(read, size)
    drawn = [bgr_levels(encoder.network(each))[..., ::-1] for each in (found.guess, *found.rounds)]
    pictures = [wanted, *(np.asarray(picture.round(), np.uint8) for picture in drawn)]
    wanted_files = [folder / f"{photo.stem}{ending}" for ending in (".safetensors", ".png")]
    with claimed(wanted_files, force=force, numbering=number_after(photo.stem)) as [latent, comparison]:
        write_latent(latent, found.latent[0])
        write_picture(comparison, sheet(pictures, len(pictures)))
    sought = wanted.astype(np.float32)
    return EncodedPhoto(
        latent, comparison, psnr(drawn[-1], sought), psnr(drawn[-1], sought, face_region(size)), encode_ms, notes
    )


def psnr(drawn: Matrix, photo: Matrix, region: Matrix | None = None) -> float:
    """Return the peak signal-to-noise ratio in dB.

    Args:
        drawn, photo: `[height, width, 3]` in [0, 255].
        region: what each pixel counts, `[height, width]`; all alike where it is left out.
    """
    error = ((drawn - photo) ** 2).mean(2)
    mean = float(error.mean() if region is None else (error * region).sum() / region.sum())
    return float(10 * np.log10(255**2 / max(mean, 1e-9)))


def bgr_levels(picture: Tensor) -> Matrix:
    """Return the first RGB picture in [-1, 1] of a batch as BGR levels in [0, 255], `[height, width, 3]` float32."""
    return np.ascontiguousarray(((picture[0].clamp(-1, 1) + 1) * 127.5).permute(1, 2, 0).flip(2).numpy())
