"""The composite family: a morphable model of faces as a generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from likeness.errors import WeightsError
from likeness.generator import Bend, Bends, GeneratorInfo, NoiseMode, SearchDrawing
from likeness.generators.devices import choose_dtype, place_network
from likeness.generators.families.checkpoint import Source, own_source
from likeness.generators.families.search_drawing import CompositeSearchDrawing
from likeness.generators.families.stepping import find_operations
from likeness.generators.networks.beard import Beard
from likeness.generators.networks.composite import UNBENT, CompositeNetwork, find_manner
from likeness.generators.networks.composite_layers import Layers, Region
from likeness.generators.networks.composite_parts import ROWS
from likeness.generators.networks.drawn_eyes import DrawnEyes
from likeness.generators.networks.earrings import Earrings
from likeness.generators.networks.eight_bit_network import EightBitNetwork
from likeness.generators.networks.enlarger import FACTOR, Enlarger
from likeness.generators.networks.glasses import Glasses, Worn
from likeness.generators.networks.makeup import MakeUp
from likeness.generators.networks.quiet_axis import QuietAxis
from likeness.generators.networks.refiner import Refiner
from likeness.generators.networks.skin_texture import SkinTexture
from likeness.generators.networks.walls import Walls, put_behind
from likeness.generators.weights_file import WeightsHeader, read_weights, shared_latents

Axis = TypeVar("Axis", bound=QuietAxis)
FAMILY = "composite"
NAMES = (FAMILY,)
# Faces that the ranges of eight bits are taken from, and others that are then looked at.
RANGED, TRIED = 8, 4
# The warp, the signed distances of both silhouettes, the colours, the skin's detail, the hair's.
LAYERS: Mapping[str, str] = MappingProxyType(
    {
        "field": "coarse",
        "edges": "coarse",
        "skin": "broad",
        "hair": "broad",
        "backdrop": "broad",
        "skin_middle": "middle",
        "skin_fine": "fine",
        "strands": "coarse",
    }
)
GROUPS = {"coarse": (0, 1), "broad": (1, 2), "middle": (2, 3), "fine": (3, 4)}


class CompositeGenerator:
    """A composite generator; see `likeness.generator.Generator`.

    Its latent has four layers, each a joint code of unit variance: shape (and hair style),
    broad (light and colour), middle and fine skin. All layers equal is one coherent face; a layer
    from another face brings that face's shape, colours or skin. Where the file holds a refiner or an enlarger too,
    it makes the drawing more of a photograph, the enlarger at twice the size; the latent means the same.

    Args:
        source: of a composite weights file.
        device: on which to draw.
        size: height and width of the pictures; native when left out.
    """

    def __init__(self, source: Source, device: torch.device, size: int | None = None) -> None:
        tensors, told = source.tensors, source.arguments
        native = int(told["size"])
        enlarger = Enlarger.find(tensors)
        self._size = size or native * (1 if enlarger is None else FACTOR)
        network = CompositeNetwork(tensors, size=native, dtype=choose_dtype(device), **find_manner(told))
        self.network = network.to(device).eval().requires_grad_(False)
        self.glasses = Glasses(told["glasses"], network.even_index).to(device) if "glasses" in told else None
        self.beard = Beard(told["beard"], network.even_index).to(device) if "beard" in told else None
        painted = MakeUp(told["makeup"], network.even_index, self._size) if "makeup" in told else None
        self.makeup = painted if painted is None else painted.to(device)
        rings = Earrings(told["earrings"], network.even_index, self._size) if "earrings" in told else None
        self.earrings = rings if rings is None else rings.to(device)
        self.walls = Walls(told["walls"], tensors["parity"].bool()).to(device) if "walls" in told else None
        self.enlarger = enlarger if enlarger is None else place_network(enlarger, device)
        depth = told.get("skin_texture", 0.0)
        self.skin_texture = SkinTexture(native * FACTOR, depth).to(device) if depth and enlarger is not None else None
        self.eyes = DrawnEyes(self._size, told.get("eyes", 0.0)).to(device)
        refiner = Refiner.find(tensors) if enlarger is None else None
        self.refiner = refiner if refiner is None else place_network(refiner, device)
        w_dim = network.w_dim
        shared = shared_latents(WeightsHeader(FAMILY, told))
        names = "" if shared is None else shared.weights
        self.info = GeneratorInfo(FAMILY, ROWS, w_dim, self._size, source.licence, GROUPS, latents=names)
        self.warp: Tensor | None = None
        self._mattes: Tensor | None = None
        self._worn: Worn | None = None
        self._mean = torch.zeros(ROWS, w_dim, device=device)
        self._directions = torch.eye(w_dim, device=device)[:, None, :].expand(-1, ROWS, -1).contiguous()
        self.mirror_signs = torch.where(tensors["parity"].bool(), -1.0, 1.0).expand(ROWS, -1).to(device)

    @property
    def mean(self) -> Tensor:
        """The mean face, `[4, w_dim]`: zero."""
        return self._mean

    @property
    def directions(self) -> Tensor:
        """The joint components `[w_dim, 4, w_dim]`, by falling variance, one standard deviation long."""
        return self._directions

    def sample(self, seeds: Sequence[int]) -> Tensor:
        """Latents `[len(seeds), 4, w_dim]` of coherent faces, each from its seed alone."""
        # Drawn on the CPU: a seed is the same face on every device.
        rows = [
            torch.randn(self.info.w_dim, generator=torch.Generator().manual_seed(int(seed) % 2**63)) for seed in seeds
        ]
        z = torch.stack(rows) if rows else torch.zeros(0, self.info.w_dim)
        return self.map_z(z.to(self._mean.device))

    def map_z(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents `[batch, 4, w_dim]` from normal `z` `[batch, w_dim]`: the same code in every layer."""
        return z[:, None, :].expand(-1, ROWS, -1).contiguous()

    def mirrored(self, latent: Tensor) -> Tensor:
        """The latent of the mirror image: odd directions change sign."""
        return latent * self.mirror_signs

    def synthesize(self, latent: Tensor, noise: NoiseMode = "const") -> Tensor:
        """Pictures `[batch, 3, size, size]` in [-1, 1]; with a gradient, without walls. There is no noise here."""
        return self._draw_face(latent, UNBENT)

    @property
    def layers(self) -> Mapping[str, str]:
        """What `draw_bent` bends, in the order in which it is drawn, each with its layer group."""
        return LAYERS

    def prepare_bends(self, names: Sequence[str], batch: int = 1) -> None:
        """Do nothing: this family draws bent as fast as it draws."""

    def draw_layers(self, latent: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """Return the layers `names` of `latent`, unbent, `[batch, channels, h, w]` float32 each."""
        found: dict[str, Tensor] = {}

        def keep(name: str, x: Tensor) -> Tensor:
            found[name] = x.clone()
            return x

        self.network.layers(latent, {name: partial(keep, name) for name in names})
        return found

    def draw_bent(self, latent: Tensor, bends: Bends, noise: NoiseMode = "const") -> Tensor:
        """Return pictures as `synthesize` does, its layers mixed with those of another composite, then bent."""
        return self._draw_face(latent, find_operations(self, latent, bends))

    def make_search_drawing(self) -> SearchDrawing:
        """See `likeness.generator.SearchedGenerator`."""
        worn = (self.glasses, self.beard, self.makeup, self.earrings)
        axes = [axis for axis in worn if axis is not None]
        return CompositeSearchDrawing(self.network, self._size, partial(self._draw, wall=None), axes, self.synthesize)

    def _draw_face(self, latent: Tensor, operations: Mapping[str, Bend]) -> Tensor:
        """Pictures of `latent`, its layers bent, with the make-up, beard, earrings and glasses that it wears."""
        self._worn = None
        glasses, beard = self._find_worn(self.glasses, latent), self._find_worn(self.beard, latent)
        makeup, earrings = self._find_worn(self.makeup, latent), self._find_worn(self.earrings, latent)
        bare = latent
        for axis in (glasses, beard, makeup, earrings):
            bare = bare if axis is None else axis.take_off(bare)
        parts = self.network.layers(bare, operations)
        # No gradient finds a photo's wall, nor goes through drawn eyes, and a search is led astray by them.
        sought = torch.is_grad_enabled() and latent.requires_grad
        drawn = self._draw(parts, None if self.walls is None or sought else self.walls(bare))
        drawn = drawn if sought else self.eyes(drawn, parts.field)
        if makeup is not None:
            drawn = makeup.make_up(drawn, latent, parts)
        if beard is not None:
            drawn = beard.grow(drawn, latent, parts)
        if earrings is not None:
            drawn = earrings.hang(drawn, latent, parts)
        if glasses is None:
            return drawn
        dressed = glasses.put_on(drawn, latent, parts.field, parts.mattes)
        self._worn = Worn(glasses, latent, parts.field, parts.mattes, drawn, dressed)
        return dressed

    def _find_worn(self, axis: Axis | None, latent: Tensor) -> Axis | None:
        """What is worn; on a processor None where nobody does. Asking a card would wait for it."""
        return axis if axis is not None and (latent.is_cuda or axis.is_seen(latent)) else None

    def take_off(self, image: Tensor) -> Tensor:
        """See `likeness.generator.WearingGenerator`."""
        return image if self._worn is None else self._worn.take_off(image)

    def put_on(self, image: Tensor) -> Tensor:
        """See `likeness.generator.WearingGenerator`."""
        return image if self._worn is None else self._worn.put_on(image)

    def _draw(self, parts: Layers, wall: Tensor | None) -> Tensor:
        self.warp, self._mattes = parts.field.detach(), parts.mattes.detach()
        if self.enlarger is not None:
            return self._enlarged(self.enlarger, parts, wall)
        if self.refiner is not None:
            return self._refined(self.refiner, parts, wall)
        return self._before(wall, *self.network.draw_with_regions(parts, self._size, *_sought(wall)))

    def _before(self, wall: Tensor | None, picture: Tensor, person: Tensor) -> Tensor:
        """The picture before its wall, where there is one: `person` is the last region that was drawn with it."""
        return picture if wall is None else put_behind(picture, wall, person[:, -1:])

    @property
    def improver(self) -> EightBitNetwork | None:
        """What makes the drawing more of a photograph: the enlarger, the refiner, or None."""
        return self.enlarger if self.enlarger is not None else self.refiner

    @torch.no_grad()
    def use_int8(self) -> float:
        """Multiply the refiner or the enlarger in eight bits from now on where no gradient is asked for.

        For processors.

        Returns:
            How near the faces of some seeds come to those before, the least peak signal-to-noise ratio in dB.

        Raises:
            RuntimeError: where torch has no such arithmetic here, or there is neither of them.
        """
        if self.improver is None:
            raise RuntimeError("there is no refiner and no enlarger")
        ranged, tried = self.sample(range(RANGED)), self.sample(range(RANGED, RANGED + TRIED))
        before = self.synthesize(tried)
        self.improver.use_int8(self.network(ranged))
        wrong = (self.synthesize(tried) - before).square().mean((1, 2, 3))
        spread = before.amax((1, 2, 3)) - before.amin((1, 2, 3))
        return float((10 * torch.log10(spread.square() / wrong.clamp(min=1e-12))).min())

    def draw_silhouette(self, latent: Tensor, bends: Bends | None = None) -> Tensor:
        """Where the person is in the pictures, `[batch, 1, size, size]` in [0, 1]: skin and hair."""
        operations = UNBENT if bends is None else find_operations(self, latent, bends)
        return self.network.draw_silhouette(latent, self._size, operations)

    def draw_regions(self) -> Tensor | None:
        """Where bare skin and the person are in the newest pictures; see `likeness.generator.RegionGenerator`."""
        if self.warp is None or self._mattes is None:
            return None
        return self.network.warp_regions(self._mattes, self.warp)

    def _enlarged(self, enlarger: Enlarger, parts: Layers, wall: Tensor | None) -> Tensor:
        """The drawing enlarged, which has been learnt at its native size alone, then brought to the size asked for."""
        drawn, regions = self.network.draw_with_regions(parts, self.network.size, "skin", *_sought(wall))
        drawn = self._before(wall, drawn, regions)
        picture: Tensor = enlarger(drawn)
        if self.skin_texture is not None:
            picture = picture.add_(self.skin_texture(drawn, regions[:, :1], parts.field))
        picture = picture.clamp_(-1, 1)
        if picture.shape[-1] == self._size:
            return picture
        size, shrinks = (self._size, self._size), self._size < picture.shape[-1]
        return functional.interpolate(picture, size=size, mode="bilinear", align_corners=False, antialias=shrinks)

    def _refined(self, refiner: Refiner, parts: Layers, wall: Tensor | None) -> Tensor:
        """The drawing with what the refiner adds, which it has learnt to do at the native size alone."""
        drawn, regions = self.network.draw_with_regions(parts, self.network.size, "skin", *_sought(wall))
        skin = regions[:, :1]
        if self._size == self.network.size:
            refined: Tensor = refiner(drawn, skin)
            return self._before(wall, refined.clamp_(-1, 1), regions)
        added = refiner.residual(drawn, skin)
        shrinks, size = self._size < self.network.size, (self._size, self._size)
        added = functional.interpolate(added, size=size, mode="bilinear", align_corners=False, antialias=shrinks)
        return self._before(wall, (self.network.draw_parts(parts, self._size) + added).clamp_(-1, 1), regions)


def _sought(wall: Tensor | None) -> tuple[Region, ...]:
    """What is drawn with a picture that is put before a wall: where the person is."""
    return () if wall is None else ("person",)


def open_composite(path: Path, device: torch.device, size: int | None = None) -> CompositeGenerator:
    """Open a composite weights file.

    Raises:
        WeightsError: the file is broken, or not of this family.
    """
    header, tensors = read_weights(path)
    if header.family != FAMILY:
        raise WeightsError(f"{path} holds a {header.family} generator, not a {FAMILY}; open it by its own family")
    try:
        return open_source(own_source(header, tensors), device, size)
    except ValueError as error:
        raise WeightsError(f"{path}: {error}") from error


def open_source(source: Source, device: torch.device, size: int | None = None) -> CompositeGenerator:
    """Return the generator of `source`.

    Raises:
        ValueError: where a tensor or an argument is missing or wrong.
    """
    try:
        return CompositeGenerator(source, device, size)
    except torch.OutOfMemoryError:
        raise
    except (KeyError, TypeError, RuntimeError, ValueError) as error:
        raise ValueError(f"it lacks what a composite needs ({error!r}); train or copy it again") from error


def to_own_format(source: Source) -> tuple[str, dict[str, Any]]:
    """Return the family and its arguments, which are our own already."""
    return FAMILY, dict(source.arguments)
