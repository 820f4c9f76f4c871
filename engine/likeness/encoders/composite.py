"""The composite's encoder: from a photo to a latent by a guess, then rounds of flow and projection."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness.encoders.block_targets import BlockTarget, leave_out_wall, read_targets
from likeness.encoders.linear_fit import LinearModel, multiply
from likeness.encoders.trained import TrainedEncoder, find_encoder, open_trained
from likeness.errors import WeightsError
from likeness.faces import bands
from likeness.faces.flow import (
    Bytes,
    Field,
    FlowFinder,
    compose,
    even_contrast,
    invert,
    limit_length,
    resize_field,
    smooth_field,
    warp,
)
from likeness.faces.mattes import Mattes, cut_out, face_region
from likeness.faces.resize import resize
from likeness.generators.networks.composite import COLOUR_ROW, CompositeNetwork, find_manner
from likeness.generators.networks.composite_parts import ROWS
from likeness.generators.weights_file import read_weights
from likeness.picture import to_pictures, to_tensor

log = logging.getLogger(__name__)

# Of filling in what was not seen, in the last round; one is enough before it, four gained 0.1 dB on the face.
LAST_STEPS = 2
# Steps that bring the colours as they are drawn, with exemplars' hair, to the photo's, and what each block counts.
# On 24 faces, each before its own wall, a blue and a yellow one, hair came from 9.5 to 7.8 in Lab, and what was farther
# than 20 from every seventh to every eighteenth; after each round it would be 7.5.
COLOUR_STEPS = 5
COLOURS = {"skin": 1.0, "hair": 3.0, "backdrop": 0.1}


@dataclass(frozen=True)
class Encoding:
    """A latent, and the steps that led to it.

    Attributes:
        latent: `[1, 4, w_dim]`.
        guess: the same before any round: of a trained encoder, or linear.
        rounds: the same after each round; its last is `latent`.
        field: pixels at half size; warps the photo into the mean frame.
    """

    latent: Tensor
    guess: Tensor
    rounds: tuple[Tensor, ...]
    field: Field


class CompositeEncoder:
    """Finds the latent of aligned photos; made once for a network, then some 45 ms a photo on one core.

    Args:
        network: on the CPU.
        tensors: of the same weights file.
        trained: makes the first guess. It tells hair from wall; the graph cuts, which often do not, are skipped.
    """

    def __init__(
        self, network: CompositeNetwork, tensors: dict[str, Tensor], trained: TrainedEncoder | None = None
    ) -> None:
        self.network = network
        self.size = network.size
        self._trained = trained
        prior = tensors["matte.prior"].numpy().astype(np.float32) / 255
        self._prior = Mattes(prior[0], prior[1])
        self._flow = FlowFinder()
        self._region = face_region(self.size // 2)
        # Flow and graph cuts see half of half the size: a third of the time, and no worse on 100 held-out faces.
        self._coarse = min(self.size // 2, max(64, self.size // 4))
        self._guess_mean = tensors["guess.mean"].numpy()
        self._guess_maps = [
            tensors[f"guess.{parity}"].numpy() * tensors[f"guess.{parity}_scale"].numpy()[:, None]
            for parity in ("even", "odd")
        ]
        self._guess_size = round((self._guess_maps[0].shape[1] * 2 / 3) ** 0.5)
        self._model = LinearModel(network, tensors)

    def guess(self, photo: Bytes) -> Tensor:
        """The start `[1, 4, w_dim]` for a BGR photo: the trained encoder's, or a linear one whose layers are equal."""
        if self._trained is not None:
            return self._trained.encode(to_tensor(photo[..., ::-1]))
        side = self._guess_size
        small = bands.to_unit(np.asarray(cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA), np.uint8))
        left, right = small[:, : side // 2], small[:, side // 2 :][:, ::-1]
        even = multiply(self._guess_maps[0], np.asarray(((left + right) / 2).ravel() - self._guess_mean, np.float32))
        odd = multiply(self._guess_maps[1], np.asarray(((left - right) / 2).ravel(), np.float32))
        code = torch.zeros(self.network.w_dim)
        code[self._model.even_index] = torch.from_numpy(even)
        code[self._model.odd_index] = torch.from_numpy(odd)
        return code.expand(1, ROWS, -1).clone()

    @torch.inference_mode()
    def encode(self, photo: Bytes, rounds: int = 2) -> Encoding:
        """Find the latent of one photo.

        Args:
            photo: `[height, width, 3]` uint8 RGB, square, aligned as in FFHQ.
            rounds: of flow and projection; a third gained 0.2 dB of the face and 0.01 of identity for half as much
                time again.
        """
        picture = resize(np.ascontiguousarray(photo[..., ::-1]), self.size)
        half = self.size // 2
        small = _shrink(picture, half)
        latent = guess = self.guess(picture)
        turns = []
        field: Field | None = None
        mattes: Mattes | None = None
        for turn in range(rounds):
            last = turn == rounds - 1
            # Pores say nothing of shape, and are most of the work.
            drawn = self.network.settled_blocks(latent, ROWS if last else ROWS - 1)
            own = self._drawn_mattes(drawn["edges"])
            field = _invert_drawn_field(drawn["field"], half) if field is None else field
            field = self._refine_field(small, field, self._portrait(drawn, own), turn)
            if self._trained is not None:
                mattes = _binarise(own, half)
            elif mattes is None and turn >= min(1, rounds - 1):
                mattes = self._cut_mattes(small, field, own)
            skin = drawn["skin"][0].numpy()
            targets = read_targets(picture if last else small, field, mattes or own, skin, self.network.layout)
            targets = leave_out_wall(targets, drawn["hair"][0].numpy())
            latent = self._project(latent, drawn, targets, LAST_STEPS if last else 1)
            if last:
                latent = self._fit_colours(latent, targets)
            turns.append(latent)
        still = np.zeros((half, half, 2), np.float32)
        return Encoding(latent, guess, tuple(turns), still if field is None else field)

    def _drawn_mattes(self, edges: Tensor) -> Mattes:
        """The mattes of a drawing at half size."""
        skin, person = torch.sigmoid(edges * self.network.steepness)[0].numpy()
        return Mattes(skin, np.maximum(person, skin))

    def _portrait(self, drawn: dict[str, Tensor], mattes: Mattes) -> Bytes:
        """The drawing at half size in the mean frame, BGR, without strands and pores."""
        half = self.size // 2
        skin, hair, backdrop = (
            bands.resize_square(drawn[name][0].permute(1, 2, 0).numpy(), half) for name in ("skin", "hair", "backdrop")
        )
        block = self.network.layout["skin_middle"]
        crop = skin[block.top : block.top + block.height, block.left : block.left + block.width]
        crop += drawn["skin_middle"][0].permute(1, 2, 0).numpy()
        person = hair + (skin - hair) * mattes.skin[..., None]
        flat = backdrop + (person - backdrop) * mattes.person[..., None]
        levels = np.clip((flat[..., ::-1] + 1) * np.float32(127.5) + np.float32(0.5), 0, 255)
        return np.asarray(levels, np.uint8)

    def _refine_field(self, small: Bytes, field: Field, portrait: Bytes, turn: int) -> Field:
        """One round of flow from the drawing to the photo, both in the mean frame."""
        size, side = small.shape[0], self._coarse
        unit = side / 128
        small, target = _shrink(small, side), _shrink(portrait, side)
        field = resize_field(field, side)
        moving = np.asarray(warp(small, field), np.uint8)
        found, trust = self._flow.find_alike(even_contrast(target), even_contrast(moving))
        sigma = (8.0, 6.0, 5.0)[min(turn, 2)] * unit
        weight = trust * bands.resize_square(self._region, side)
        smooth = smooth_field(limit_length(found, 6 * unit), weight, sigma, floor=0.02)
        return resize_field(limit_length(compose(smooth, field), 16 * unit), size)

    def _cut_mattes(self, small: Bytes, field: Field, own: Mattes) -> Mattes:
        """The photo's mattes in the mean frame, led by those of the drawing."""
        half_way = np.float32(0.5)
        skin, person = (
            bands.resize_square((drawn + usual) * half_way, self._coarse)
            for drawn, usual in ((own.skin, self._prior.skin), (own.person, self._prior.person))
        )
        picture = _shrink(np.asarray(warp(small, field), np.uint8), self._coarse)
        # At 64 px a quarter of the time at 128, and no worse; edges are drawn at 64 px as well.
        return _binarise(cut_out(picture, Mattes(skin, person), rounds=1), small.shape[0])

    def _project(self, latent: Tensor, drawn: dict[str, Tensor], targets: dict[str, BlockTarget], steps: int) -> Tensor:
        """The joint code that fits all blocks, then each layer's own code near it.

        The drawing's slope is taken as that of its linear part (Gauss-Newton).
        """
        rests = {}
        for name, target in targets.items():
            picture = drawn[name][0]
            if name == "edges":  # drawn at half size, compared at the block's own
                picture = torch.nn.functional.avg_pool2d(picture, 2)
            rests[name] = (target.wanted - picture.numpy()) * target.seen
        seen = {name: target.seen for name, target in targets.items()}
        return torch.from_numpy(self._model.fit(latent[0].numpy(), rests, seen, steps))[None]

    def _fit_colours(self, latent: Tensor, targets: dict[str, BlockTarget]) -> Tensor:
        """The latent with the broad layer whose drawing is nearest to the photo's colours.

        The linear fit does not know which head of hair its code calls up, and half of the hair's colour is that head's:
        hair that was right after one round was of another colour after the next.
        """
        home, row = latent[0].mean(0).numpy(), latent[0, COLOUR_ROW].numpy()
        seen = {name: targets[name].seen for name in COLOURS}
        least, best = np.inf, row
        for step in range(COLOUR_STEPS + 1):
            drawn = self.network.settled_colours(torch.from_numpy(row)[None])
            rests = {name: (targets[name].wanted - drawn[name][0].numpy()) * seen[name] for name in COLOURS}
            error = sum(
                share * float((rests[name] ** 2).sum()) / max(float(seen[name].sum()), 1.0)
                for name, share in COLOURS.items()
            )
            if error < least:
                least, best = error, row
            if step < COLOUR_STEPS:
                row = self._model.step_layer(row, home, rests, seen)
        fitted = latent.clone()
        fitted[0, COLOUR_ROW] = torch.from_numpy(best)
        return fitted


class PictureEncoder:
    """A `CompositeEncoder` that takes tensors, as every `Encoder` does; one picture after the other, on the CPU."""

    def __init__(self, own: CompositeEncoder) -> None:
        self.own = own

    def encode(self, pictures: Tensor) -> Tensor:
        """See `Encoder.encode`."""
        photos = [np.ascontiguousarray(picture) for picture in to_pictures(pictures)]
        # Cloned: what inference mode makes could not be optimised from.
        found = [self.own.encode(photo).latent.clone() for photo in photos]
        return torch.cat(found).to(pictures.device)


def _binarise(mattes: Mattes, size: int) -> Mattes:
    """Mattes of 0 and 1 at `size`."""
    return Mattes(
        *((bands.resize_square(each, size) > 0.5).astype(np.float32) for each in (mattes.skin, mattes.person))
    )


def _invert_drawn_field(drawn: Tensor, size: int) -> Field:
    """What undoes the drawing's warp `[1, 2, ...]`, in pixels at `size`."""
    field = drawn[0].permute(1, 2, 0).numpy()
    return resize_field(invert(np.ascontiguousarray(field) * np.float32(field.shape[0])), size)


def _shrink(picture: Bytes, size: int) -> Bytes:
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def open_composite_encoder(path: Path) -> CompositeEncoder:
    """Make an encoder from a composite weights file, and the trained encoder beside it where there is one.

    A trained encoder that cannot be used is logged, not raised.

    Raises:
        WeightsError: the file is broken or not of this family.
    """
    header, tensors = read_weights(path)
    if header.family != "composite":
        raise WeightsError(
            f"{path} holds a {header.family} generator, and that family has no encoder; take composite weights"
        )
    if "guess.mean" not in tensors:
        raise WeightsError(f"{path} holds no linear guess to begin from; train it again with this version")
    network = CompositeNetwork(tensors, size=int(header.arguments["size"]), **find_manner(header.arguments))
    return CompositeEncoder(network, tensors, _open_trained(path, network.w_dim))


def open_picture_encoder(path: Path) -> PictureEncoder:
    """Open the encoder of a composite weights file behind the `Encoder` protocol; raises as `open_encoder` does."""
    return PictureEncoder(open_composite_encoder(path))


def _open_trained(weights: Path, w_dim: int) -> TrainedEncoder | None:
    file, sha256 = find_encoder(weights)
    try:
        return open_trained(file, sha256, ROWS, w_dim) if file.is_file() else None
    except WeightsError as error:
        # Weights that are made anew under their name leave it behind; visitors are still to be shown.
        log.warning("%s; until then the linear guess begins", error)
        return None
