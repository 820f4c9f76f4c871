"""The mapping network of StyleGAN 1, 2 and 3: from z and a label to w."""

import logging
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from likeness.generators.networks.ops import Tensors, activation, normalise

log = logging.getLogger(__name__)

# The makers' scripts average as many for a mean w [Karras et al. 2019].
MEAN_SAMPLES = 10_000
MEAN_PART = 100


def one_hot(classes: Sequence[int], c_dim: int) -> Tensor:
    """Return labels [len(classes), c_dim] of these classes, counted round."""
    labels = torch.zeros(len(classes), c_dim)
    labels[torch.arange(len(classes)), torch.tensor(list(classes)) % c_dim] = 1
    return labels


class MappingNetwork(nn.Module):
    """A multilayer perceptron from z to w [Karras et al. 2019, sec. 2].

    Sizes are read from the tensors. Learning-rate multipliers and gains are folded into the stored weights.

    Args:
        tensors: `fc{i}.weight`, `fc{i}.bias`, `w_avg`; where there are labels, `embed.*`, or before StyleGAN2-ADA
            `concat.weight` [c_dim, n], whose product stands beside z before both are normalised.
        num_ws: layers that w is handed to.
        lr_multiplier: that the layers were trained with; the labels' embedding has 1.
        act: name of the activation.

    Raises:
        ValueError: where a tensor is missing or of the wrong shape.
    """

    def __init__(
        self,
        tensors: Tensors,
        num_ws: int,
        lr_multiplier: float = 0.01,
        act: str = "lrelu",
    ) -> None:
        super().__init__()
        self.num_ws = num_ws
        self.act = activation(act)
        depth = 0
        while tensors.has(f"fc{depth}.weight"):
            depth += 1
        if depth == 0:
            raise ValueError("the mapping network has no layer 'fc0.weight'")
        self.embed_weight: Tensor | None
        self.embed_bias: Tensor | None
        embedded = self._read_embedding(tensors)
        self.depth = depth
        features = -1
        for i in range(depth):
            weight = tensors.under(f"fc{i}").read("weight", -1, features)
            bias = tensors.under(f"fc{i}").read("bias", weight.shape[0])
            features = weight.shape[0]
            gain = self.act.gain if self.act.scales else 1.0
            self.register_buffer(f"weight{i}", weight * (gain * lr_multiplier / math.sqrt(weight.shape[1])))
            self.register_buffer(f"bias{i}", bias * (gain * lr_multiplier))
        self.w_dim = features
        self.z_dim = self._weights()[0].shape[1] - embedded
        if self.z_dim < 0 or (self.z_dim == 0 and not embedded):
            raise ValueError(f"the mapping network's first layer is narrower than the embedded label ({embedded})")
        self.w_avg: Tensor
        self.register_buffer("w_avg", self._read_mean(tensors))

    def _read_embedding(self, tensors: Tensors) -> int:
        """Take the labels' embedding where there is one, and return its width."""
        self.c_dim = 0
        self.concatenates = tensors.has("concat.weight")
        if self.concatenates:
            weight = tensors.under("concat").read("weight", -1, -1)
            self.c_dim = weight.shape[0]
            self.register_buffer("embed_weight", weight.T.contiguous())
            self.register_buffer("embed_bias", None)
            return weight.shape[1]
        if not tensors.has("embed.weight"):
            self.register_buffer("embed_weight", None)
            self.register_buffer("embed_bias", None)
            return 0
        weight = tensors.under("embed").read("weight", -1, -1)
        self.c_dim = weight.shape[1]
        self.register_buffer("embed_weight", weight / math.sqrt(self.c_dim))
        self.register_buffer("embed_bias", tensors.under("embed").read("bias", weight.shape[0]))
        return weight.shape[0]

    def _read_mean(self, tensors: Tensors) -> Tensor:
        """Return the stored average; one that is all zero, or no number, was never kept, and is computed."""
        if tensors.has("w_avg"):
            average = tensors.read("w_avg", self.w_dim)
            if bool(average.isfinite().all()) and bool(average.any()):
                return average
            log.info("the average latent inside is empty; that of %d faces stands in for it", MEAN_SAMPLES)
        return self._compute_mean()

    def _compute_mean(self) -> Tensor:
        """The mean of many w, for checkpoints that do not keep it; the same each time, classes in turn."""
        generator = torch.Generator().manual_seed(0)
        total = torch.zeros(self.w_dim)
        # In parts, because the widths are the file's: 10,000 rows of whatever it says could fill the memory.
        for start in range(0, MEAN_SAMPLES, MEAN_PART):
            z = torch.randn(MEAN_PART, self.z_dim, generator=generator)
            labels = one_hot(range(start, start + MEAN_PART), self.c_dim) if self.c_dim else None
            total += self(z, labels).sum(0)
        return total / MEAN_SAMPLES

    def _weights(self) -> list[Tensor]:
        return [self.get_buffer(f"weight{i}") for i in range(self.depth)]

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return w [batch, w_dim] of `z` [batch, z_dim] and `labels` [batch, c_dim] (one-hot, or a blend)."""
        x = z if self.concatenates else normalise(z)
        if self.embed_weight is not None:
            if labels is None:
                raise ValueError(f"this network needs labels [batch, {self.c_dim}]")
            label = functional.linear(labels, self.embed_weight, self.embed_bias)
            x = torch.cat([x, label], dim=1) if self.concatenates else torch.cat([x, normalise(label)], dim=1)
        if self.concatenates:
            x = normalise(x)
        for i in range(self.depth):
            x = self.act.apply(functional.linear(x, self.get_buffer(f"weight{i}"), self.get_buffer(f"bias{i}")))
            if not self.act.scales:
                x = x * self.act.gain
        return x

    def broadcast(self, w: Tensor, truncation_psi: float = 1.0, truncation_cutoff: int | None = None) -> Tensor:
        """Return [batch, num_ws, w_dim] of `w` [batch, w_dim], the first `truncation_cutoff` layers drawn to the mean.

        `truncation_psi` 0 is the mean, 1 leaves w; all layers where no cutoff is given [Karras et al. 2019, sec. B].
        """
        ws = w[:, None].repeat(1, self.num_ws, 1)
        if truncation_psi != 1.0:
            stop = self.num_ws if truncation_cutoff is None else truncation_cutoff
            ws[:, :stop] = self.w_avg.lerp(ws[:, :stop], truncation_psi)
        return ws
