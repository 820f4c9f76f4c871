"""A refiner of fewer channels, made of those of a larger one that count most; it learns the rest from that one."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from likeness.errors import TrainingError
from likeness.generators.networks.refiner import Refiner

# Of each convolution, at which of the four sizes what it makes is, and what it takes; None is a picture.
ENDS: dict[str, tuple[int | None, int | None]] = {
    "fine_in": (0, None),
    "in64": (1, None),
    "down32": (2, 1),
    "enc32": (2, 2),
    "down16": (3, 2),
    "mid.0": (3, 3),
    "mid.1": (3, 3),
    "up32": (2, 3),
    "dec32": (2, 2),
    "up64": (1, 2),
    "dec64": (1, 1),
    "up128": (0, 1),
    "dec128": (0, 0),
    "out": (None, 0),
}
UNFOLDED = ("up32", "up64", "up128")  # four channels of these become one of the next size
PIXELS = 4


@torch.no_grad()
def narrow_refiner(large: Refiner, widths: Sequence[int], drawn: Tensor) -> Refiner:
    """Return a refiner that has those channels of `large` that count most [after Li et al. 2017, section 3.1].

    A channel counts as much as its deviation over some drawings times the weights that take it up. Sizes share one
    choice, since what is made at one size is added there.

    Args:
        large: the refiner to begin with; the narrow one draws the same where nothing is left out.
        widths: channels at a half, a quarter, an eighth and a sixteenth of the picture's size.
        drawn: some drawings `[batch, 3, H, W]` in [-1, 1], H and W multiples of 16, on the device of `large`.

    Raises:
        TrainingError: more channels are wanted than there are.
    """
    if any(few > many for few, many in zip(widths, large.widths, strict=True)):
        raise TrainingError(
            f"the teacher has {list(large.widths)} channels, {list(widths)} came; name no more than those"
        )
    kept = [score.topk(width).indices.sort().values for score, width in zip(_score(large, drawn), widths, strict=True)]
    narrow = Refiner(widths).to(drawn.device)
    layers = dict(large.named_modules())
    for name, layer in narrow.named_modules():
        if not isinstance(layer, nn.Conv2d):
            continue
        made, taken = ENDS[name]
        weight, bias = layers[name].weight, layers[name].bias
        if made is not None:
            rows = kept[made]
            if name in UNFOLDED:
                rows = (rows[:, None] * PIXELS + torch.arange(PIXELS, device=rows.device)).flatten()
            weight, bias = weight[rows], bias[rows]
        if taken is not None:
            weight = weight[:, kept[taken]]
        layer.weight.copy_(weight)
        assert layer.bias is not None
        layer.bias.copy_(bias)
    return narrow


def _score(large: Refiner, drawn: Tensor) -> list[Tensor]:
    """Return how much each channel counts, for each of the four sizes."""
    scores = [torch.zeros(width, device=drawn.device) for width in large.widths]

    def note(name: str, layer: nn.Conv2d, taken: Tensor) -> None:
        size = ENDS[name][1]
        if size is not None:
            scores[size] += taken.float().std((0, 2, 3)) * layer.weight.abs().sum((0, 2, 3))

    hooks = [
        layer.register_forward_pre_hook(lambda layer, taken, name=name: note(name, layer, taken[0]))
        for name, layer in large.named_modules()
        if isinstance(layer, nn.Conv2d)
    ]
    large(drawn, torch.ones_like(drawn[:, :1]))
    for hook in hooks:
        hook.remove()
    return scores
