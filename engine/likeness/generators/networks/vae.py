"""A convolutional variational autoencoder [Kingma & Welling 2014]: pictures to normal codes, and back."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from likeness.generators.networks.dcgan import START, Decoder


class ConvEncoder(nn.Module):
    """From pictures to the mean and the logarithm of the variance of their codes.

    Args:
        z_dim: width of a code.
        widths: channels at 4 px, 8 px, ... as in the decoder; the picture is twice the size of the last.
        img_channels: of the picture.
    """

    def __init__(self, z_dim: int, widths: Sequence[int], img_channels: int = 3) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = img_channels
        for width in reversed(widths):
            layers += [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
            channels = width
        self.layers = nn.Sequential(*layers)
        self.code = nn.Linear(channels * START * START, 2 * z_dim)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance, each [batch, z_dim], of `image` [batch, C, H, W] in [-1, 1]."""
        mean, log_variance = self.code(self.layers(image).flatten(1)).chunk(2, dim=1)
        return mean, log_variance


class VAE(nn.Module):
    """Encoder and decoder of one width table.

    Args:
        z_dim: width of a code.
        widths: channels at 4 px, 8 px, ...; the picture is twice the size of the last.
    """

    def __init__(self, z_dim: int, widths: Sequence[int], img_channels: int = 3) -> None:
        super().__init__()
        self.encoder = ConvEncoder(z_dim, widths, img_channels)
        self.decoder = Decoder(z_dim, widths, img_channels, norm=False, slope=0.2)

    def forward(self, image: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the picture drawn again, and mean and log variance of its code.

        Args:
            noise: normal, [batch, z_dim]; zeros draw the mean of the code.
        """
        mean, log_variance = self.encoder(image)
        return self.decoder(mean + noise * torch.exp(log_variance / 2)), mean, log_variance


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the divergence [batch] of the codes from the normal distribution [Kingma & Welling 2014, appendix B]."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
