"""From a photo's file to a saved latent, with a picture that shows how it went."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from likeness.encoders.composite import CompositeEncoder
from likeness.encoders.composite_report import levels, psnr
from likeness.errors import LikenessError
from likeness.faces.mattes import face_region
from likeness.latent_file import write_latent
from likeness.picture import Picture, sheet, write_png

LEAST_SIDE = 32


@dataclass(frozen=True)
class EncodedPhoto:
    """What became of one photo.

    Attributes:
        latent: the file of the latent.
        comparison: a PNG file: photo, guess, and the drawing after each round.
        psnr, face_psnr: of the last drawing against the photo, in dB; the face alone counts more.
        encode_ms: wall time of the encoder, without files and drawings.
    """

    latent: Path
    comparison: Path
    psnr: float
    face_psnr: float
    encode_ms: float


def read_photo(path: Path) -> Picture:
    """Read a square photo, turned upright by its EXIF.

    Raises:
        LikenessError: it is absent, empty, no picture, not square, or smaller than 32 px.
    """
    if not path.is_file():
        raise LikenessError(f"there is no photo {path}; give the path of a file")
    try:
        raw = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise LikenessError(f"{path} cannot be read: {error}") from error
    if not raw.size:
        raise LikenessError(f"{path} is empty; copy it again")
    try:
        picture = cv2.imdecode(raw, cv2.IMREAD_COLOR_RGB)
    except cv2.error:  # a header that claims more pixels than OpenCV allows
        picture = None
    if picture is None:
        raise LikenessError(f"{path} is no picture that can be read; give a JPEG, PNG or WebP file")
    height, width = picture.shape[:2]
    if height != width or height < LEAST_SIDE:
        raise LikenessError(
            f"{path} is {width} x {height} px; cut a square around the face as in FFHQ, {LEAST_SIDE} px or more"
        )
    return np.asarray(picture, np.uint8)


@torch.inference_mode()
def encode_file(encoder: CompositeEncoder, photo: Path, folder: Path) -> EncodedPhoto:
    """Write `NAME.safetensors` and `NAME.png` for a photo called NAME.

    Raises:
        LikenessError: the photo cannot be read, or the folder not be written.
    """
    read = read_photo(photo)
    began = time.perf_counter()
    found = encoder.encode(read)
    encode_ms = (time.perf_counter() - began) * 1000
    latent, comparison = (folder / f"{photo.stem}{ending}" for ending in (".safetensors", ".png"))
    if comparison.resolve() == photo.resolve():
        raise LikenessError(f"{comparison} is the photo itself and would be lost; name another folder with -o")
    write_latent(latent, found.latent[0])
    size = encoder.size
    method = cv2.INTER_AREA if read.shape[0] > size else cv2.INTER_CUBIC
    wanted = np.asarray(cv2.resize(read, (size, size), interpolation=method), np.uint8)
    drawn = [levels(encoder.network(each))[..., ::-1] for each in (found.guess, *found.turns)]
    pictures = [wanted, *(np.asarray(picture.round(), np.uint8) for picture in drawn)]
    write_png(comparison, sheet(pictures, len(pictures)))
    sought = wanted.astype(np.float32)
    return EncodedPhoto(
        latent, comparison, psnr(drawn[-1], sought), psnr(drawn[-1], sought, face_region(size)), encode_ms
    )
