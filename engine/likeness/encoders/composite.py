"""From a photo of a face to a composite latent: a linear guess, then rounds of flow and projection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

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
from likeness.networks.composite import ROWS, CompositeNetwork
from likeness.weights_file import read_weights

Matrix = npt.NDArray[np.float32]

# How firmly a code holds to the mean face, and a layer's code to the joint one, against the
# photo; found on held-out faces (see the model card).
JOINT_RIDGE = 0.05
LAYER_RIDGE = 0.02
# How much each block says about the joint code: shape and broad skin are seen best.
TRUST = {
    "field": 1.0,
    "edges": 1.0,
    "skin": 2.0,
    "hair": 0.7,
    "backdrop": 0.2,
    "skin_middle": 1.5,
    "skin_fine": 0.7,
}


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
    """Finds the latent of aligned photos; made once for a network, then about 60 ms a photo.

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
        self._maps = self._linear_maps()
        self._grams = {name: maps @ maps.T for name, maps in self._maps.items()}

    @torch.inference_mode()
    def _linear_maps(self) -> dict[str, Matrix]:
        """What each latent direction adds to each block, `[w_dim, size of block]`, over the root of its trust."""
        w_dim = self.network.w_dim
        unit = torch.eye(w_dim)[:, None, :].expand(-1, ROWS, -1)
        mean = self.network.blocks(torch.zeros(1, ROWS, w_dim))
        maps = {}
        for start in range(0, w_dim, 32):  # in parts: all at once took a gigabyte
            for name, drawn in self.network.blocks(unit[start : start + 32]).items():
                maps.setdefault(name, []).append((drawn - mean[name]).flatten(1).numpy())
        joined = {name: np.concatenate(parts) for name, parts in maps.items()}
        self._scale = {}
        for name, values in joined.items():
            self._scale[name] = np.float32(TRUST[name] / (np.sqrt((values**2).sum() / w_dim) + 1e-8))
            values *= self._scale[name]
        return joined

    def guess(self, photo: Bytes) -> Tensor:
        """The linear start `[1, 4, w_dim]`, all layers equal."""
        side = self._guess_size
        small = bands.to_unit(cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA))
        left, right = small[:, : side // 2], small[:, side // 2 :][:, ::-1]
        even = self._guess_maps[0] @ (((left + right) / 2).ravel() - self._guess_mean)
        odd = self._guess_maps[1] @ ((left - right) / 2).ravel()
        code = torch.zeros(self.network.w_dim)
        code[self.network.even_index] = torch.from_numpy(even.astype(np.float32))
        code[self.network.odd_index] = torch.from_numpy(odd.astype(np.float32))
        return code.expand(1, ROWS, -1).clone()

    @torch.inference_mode()
    def encode(self, photo: Bytes, rounds: int = 3) -> Encoding:
        """Find the latent of one photo.

        Args:
            photo: `[height, width, 3]` uint8 RGB, square, aligned as in FFHQ.
            rounds: of flow and projection; a fourth gained nothing.
        """
        picture = cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2BGR)
        if picture.shape[0] != self.size or picture.shape[1] != self.size:
            method = cv2.INTER_AREA if picture.shape[0] > self.size else cv2.INTER_CUBIC
            picture = cv2.resize(picture, (self.size, self.size), interpolation=method)
        half = self.size // 2
        small = cv2.resize(picture, (half, half), interpolation=cv2.INTER_AREA)
        latent = guess = self.guess(picture)
        field: Field | None = None
        mattes: Mattes | None = None
        for turn in range(rounds):
            drawn = self.network.layers(latent)
            if field is None:
                shape = drawn.field[0].permute(1, 2, 0).numpy()
                field = invert(resize_field(np.ascontiguousarray(shape) * shape.shape[0], half))
            field = self._follow(small, field, _to_bytes(drawn.flat()), turn)
            if mattes is None or turn == rounds - 1:
                mattes = self._cut(small, field, drawn.mattes)
            latent = self._project(latent, self._targets(picture, field, mattes, latent))
        return Encoding(latent, guess, field if field is not None else np.zeros((half, half, 2), np.float32))

    def _follow(self, small: Bytes, field: Field, portrait: Bytes, turn: int) -> Field:
        """One round of flow from the drawing to the photo, both in the mean frame."""
        unit = small.shape[0] / 128
        moving = np.asarray(warp(small, field), np.uint8)
        target = cv2.resize(portrait, moving.shape[:2], interpolation=cv2.INTER_AREA)
        found, trust = self._flow.find(even_contrast(target), even_contrast(moving))
        sigma = (8.0, 6.0, 5.0)[min(turn, 2)] * unit
        smooth = smooth_field(limit_length(found, 6 * unit), trust * self._region, sigma, floor=0.02)
        return limit_length(compose(smooth, field), 16 * unit)

    def _cut(self, small: Bytes, field: Field, drawn: Tensor) -> Mattes:
        """The photo's mattes in the mean frame, led by those of the drawing."""
        half = small.shape[0]
        own = [bands.resized(matte, half) for matte in drawn[0].numpy()]
        prior = Mattes(0.5 * own[0] + 0.5 * self._prior.skin, 0.5 * own[1] + 0.5 * self._prior.person)
        return cut_out(np.asarray(warp(small, field), np.uint8), prior)

    def _targets(self, picture: Bytes, field: Field, mattes: Mattes, latent: Tensor) -> dict[str, Target]:
        """What the photo, warped into the mean frame, wants of every block."""
        layout = self.network.layout
        drawn = {name: value[0].numpy() for name, value in self.network.blocks(latent).items()}
        face = bands.to_unit(np.asarray(warp(picture, resize_field(field, self.size)), np.uint8))
        places = bands.supports(mattes, self.size)
        targets = {}
        grid = layout["field"].grid
        targets["field"] = _whole(resize_field(invert(field), grid) / grid)
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
        """The joint code that fits all blocks, then each layer's own, near it."""
        code = latent.mean(1, keepdim=True).expand(-1, ROWS, -1)
        for _ in range(2):  # what was not seen is taken from the drawing, so it takes two steps
            code = code + self._step(code, targets, list(targets), JOINT_RIDGE, code * 0)
        joint = code.clone()
        layers = code.clone()
        for row in range(ROWS):
            names = [name for name, block in self.network.layout.items() if block.row == row]
            own = code
            for _ in range(2):
                own = own + self._step(own, targets, names, LAYER_RIDGE, joint)
            layers[:, row] = own[:, row]
        return layers

    def _step(self, code: Tensor, targets: dict[str, Target], names: list[str], ridge: float, home: Tensor) -> Tensor:
        """One Gauss-Newton step of a code `[1, 4, w_dim]` with equal layers, toward `home` by `ridge`."""
        drawn = self.network.blocks(code)
        w_dim = self.network.w_dim
        gram = np.eye(w_dim, dtype=np.float32) * ridge
        pull = ridge * (home[0, 0] - code[0, 0]).numpy()
        for name in names:
            rest = (targets[name].wanted - drawn[name][0].numpy()) * targets[name].seen
            pull = pull + self._maps[name] @ (rest.ravel() * self._scale[name])
            gram = gram + self._grams[name]
        step = np.linalg.solve(gram, pull).astype(np.float32)
        return torch.from_numpy(step).expand(1, ROWS, -1)


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
