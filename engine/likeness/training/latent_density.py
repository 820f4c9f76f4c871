"""The density of a VAE's codes; its principal axes become the knobs, so that normal noise draws likely faces.

The codes of all pictures are never quite the normal noise that they are meant to be, and codes between them are drawn
as fog. A normal distribution fitted to the codes afterwards [Ghosh et al. 2020, sec. 4] draws faces instead, and its
axes, strongest first, make better knobs than those that the network chose.
"""

import torch
from torch import Tensor, nn

from likeness.generators.networks.dcgan import Decoder
from likeness.generators.networks.vae import ConvEncoder

# Directions with less than this share of the strongest one's variance are left out.
NEGLIGIBLE = 1e-4


class LatentDensity(nn.Module):
    """Running mean and second moment of codes, saved with the networks.

    Args:
        z_dim: length of a code.
    """

    mean: Tensor
    moment: Tensor

    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(z_dim))
        self.register_buffer("moment", torch.eye(z_dim))

    @torch.no_grad()
    def update(self, codes: Tensor, amount: float) -> None:
        """Move mean and moment toward those of `codes` [batch, z_dim] by `amount`, in place."""
        codes = codes.float()
        self.mean.lerp_(codes.mean(0), amount)
        self.moment.lerp_(codes.T @ codes / len(codes), amount)

    def axes(self) -> Tensor:
        """Return the principal components [n, z_dim], strongest first, each as long as its standard deviation."""
        # On the processor, since not every device has doubles.
        mean, moment = self.mean.cpu().double(), self.moment.cpu().double()
        spread, basis = torch.linalg.eigh(moment - torch.outer(mean, mean))
        spread, basis = spread.flip(0), basis.flip(1)
        kept = spread > NEGLIGIBLE * spread[0]
        # A component's sign is arbitrary: its largest number is made positive, so that a knob keeps its direction.
        along = basis[:, kept].T
        along = along * torch.sign(along.gather(1, along.abs().argmax(1, keepdim=True)))
        axes: Tensor = (along * spread[kept, None].sqrt()).to(self.mean)
        return axes

    def codes_of(self, z: Tensor, axes: Tensor) -> Tensor:
        """Return the codes [batch, z_dim] of noise [batch, n or more]; numbers after the first n are ignored."""
        codes: Tensor = self.mean + z[:, : len(axes)] @ axes
        return codes


def fold_into_decoder(
    decoder: Decoder, encoder: ConvEncoder, codes: LatentDensity
) -> tuple[dict[str, Tensor], dict[str, Tensor], int]:
    """Return the tensors of a decoder that takes normal noise, those of its encoder, and the number of knobs.

    Args:
        decoder, encoder: of a VAE, without batch norm; they are not changed.
        codes: of its pictures.
    """
    axes = codes.axes()
    decoding, encoding = decoder.state_dict(), encoder.state_dict()
    # As a linear layer, since the mean's offset differs from pixel to pixel, which a convolution's bias cannot.
    first, bias = decoding["layers.0.weight"], decoding["layers.0.bias"]
    wide = first.flatten(1)
    decoding["layers.0.weight"] = (axes @ wide).T.contiguous()
    decoding["layers.0.bias"] = codes.mean @ wide + bias.repeat_interleave(first.shape[2] * first.shape[3])
    # The axes are orthogonal: their inverse is themselves over their squared lengths.
    inverse = axes / axes.square().sum(1, keepdim=True)
    kept = len(codes.mean)
    weight, offset = encoding["code.weight"], encoding["code.bias"]
    # Only the means are used from now on; the variances, which belonged to other axes, become 1.
    encoding["code.weight"] = torch.cat([inverse @ weight[:kept], torch.zeros_like(inverse @ weight[:kept])])
    encoding["code.bias"] = torch.cat([inverse @ (offset[:kept] - codes.mean), torch.zeros(len(axes)).to(offset)])
    return decoding, encoding, len(axes)
