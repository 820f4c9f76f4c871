"""Families with z alone (progressive growing, DCGAN, WGAN, VAE): their latent is one layer wide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generator import GeneratorInfo, Licence, NoiseMode
from likeness.generators.families.checkpoint import Source, read_number, read_text
from likeness.generators.families.stylegan_base import check_picture, draw_official_noise, to_rgb
from likeness.generators.networks.dcgan import Decoder, Output, list_modules
from likeness.generators.networks.progan import ProGAN

# "" is a state dict of unknown names: a decoder's tensors follow each other, whatever they are called.
NAMES = ("progan", "dcgan", "vae", "")
OUTPUTS: dict[str, Output] = {"tanh": "tanh", "sigmoid": "sigmoid", "linear": "linear"}


class ZNetwork(Protocol):
    """What a network from z to a picture must have."""

    @property
    def z_dim(self) -> int:
        """Width of z."""
        ...

    def first_weight(self) -> Tensor:
        """Return the first layer's matrix [n, z_dim]."""
        ...

    def __call__(self, z: Tensor) -> Tensor:
        """Return pictures of `z`."""
        ...


class ZGenerator:
    """A generator that plays in z; see `likeness.generator.Generator`.

    Args:
        family: name in `info`.
        network: on `device` already.
        licence: of the weights.
        device: on which to draw.
    """

    def __init__(self, family: str, network: ZNetwork, licence: Licence, device: torch.device) -> None:
        self.network, self._device = network, device
        z_dim = network.z_dim
        with torch.inference_mode():
            tried = self._draw(torch.zeros(1, z_dim, device=device))
        check_picture(tried.shape)
        self.info = GeneratorInfo(family, 1, z_dim, tried.shape[2], licence, {"coarse": (0, 1)})
        self._directions: Tensor | None = None

    def _draw(self, z: Tensor) -> Tensor:
        return self.network(z)

    @property
    def mean(self) -> Tensor:
        """The mean latent `[1, z_dim]`: zero."""
        return torch.zeros(1, self.info.w_dim, device=self._device)

    @property
    def directions(self) -> Tensor:
        """The directions that change the first layer most `[n, 1, z_dim]` [Shen & Zhou 2021, eq. 5].

        z is normal in every direction, so its own principal components would say nothing; each is one standard
        deviation long.
        """
        if self._directions is None:
            _, _, basis = torch.linalg.svd(self.network.first_weight(), full_matrices=False)
            self._directions = basis[:, None].contiguous()
        return self._directions

    def sample(self, seeds: Sequence[int]) -> Tensor:
        """Return latents `[len(seeds), 1, z_dim]`, each from its seed alone."""
        rows = [draw_official_noise(int(seed), self.info.w_dim)[1] for seed in seeds]
        z = torch.stack(rows) if rows else torch.zeros(0, self.info.w_dim)
        return self.map_z(z)

    def map_z(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return `z` [batch, z_dim] as latents `[batch, 1, z_dim]`; there are no labels."""
        if z.ndim != 2 or z.shape[1] != self.info.w_dim:
            raise WeightsError(f"z is {list(z.shape)}, wanted [batch, {self.info.w_dim}]")
        return z[:, None].to(self._device, torch.float32)

    def synthesize(self, latent: Tensor, noise: NoiseMode = "const") -> Tensor:
        """Return pictures `[batch, 3, H, H]`, nominally in [-1, 1]; there is no noise."""
        return to_rgb(self._draw(latent[:, 0]))


@dataclass(frozen=True)
class DecoderPlan:
    """How a decoder's tensors are to be read.

    Args:
        family: "dcgan" or "vae".
        modules: names before `.weight`, in the order in which they are applied.
        slope: of the leaky ReLU; 0 is ReLU.
        output: what the last layer's numbers go through.
    """

    family: str
    modules: Sequence[str]
    slope: float
    output: Output


def plan_decoder(source: Source) -> DecoderPlan:
    """Return how to read a decoder's tensors.

    Raises:
        ValueError: where an argument is of the wrong kind or out of range.
    """
    names = list(source.tensors)
    if any(name.startswith("decoder.") for name in names):
        names = [name for name in names if name.startswith("decoder.")]
    listed = source.arguments.get("modules", list_modules(names))
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ValueError("the argument 'modules' is no list of names")
    family = source.family or ("vae" if names and names[0].startswith("decoder.") else "dcgan")
    # A VAE's decoder mostly ends in a sigmoid, a DCGAN by its paper in a tanh; our own files say it.
    output = read_text(source.arguments, "output", "sigmoid" if family == "vae" and not source.family else "tanh")
    if output not in OUTPUTS:
        raise ValueError(f"the output {output!r} is none of {', '.join(OUTPUTS)}")
    return DecoderPlan(family, listed, read_number(source.arguments, "slope", 0.0, 0.0, 1.0), OUTPUTS[output])


def open_source(source: Source, device: torch.device, size: int | None = None) -> ZGenerator:
    """Return the generator of `source`; its pictures have one size.

    Raises:
        ValueError: where a tensor or an argument is missing or wrong.
        RuntimeError: where tensors do not fit each other.
    """
    if source.family == "progan":
        progan = ProGAN(source.tensors).to(device).eval()
        return ZGenerator("progan", progan, source.licence, device)
    plan = plan_decoder(source)
    decoder = Decoder.from_tensors(source.tensors, plan.modules, plan.slope, plan.output).to(device)
    return ZGenerator(plan.family, decoder, source.licence, device)


def to_own_format(source: Source) -> tuple[str, dict[str, Any]]:
    """Return the family and the plan by which its tensors are read.

    Raises:
        ValueError: where an argument is of the wrong kind or out of range.
    """
    if source.family == "progan":
        return "progan", {}
    plan = plan_decoder(source)
    return plan.family, {"modules": list(plan.modules), "output": plan.output, "slope": plan.slope}
