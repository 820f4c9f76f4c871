"""How well faces that training never saw are encoded: fidelity, identity and time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness.encoders.composite import CompositeEncoder, open_composite_encoder
from likeness.encoders.linear_fit import Matrix
from likeness.errors import LikenessError
from likeness.faces.bands import LUMA
from likeness.faces.flow import Bytes, invert, resize_field, warp
from likeness.faces.mattes import face_region
from likeness.generators.families.composite import open_composite
from likeness.generators.networks.composite_parts import ROWS
from likeness.tools.encode_photos import bgr_levels, psnr

GROUP = 5  # faces of which a gallery makes a mean at the least


@dataclass(frozen=True)
class HoldOutReport:
    """Medians over the held-out faces; "before" is the linear guess, "after" the last round.

    Attributes:
        faces: how many.
        psnr_before, psnr_after: of the whole picture, dB of its 255 levels.
        face_psnr_before, face_psnr_after: of the face region alone.
        identity_before, identity_after: correlation, in the mean frame, of what drawing and photo
            each differ in from the mean face (brightness of the inner face); 1 is the same face.
        found_before, found_after: share of drawings whose best match among all photos is their own.
        lopsided_before, lopsided_after: how far a mirror image's latent, mirrored, is from the photo's own, in lengths
            of that.
        group_lopsided: how far the mean latent of the first five faces and their mirror images is from its mirrored
            self, in its own lengths.
        encode_ms: processor time of one face, all rounds; a neighbour's load does not count.
    """

    faces: int
    psnr_before: float
    psnr_after: float
    face_psnr_before: float
    face_psnr_after: float
    identity_before: float
    identity_after: float
    found_before: float
    found_after: float
    lopsided_before: float
    lopsided_after: float
    group_lopsided: float
    encode_ms: float


class IdentityMeter:
    """Compares drawings with photos in the mean frame."""

    def __init__(self, encoder: CompositeEncoder) -> None:
        self.network = encoder.network
        self.region = face_region(encoder.size)
        self.inner = self.region > 0.8
        zero = torch.zeros(1, ROWS, encoder.network.w_dim)
        self.mean = bgr_levels(self.network.layers(zero).flat()) @ LUMA

    def drawn_signature(self, latent: Tensor) -> Matrix:
        """What a drawing differs in from the mean face: inner brightness, centred, of length one."""
        return self._signature(bgr_levels(self.network.layers(latent).flat()) @ LUMA)

    def photo_signature(self, photo: Bytes, latent: Tensor) -> Matrix:
        """The same of a photo, brought to the mean frame by the drawing's own shape."""
        field = self.network.layers(latent).field[0].permute(1, 2, 0).numpy()
        there = invert(resize_field(np.ascontiguousarray(field) * field.shape[0], self.network.size))
        return self._signature(np.asarray(warp(photo, there), np.float32) @ LUMA)

    def _signature(self, brightness: Matrix) -> Matrix:
        values = (brightness - self.mean)[self.inner]
        values = values - values.mean()
        return np.asarray(values / (np.linalg.norm(values) + 1e-9), np.float32)


@torch.inference_mode()
def hold_out_report(weights: Path, folder: Path, *, count: int = 100) -> HoldOutReport:
    """Encode the first `count` pictures of a folder and compare drawings with photos.

    Raises:
        LikenessError: there is no such folder, or it has no pictures.
    """
    if not folder.is_dir():
        raise LikenessError(f"there is no folder {folder}; give one of aligned faces that training never saw")
    encoder = open_composite_encoder(weights)
    size = encoder.size
    read = (cv2.imread(str(path)) for path in sorted(folder.iterdir())[:count])
    photos = [
        np.asarray(cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
        for photo in read
        if photo is not None
    ]
    if not photos:
        raise LikenessError(f"{folder} holds no pictures; give a folder of aligned faces that training never saw")
    meter = IdentityMeter(encoder)
    encoder.encode(photos[0][..., ::-1])  # the first call warms up caches
    encodings, seconds = [], []
    for photo in photos:
        started = time.process_time()
        encodings.append(encoder.encode(photo[..., ::-1]))
        seconds.append(time.process_time() - started)
    flipped = [encoder.encode(np.ascontiguousarray(photo[:, ::-1, ::-1])) for photo in photos]
    mirrored = open_composite(weights, torch.device("cpu")).mirrored
    rows: dict[str, float] = {}
    for when, latents in (("before", [e.guess for e in encodings]), ("after", [e.latent for e in encodings])):
        drawn = [bgr_levels(encoder.network(latent)) for latent in latents]
        pairs = list(zip(drawn, (photo.astype(np.float32) for photo in photos), strict=True))
        rows[f"psnr_{when}"] = float(np.median([psnr(a, b) for a, b in pairs]))
        rows[f"face_psnr_{when}"] = float(np.median([psnr(a, b, meter.region) for a, b in pairs]))
        mine = np.stack([meter.drawn_signature(latent) for latent in latents])
        theirs = np.stack([meter.photo_signature(photo, e.latent) for photo, e in zip(photos, encodings, strict=True)])
        alike = mine @ theirs.T
        rows[f"identity_{when}"] = float(np.median(np.diag(alike)))
        rows[f"found_{when}"] = float(np.mean(alike.argmax(1) == np.arange(len(alike))))
    for when, pairs in (
        ("before", [(one.guess, other.guess) for one, other in zip(encodings, flipped, strict=True)]),
        ("after", [(one.latent, other.latent) for one, other in zip(encodings, flipped, strict=True)]),
    ):
        rows[f"lopsided_{when}"] = float(np.median([_distance(one, mirrored(other)) for one, other in pairs]))
    group = torch.cat([each.latent for each in (*encodings[:GROUP], *flipped[:GROUP])]).mean(0)
    rows["group_lopsided"] = _distance(group, mirrored(group))
    return HoldOutReport(faces=len(photos), encode_ms=1000 * float(np.median(seconds)), **rows)


def _distance(latent: Tensor, other: Tensor) -> float:
    """Return how far another latent is, in lengths of the first."""
    return float((latent - other).norm() / latent.norm())
