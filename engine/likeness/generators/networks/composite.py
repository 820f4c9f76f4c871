"""The composite network: mirrored linear bands, level-set mattes, hair exemplars, one warp.

The picture is three layers in a mean frame, `skin` over `hair` (with clothes) over `backdrop`.
Each layer's edge is a drawn signed distance [Leventon et al. 2000], so an average of two
silhouettes is a silhouette and not a double contour; shape is a backward warp field at the end
[Cootes et al. 2001]. Every component is even or odd under mirroring, so all are stored and
multiplied on half the width [Sirovich & Kirby 1990].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generator import Bend
from likeness.generators.networks.composite_layers import Layers, Region, draw_tall_mattes
from likeness.generators.networks.composite_parts import (
    HAIR_FLOOR,
    HAIR_PARTS,
    ROWS,
    SKIN_PARTS,
    Block,
    ExemplarChoice,
    Exemplars,
    MirrorBands,
    block_layout,
)
from likeness.generators.networks.crown import close_head
from likeness.generators.networks.hair_exemplars import mend_hair
from likeness.generators.networks.hair_texture import HairTexture
from likeness.generators.networks.head_shape import HeadShape
from likeness.generators.networks.resampling import blur, resize, sharpen
from likeness.generators.networks.skin_exemplars import mend_skin
from likeness.generators.networks.warp import Warp

# Nothing bent.
UNBENT: Mapping[str, Bend] = MappingProxyType({})
# The least slope of a mean silhouette that is still made an edge of; where it is flat there is none to find.
SLOWEST = 0.45
COLOUR_ROW, FINE_ROW = 1, 3  # of the latent
LIFT = 1 + HAIR_FLOOR  # from a brightness about [-1, 1] to one that strands multiply
# Arguments of a network that a file's header gives.
MANNER = ("outline", "strands", "pores", "left_out", "even_skin", "whole_heads", "unshapely", "hair_texture")


class CompositeNetwork(nn.Module):
    """The whole drawing; the same code on CPU, CUDA and MPS, no sync.

    Args:
        tensors: of a composite weights file.
        size: native height and width in px, a multiple of 64.
        sharpness: of the choice among exemplars, per squared standard deviation.
        strands, pores: contrast of hair and of skin detail, 1 as in the exemplars.
        settle: how far hair and backdrop are drawn toward those of exemplars, 0 to 1.
        softness: width of the skin's and the hair's edge in native px.
        outline: width of the person's edge in native px where it is drawn as crisp as a photo's, whatever
            silhouettes are mixed; None leaves it to `softness`.
        left_out: numbers of the skins that are never drawn: what they wear, glasses or paint, is no skin, and would
            be a scar on a bare face.
        even_skin: whether skin detail is kept to what is usual at each place, as `mend_skin` does.
        whole_heads: whether heads are drawn whole, as `HeadShape` does; else what the frame cuts is closed.
        unshapely: numbers of the heads of hair whose outlines and strands are not drawn where heads are whole.
        hair_texture: how strong the streaks of single hairs are, as `HairTexture` has it, which frays outlines too; 0
            draws none.
        unsharp: strength of the last sharpening, which makes up for the warp's interpolation.
        dtype: in which components are multiplied on a graphics card; a processor sums them as the bytes that they are.
    """

    steepness: Tensor

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        *,
        size: int,
        sharpness: float = 4.5,
        strands: float = 0.7,
        pores: float = 0.8,
        settle: float = 0.5,
        softness: tuple[float, float] = (1.2, 1.8),
        edge_reach: float = 16.0,
        outline: float | None = None,
        left_out: Sequence[int] = (),
        even_skin: bool = False,
        whole_heads: bool = False,
        unshapely: Sequence[int] = (),
        hair_texture: float = 0.0,
        unsharp: float = 0.3,
        dtype: torch.dtype = torch.bfloat16,
    ) -> None:
        super().__init__()
        if whole_heads:
            tensors = mend_hair(tensors, unshapely)
        if even_skin:
            tensors = mend_skin(tensors, left_out)
        self.size = size
        self.strands = strands
        self.pores = pores
        self.settle = settle
        self.layout = block_layout(size)
        parity = tensors["parity"].bool()
        self.w_dim = len(parity)
        self.bands = MirrorBands(tensors, self.layout, parity, dtype)
        self.hair = Exemplars(tensors, "hair_exemplar", HAIR_PARTS, parity, sharpness)
        self.skin = Exemplars(tensors, "skin_exemplar", SKIN_PARTS, parity, sharpness, left_out=left_out)
        steepness = torch.tensor([edge_reach / width for width in softness])
        self.register_buffer("steepness", steepness.reshape(1, 2, 1, 1))
        self.outline = None if outline is None else softness[1] / outline
        self.unsharp = unsharp
        self.head_shape = HeadShape(size // 2) if whole_heads else None
        self.hair_texture = HairTexture(size, hair_texture) if hair_texture else None
        self.warp = Warp()

    @property
    def even_index(self) -> Tensor:
        """The latent's even columns."""
        return self.bands.even_index

    def blocks(self, latent: Tensor, rows: int = ROWS) -> dict[str, Tensor]:
        """The linear part alone: the blocks of the first `rows` layers from `latent` `[batch, 4, w_dim]`."""
        drawn: dict[str, Tensor] = self.bands(latent, range(rows))
        return drawn

    def settled_blocks(self, latent: Tensor, rows: int = ROWS) -> dict[str, Tensor]:
        """The blocks with hair and backdrop drawn toward real ones; `edges` come at half size.

        A linear model's hair is of every colour and outline a little. Between real heads, hair
        keeps a parting, and stands out from its wall.
        """
        return self._settle(latent, rows)[0]

    def settled_colours(self, code: Tensor) -> dict[str, Tensor]:
        """The blocks of the broad layer alone, skin, hair and backdrop, from its own code `[batch, w_dim]`."""
        rows = range(COLOUR_ROW, COLOUR_ROW + 1)
        drawn: dict[str, Tensor] = self.bands(code[:, None].expand(-1, ROWS, -1), rows)
        return drawn | self._settle_colours(drawn, self.hair.choose(code))

    def _settle(
        self, latent: Tensor, rows: int, textures: tuple[str, ...] = (), still: bool = False
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return the settled blocks, and textures of the heads of hair by which their shape is drawn; see `layers`."""
        drawn = self.blocks(latent, rows)
        shape, colour = self.hair.choose(torch.cat([latent[:, 0], latent[:, COLOUR_ROW]])).chunk(2)
        if still:
            real = self.hair.draw(("edges",), shape) | self.hair.draw(textures, shape.detach())
        else:
            real = self.hair.draw(("edges", *textures), shape)
        drawn["edges"] = torch.lerp(resize(drawn["edges"], self.size // 2), real["edges"], self.settle)
        return drawn | self._settle_colours(drawn, colour), real

    def _settle_colours(self, drawn: Mapping[str, Tensor], choice: ExemplarChoice) -> dict[str, Tensor]:
        real = self.hair.draw(("hair", "backdrop"), choice)
        return {name: torch.lerp(drawn[name], real[name], self.settle) for name in real}

    def layers(self, latent: Tensor, bends: Mapping[str, Bend] = UNBENT, still: bool = False) -> Layers:
        """Draw the parts of `latent` `[batch, 4, w_dim]` in the mean frame.

        Args:
            latent: of the faces.
            bends: what is done to the blocks of `block_layout`, pores with "skin_fine", and to "strands", by name.
            still: leave strands and pores out of the gradient. They are textures, and those of a photo are not found
                along it.
        """
        drawn, real = self._settle(latent, ROWS, ("detail", "cover"), still)
        drawn["skin_fine"] = drawn["skin_fine"] + self._draw_pores((latent.detach() if still else latent)[:, FINE_ROW])
        drawn["strands"] = self._draw_strands(real)
        if self.head_shape is not None:
            drawn["field"] = self.head_shape.lift_crown(drawn["field"])
            drawn["edges"] = self.head_shape(drawn["edges"], drawn["field"])
        if "edges" in bends:
            drawn["edges"] = bends["edges"](drawn["edges"])
        hairs = None if self.hair_texture is None else self.hair_texture(drawn["edges"])
        if hairs is not None:
            drawn["strands"] = drawn["strands"] + hairs.streaks
        drawn.update({name: bend(drawn[name]) for name, bend in bends.items() if name in drawn and name != "edges"})
        broad = resize(drawn["skin"], self.size // 2)
        _crop(broad, self.layout["skin_middle"]).add_(drawn["skin_middle"])
        outlines = drawn["edges"] if self.outline is None else self._sharpen_outline(drawn["edges"], self.outline)
        logits = outlines * self.steepness
        skin, edges = resize(broad, self.size), resize(logits, self.size)
        if hairs is not None:
            edges = hairs.fray(edges, logits)
        # As if they had been brought to the size of skin first.
        sizes = self.size // 4, self.size
        lifted, backdrop = resize(drawn["hair"] + LIFT, *sizes), resize(drawn["backdrop"], *sizes)
        _crop(skin, self.layout["skin_fine"]).add_(drawn["skin_fine"])
        hair = (lifted * drawn["strands"].clamp(-1.2, 0.8).exp_()).sub_(LIFT)
        mattes = edges.sigmoid_()
        whole = self.head_shape is not None
        return Layers(skin, hair, backdrop, mattes if whole else close_head(mattes), drawn["field"], whole)

    def _sharpen_outline(self, edges: Tensor, sharper: float) -> Tensor:
        """Edges at half size with the person's own divided by its slope, as a distance's is 1, and made `sharper`.

        A mean of silhouettes that lie apart rises slowly, and hair fades into the wall.
        The hairline stays soft: cut out, it is a wig's.
        """
        person = edges[:, 1:]
        smooth = blur(functional.pad(person, (3, 3, 3, 3), mode="replicate"))
        across = (smooth[..., 1:-1, 2:] - smooth[..., 1:-1, :-2]) / 2
        down = (smooth[..., 2:, 1:-1] - smooth[..., :-2, 1:-1]) / 2
        # A matte's distance is squashed within a 32nd of the size: its slope per px of half that.
        # The root of nothing has no gradient; with so much more it has one, and no drawing changes by a bit.
        slope = (across.square() + down.square() + 1e-12).sqrt() * (self.size / 32)
        return torch.cat([edges[:, :1], person * (sharper / slope.clamp(SLOWEST, 1.0))], dim=1)

    def _draw_strands(self, real: Mapping[str, Tensor]) -> Tensor:
        """Log-brightness of strands `[batch, 1, size, size]`, as strong as in one exemplar."""
        # `cover` holds squared coverage; the floor keeps noise down where no exemplar has hair.
        power = real["cover"].clamp(min=0) + 0.05
        return real["detail"] * resize(self.strands / power.sqrt(), self.size)

    def _draw_pores(self, code: Tensor) -> Tensor:
        """Skin detail of the finest octave, in the crop of fine skin."""
        choice = self.skin.choose(code)
        return self.skin.draw(("detail",), choice)["detail"] * (self.pores / choice.power.sqrt())[:, None, None, None]

    def forward(self, latent: Tensor, size: int | None = None) -> Tensor:
        """Draw `latent` `[batch, 4, w_dim]` as `[batch, 3, size, size]` in [-1, 1]."""
        size = size or self.size
        return self.draw_parts(self.layers(latent), size)

    def draw_parts(self, parts: Layers, size: int) -> Tensor:
        """Draw the layers of the mean frame as `[batch, 3, size, size]` in [-1, 1]."""
        return self.draw_with_regions(parts, size)[0]

    def draw_with_skin(self, parts: Layers) -> tuple[Tensor, Tensor]:
        """Draw parts at the native size, and where there is bare skin, in [0, 1], `[batch, 1, size, size]`."""
        return self.draw_with_regions(parts, self.size, "skin")

    def draw_with_regions(self, parts: Layers, size: int, *regions: Region) -> tuple[Tensor, Tensor]:
        """Draw parts as `draw_parts` does, and where regions are, in [0, 1], `[batch, regions, size, size]`."""
        warped = self.warp(parts.draw_tall(*regions), parts.field, size)
        return self._sharpen(warped[:, :3], max(1, size // self.size)), warped[:, 3:]

    def draw_regions(self, parts: Layers) -> Tensor:
        """Return where there is bare skin and where the person is, in [0, 1], `[batch, 2, size, size]`."""
        return self.warp_regions(parts.mattes, parts.field)

    def warp_regions(self, mattes: Tensor, field: Tensor) -> Tensor:
        """Return the regions of `draw_regions` of mattes and a field alone."""
        tall = draw_tall_mattes(mattes, self.head_shape is not None)
        person = tall[:, 1:]
        return self.warp(torch.cat([tall[:, :1] * person, person], dim=1), field, self.size).clamp(0, 1)

    def draw_silhouette(self, latent: Tensor, size: int, bends: Mapping[str, Bend] = UNBENT) -> Tensor:
        """Return where the person is in the picture of that size, in [0, 1], `[batch, 1, size, size]`."""
        parts = self.layers(latent, bends)
        return self.warp(draw_tall_mattes(parts.mattes, parts.whole)[:, 1:], parts.field, size).clamp(0, 1)

    def warp_and_sharpen(self, flat: Tensor, field: Tensor, size: int) -> Tensor:
        """Warp the mean-frame picture, with or without its crown, to its shape and sharpen it."""
        return self._sharpen(self.warp(flat, field, size), max(1, size // self.size))

    def _sharpen(self, picture: Tensor, reach: int) -> Tensor:
        """Unsharp mask: what a blur of some px takes away is added."""
        return sharpen(picture, reach, self.unsharp).clamp_(-1, 1)


def find_manner(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a file's network draws, for `CompositeNetwork`, of what its header says."""
    return {name: arguments[name] for name in MANNER if name in arguments}


def _crop(picture: Tensor, block: Block) -> Tensor:
    """The part of a picture `[batch, channels, grid, grid]` that a block draws, as a view."""
    return picture[:, :, block.top : block.top + block.height, block.left : block.left + block.width]
