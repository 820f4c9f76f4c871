"""From a photo of a face to a composite latent: a linear guess, then rounds of flow and projection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness.encoders.composite_fit import LinearModel, Matrix
from likeness.errors import WeightsError
from likeness.faces import bands
from likeness.faces.correspond import (
    Bytes,
    Field,
    FlowFinder,
    Image,
    compose,
    even_contrast,
    invert,
    limit_length,
    resize_field,
    smooth_field,
    warp,
)
from likeness.faces.mattes import Mattes, cut_out, face_region, signed_distance
from likeness.networks.composite import CompositeNetwork
from likeness.networks.composite_parts import ROWS
from likeness.weights_file import read_weights


@dataclass(frozen=True)
class Target:
    """What a photo asks of one block: wanted values and where they were seen, channels first."""

    wanted: Matrix
    seen: Matrix


@dataclass(frozen=True)
class Encoding:
    """A latent and how it was come by.

    Attributes:
        latent: `[1, 4, w_dim]`.
        guess: the same before any round.
        field: pixels at half size; warps the photo into the mean frame.
    """

    latent: Tensor
    guess: Tensor
    field: Field


class CompositeEncoder:
    """Finds the latent of aligned photos; made once for a network, then 150 ms a photo on one busy core.

    Args:
        network: on the CPU.
        tensors: of the same weights file.
    """

    def __init__(self, network: CompositeNetwork, tensors: dict[str, Tensor]) -> None:
        self.network = network
        self.size = network.size
        prior = tensors["matte.prior"].numpy().astype(np.float32) / 255
        self._prior = Mattes(prior[0], prior[1])
        self._flow = FlowFinder()
        self._region = face_region(self.size // 2)
        self._guess_mean = tensors["guess.mean"].numpy()
        self._guess_maps = [
            tensors[f"guess.{parity}"].numpy() * tensors[f"guess.{parity}_scale"].numpy()[:, None]
            for parity in ("even", "odd")
        ]
        self._guess_size = round((self._guess_maps[0].shape[1] * 2 / 3) ** 0.5)
        self._model = LinearModel(network, tensors)

    def guess(self, photo: Bytes) -> Tensor:
        """The linear start `[1, 4, w_dim]`, all layers equal."""
        side = self._guess_size
        small = bands.to_unit(np.asarray(cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA), np.uint8))
        left, right = small[:, : side // 2], small[:, side // 2 :][:, ::-1]
        even = self._guess_maps[0] @ (((left + right) / 2).ravel() - self._guess_mean)
        odd = self._guess_maps[1] @ ((left - right) / 2).ravel()
        code = torch.zeros(self.network.w_dim)
        code[self._model.even_index] = torch.from_numpy(even.astype(np.float32))
        code[self._model.odd_index] = torch.from_numpy(odd.astype(np.float32))
        return code.expand(1, ROWS, -1).clone()

    @torch.inference_mode()
    def encode(self, photo: Bytes, rounds: int = 3) -> Encoding:
        """Find the latent of one photo.

        Args:
            photo: `[height, width, 3]` uint8 RGB, square, aligned as in FFHQ.
            rounds: of flow and projection; a fourth gained nothing.
        """
        picture = np.ascontiguousarray(photo[..., ::-1])
        if picture.shape[:2] != (self.size, self.size):
            method = cv2.INTER_AREA if picture.shape[0] > self.size else cv2.INTER_CUBIC
            picture = np.asarray(cv2.resize(picture, (self.size, self.size), interpolation=method), np.uint8)
        half = self.size // 2
        small = np.asarray(cv2.resize(picture, (half, half), interpolation=cv2.INTER_AREA), np.uint8)
        latent = guess = self.guess(picture)
        field: Field | None = None
        mattes: Mattes | None = None
        for turn in range(rounds):
            drawn = self.network.layers(latent)
            if field is None:
                shape = drawn.field[0].permute(1, 2, 0).numpy()
                field = invert(resize_field(np.ascontiguousarray(shape) * shape.shape[0], half))
            field = self._follow(small, field, _to_bytes(drawn.flat()), turn)
            if mattes is None and turn >= min(1, rounds - 1):
                mattes = self._cut(small, field, drawn.mattes)
            seen = mattes or _drawn_mattes(drawn.mattes, half)
            targets = self._targets(picture, field, seen, latent)
            if turn < rounds - 1:
                del targets["skin_fine"]  # pores say nothing of shape, and are most of the work
            latent = self._project(latent, targets)
        return Encoding(latent, guess, field if field is not None else np.zeros((half, half, 2), np.float32))

    def _follow(self, small: Bytes, field: Field, portrait: Bytes, turn: int) -> Field:
        """One round of flow from the drawing to the photo, both in the mean frame."""
        unit = small.shape[0] / 128
        moving = np.asarray(warp(small, field), np.uint8)
        target = np.asarray(cv2.resize(portrait, moving.shape[:2], interpolation=cv2.INTER_AREA), np.uint8)
        found, trust = self._flow.find(even_contrast(target), even_contrast(moving))
        sigma = (8.0, 6.0, 5.0)[min(turn, 2)] * unit
        smooth = smooth_field(limit_length(found, 6 * unit), trust * self._region, sigma, floor=0.02)
        return limit_length(compose(smooth, field), 16 * unit)

    def _cut(self, small: Bytes, field: Field, drawn: Tensor) -> Mattes:
        """The photo's mattes in the mean frame, led by those of the drawing."""
        half = small.shape[0]
        own = _drawn_mattes(drawn, half)
        half_way = np.float32(0.5)
        prior = Mattes((own.skin + self._prior.skin) * half_way, (own.person + self._prior.person) * half_way)
        return cut_out(np.asarray(warp(small, field), np.uint8), prior, rounds=1)

    def _targets(self, picture: Bytes, field: Field, mattes: Mattes, latent: Tensor) -> dict[str, Target]:
        """What the photo, warped into the mean frame, wants of every block."""
        layout = self.network.layout
        drawn = {name: value[0].numpy() for name, value in self.network.blocks(latent).items()}
        face = bands.to_unit(np.asarray(warp(picture, resize_field(field, self.size)), np.uint8))
        places = bands.supports(mattes, self.size)
        targets = {}
        grid = layout["field"].grid
        targets["field"] = _whole(resize_field(invert(field), grid) / np.float32(grid))
        edges = np.stack([signed_distance(mattes.skin), signed_distance(mattes.person)], axis=2)
        targets["edges"] = _whole(bands.resized(edges, layout["edges"].grid))
        for name in ("hair", "backdrop", "skin"):
            mean, seen = bands.covered_mean(face, getattr(places, name), layout[name].grid)
            targets[name] = Target(
                _channels_first(mean[..., ::-1]), np.clip(seen * 1.5 - 0.25, 0, 1).transpose(2, 0, 1)
            )
        own = drawn["skin"].transpose(1, 2, 0)[..., ::-1]
        seen = targets["skin"].seen.transpose(1, 2, 0)
        filled = seen * targets["skin"].wanted.transpose(1, 2, 0)[..., ::-1] + (1 - seen) * own
        _, middle, fine = bands.skin_bands(face, places.skin, np.ascontiguousarray(filled))
        for name, band in (("skin_middle", middle[..., ::-1]), ("skin_fine", fine)):
            block = layout[name]
            rows = slice(block.top, block.top + block.height)
            columns = slice(block.left, block.left + block.width)
            seen = bands.resized(places.skin, block.grid)[rows, columns, None]
            targets[name] = Target(_channels_first(band[rows, columns]), seen.transpose(2, 0, 1))
        return targets

    def _project(self, latent: Tensor, targets: dict[str, Target]) -> Tensor:
        """The joint code that fits all blocks, then each layer's own code near it.

        The drawing's slope is taken as that of its linear part (Gauss-Newton).
        """
        drawn = self.network.settled_blocks(latent)
        rests = {}
        for name, target in targets.items():
            picture = drawn[name][0]
            if name == "edges":  # drawn at half size, compared at the block's own
                picture = torch.nn.functional.avg_pool2d(picture, 2)
            rests[name] = (target.wanted - picture.numpy()) * target.seen
        seen = {name: target.seen for name, target in targets.items()}
        return torch.from_numpy(self._model.fitted(latent[0].numpy(), rests, seen))[None]


def _drawn_mattes(drawn: Tensor, size: int) -> Mattes:
    """The mattes `[1, 2, ...]` of a drawing at `size`."""
    skin, person = (bands.resized(matte, size) for matte in drawn[0].numpy())
    return Mattes(skin, np.maximum(person, skin))


def _whole(picture: Image) -> Target:
    return Target(_channels_first(picture), np.ones((1, 1, 1), np.float32))


def _channels_first(picture: Image) -> Matrix:
    return np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32)


def _to_bytes(picture: Tensor) -> Bytes:
    """The first RGB picture of a batch as BGR bytes `[height, width, 3]`."""
    levels = ((picture[0].clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 0).flip(2).numpy())


def open_encoder(path: Path) -> CompositeEncoder:
    """Make an encoder from a composite weights file.

    Raises:
        WeightsError: the file is broken or not of this family.
    """
    header, tensors = read_weights(path)
    if header.family != "composite" or "guess.mean" not in tensors:
        raise WeightsError(f"{path} holds a {header.family} generator; this encoder wants a composite one")
    return CompositeEncoder(CompositeNetwork(tensors, size=int(header.arguments["size"])), tensors)
