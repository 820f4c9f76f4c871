"""Hair exemplars made fit to be drawn, when a file is opened: outlines of whole heads, strands without bright rims.

A head that was cut wrongly, or was turned away, has one ear, half a fringe or the wall's leaves in its hair. It keeps
its colours and gets the outline and the strands of the whole head that is most like it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.exemplar_halves import join_halves, split_halves

PREFIX = "hair_exemplar"
# What is lent to a head that is not whole.
SHAPE_PARTS = ("edges", "detail", "cover")
# Strands fade in over so much of a squashed distance from the hair's own edge, from 1 to 5 px of 256. There they hold
# the light of what is behind, which shone round a face as a seam.
RIM = (0.05, 0.3)
# The brightest strand, as a logarithm: ears cut as hair were brighter, and glowed.
BRIGHTEST = 0.5
# That where ears are, and where they are, as parts of width and height: how far from the middle, how far down, half
# their width and height. What is bright there is an ear that was cut as hair, a golden tuft beside brown hair.
BRIGHTEST_EAR = 0.15
EAR = (0.225, 0.50, 0.09, 0.16)


def mend_hair(tensors: Mapping[str, Tensor], unshapely: Sequence[int]) -> dict[str, Tensor]:
    """Return a composite's tensors with hair that is fit to be drawn.

    Args:
        tensors: of a composite weights file.
        unshapely: numbers of the heads that are given the outline and strands of others.

    Raises:
        ValueError: every head is unshapely, or there is none of such a number.
    """
    mended = dict(tensors)
    count = len(tensors[f"{PREFIX}.keys_even"])
    strange = [number for number in unshapely if number not in range(count)]
    if strange or len(set(unshapely)) == count:
        raise ValueError(f"of {count} heads of hair {strange or 'all'} are said to be unshapely")
    whole = torch.tensor([number for number in range(count) if number not in unshapely])
    kept = {name: tensors[name][whole] for name in _names(SHAPE_PARTS)}
    detail, edges = (join_halves(kept, f"{PREFIX}.{part}") for part in ("detail", "edges"))
    kept |= split_halves(f"{PREFIX}.detail", _fade_rims(detail, edges))
    lender, mirrored = _find_lenders(tensors, whole)
    sign = torch.where(mirrored, -1, 1).to(torch.int8).reshape(-1, 1, 1, 1)
    for name, pictures in kept.items():
        lent = pictures[lender]
        mended[name] = lent * sign if name.endswith("_odd") else lent
    return mended


def _names(parts: Sequence[str]) -> list[str]:
    halves = [f"{PREFIX}.{part}_{parity}" for part in parts for parity in ("even", "odd")]
    return halves + [f"{half}_scale" for half in halves]


def _find_lenders(tensors: Mapping[str, Tensor], whole: Tensor) -> tuple[Tensor, Tensor]:
    """Return which of the whole heads each head is drawn with, and whether as its mirror image."""
    even, odd = (tensors[f"{PREFIX}.keys_{parity}"].float() for parity in ("even", "odd"))
    apart = torch.cdist(even, even[whole]).square()
    as_is = apart + torch.cdist(odd, odd[whole]).square()
    turned = apart + torch.cdist(-odd, odd[whole]).square()
    nearest = torch.cat([as_is, turned], dim=1).argmin(1)
    lender, mirrored = nearest % len(whole), nearest >= len(whole)
    # A whole head is its own, even where it is as near to its mirror image.
    lender[whole], mirrored[whole] = torch.arange(len(whole)), False
    return lender, mirrored


def _fade_rims(strands: Tensor, edges: Tensor) -> Tensor:
    """Return strands `[n, 1, size, size]` that begin within the hair, no brighter than `BRIGHTEST`.

    Args:
        strands: logarithms of brightness.
        edges: of skin and person, squashed distances `[n, 2, size / 2, size / 2]`.
    """
    within = torch.minimum(edges[:, 1:], -edges[:, :1])
    within = functional.interpolate(within, size=strands.shape[2:], mode="bilinear", align_corners=False)
    brightest = _find_brightest(strands.shape[-1])
    bounded = torch.where(strands > 0, brightest * torch.tanh(strands / brightest), strands)
    return bounded * ((within - RIM[0]) / (RIM[1] - RIM[0])).clamp(0, 1)


def _find_brightest(size: int) -> Tensor:
    """Return how bright a strand may be at each place, `[size, size]`."""
    away, down, half_width, half_height = EAR
    axis = (torch.arange(size) + 0.5) / size
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    apart = (((x - 0.5).abs() - away) / half_width).square() + ((y - down) / half_height).square()
    return torch.lerp(torch.tensor(BRIGHTEST_EAR), torch.tensor(BRIGHTEST), (2 * apart - 1).clamp(0, 1))
