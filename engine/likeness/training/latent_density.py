"""Where a VAE's codes lie: knobs that are the codes' principal components, so that normal noise draws likely faces.

The codes of all pictures are never quite the normal noise that they are meant to be, and what lies between is drawn as
fog. A normal distribution that is fitted to the codes after the fact [Ghosh et al. 2020, sec. 4] draws faces instead,
and its axes, strongest first, make better knobs than the ones that the network chose.
"""

import torch
from torch import Tensor, nn

from likeness.generators.networks.dcgan import Decoder
from likeness.generators.networks.vae import ConvEncoder

# Of the strongest component's variance: below it a direction of the code says nothing.
SILENT = 1e-4


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
    def add(self, codes: Tensor, amount: float) -> None:
        """Move both toward those of `codes` [batch, z_dim] by `amount`, in place."""
        codes = codes.float()
        self.mean.lerp_(codes.mean(0), amount)
        self.moment.lerp_(codes.T @ codes / len(codes), amount)

    def axes(self) -> Tensor:
        """Return the principal components [n, z_dim], strongest first, each as long as its standard deviation."""
        # On the processor, for not every device has doubles.
        mean, moment = self.mean.cpu().double(), self.moment.cpu().double()
        spread, basis = torch.linalg.eigh(moment - torch.outer(mean, mean))
        spread, basis = spread.flip(0), basis.flip(1)
        heard = spread > SILENT * spread[0]
        # A component's sign is arbitrary: its largest number is made positive, so that a knob keeps its sense.
        along = basis[:, heard].T
        along = along * torch.sign(along.gather(1, along.abs().argmax(1, keepdim=True)))
        axes: Tensor = (along * spread[heard, None].sqrt()).to(self.mean)
        return axes

    def code(self, z: Tensor, axes: Tensor) -> Tensor:
        """Return the codes [batch, z_dim] of noise [batch, n or more]; what is too much of it is let go."""
        codes: Tensor = self.mean + z[:, : len(axes)] @ axes
        return codes


def fold_into_decoder(
    decoder: Decoder, encoder: ConvEncoder, codes: LatentDensity
) -> tuple[dict[str, Tensor], dict[str, Tensor], int]:
    """Return the tensors of a decoder that draws from normal noise, of the encoder that finds it, and its length.

    Args:
        decoder, encoder: of a VAE, without batch norm; they are not changed.
        codes: of its pictures.
    """
    axes = codes.axes()
    drawing, finding = decoder.state_dict(), encoder.state_dict()
    # As a linear layer, since the mean's offset differs from pixel to pixel, which a convolution's bias cannot.
    first, bias = drawing["layers.0.weight"], drawing["layers.0.bias"]
    wide = first.flatten(1)
    drawing["layers.0.weight"] = (axes @ wide).T.contiguous()
    drawing["layers.0.bias"] = codes.mean @ wide + bias.repeat_interleave(first.shape[2] * first.shape[3])
    # The axes are orthogonal: their inverse is themselves over their squared lengths.
    inverse = axes / axes.square().sum(1, keepdim=True)
    kept = len(codes.mean)
    weight, offset = finding["code.weight"], finding["code.bias"]
    # Only the means are asked for from now on; the variances, which belonged to other axes, become 1.
    finding["code.weight"] = torch.cat([inverse @ weight[:kept], torch.zeros_like(inverse @ weight[:kept])])
    finding["code.bias"] = torch.cat([inverse @ (offset[:kept] - codes.mean), torch.zeros(len(axes)).to(offset)])
    return drawing, finding, len(axes)
