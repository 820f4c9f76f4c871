"""Open families that have z alone (progressive growing, DCGAN, WGAN, VAE): their latent is one layer wide."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from likeness.errors import WeightsError
from likeness.families.source import Source, number, read_source, text
from likeness.families.style import official_noise, picture
from likeness.generator import Generator, GeneratorInfo, Licence, NoiseMode
from likeness.hookspecs import hookimpl
from likeness.networks.dcgan import Decoder, Output, modules_in
from likeness.networks.progan import ProGAN

# "" is a state dict of unknown names: a decoder's tensors follow each other, whatever they are called.
FAMILIES = ("progan", "dcgan", "vae", "")
OUTPUTS: dict[str, Output] = {"tanh": "tanh", "sigmoid": "sigmoid", "linear": "linear"}


class Network(Protocol):
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

    def __init__(self, family: str, network: Network, licence: Licence, device: torch.device) -> None:
        self.network, self._device = network, device
        z_dim = network.z_dim
        with torch.inference_mode():
            tried = self._draw(torch.zeros(1, z_dim, device=device))
        if tried.ndim != 4 or tried.shape[2] != tried.shape[3] or tried.shape[1] not in (1, 3, 4):
            raise ValueError(f"it draws {list(tried.shape)}, wanted [batch, 3, H, H]")
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
        rows = [official_noise(int(seed), self.info.w_dim)[1] for seed in seeds]
        z = torch.stack(rows) if rows else torch.zeros(0, self.info.w_dim)
        return self.map_z(z)

    def map_z(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return `z` [batch, z_dim] as latents `[batch, 1, z_dim]`; there are no labels."""
        if z.ndim != 2 or z.shape[1] != self.info.w_dim:
            raise WeightsError(f"z is {list(z.shape)}, wanted [batch, {self.info.w_dim}]")
        return z[:, None].to(self._device, torch.float32)

    def synthesize(self, latent: Tensor, noise: NoiseMode = "const") -> Tensor:
        """Return pictures `[batch, 3, H, H]`, nominally in [-1, 1]; there is no noise."""
        return picture(self._draw(latent[:, 0]))


def network_of(source: Source) -> tuple[str, nn.Module]:
    """Return family and network of a source.

    Raises:
        ValueError: where a tensor or an argument is missing or wrong.
    """
    if source.family == "progan":
        return "progan", ProGAN(source.tensors).eval()
    names = list(source.tensors)
    if any(name.startswith("decoder.") for name in names):
        names = [name for name in names if name.startswith("decoder.")]
    listed = source.arguments.get("modules")
    if listed is not None and not (isinstance(listed, list) and all(isinstance(name, str) for name in listed)):
        raise ValueError("the argument 'modules' is no list of names")
    family = source.family or ("vae" if names[0].startswith("decoder.") else "dcgan")
    # The makers' VAE examples end in a sigmoid, the DCGAN paper in a tanh; our own files say it.
    output = text(source.arguments, "output", "sigmoid" if family == "vae" and not source.family else "tanh")
    if output not in OUTPUTS:
        raise ValueError(f"the output {output!r} is none of {', '.join(OUTPUTS)}")
    slope = number(source.arguments, "slope", 0.0, 0.0, 1.0)
    return family, Decoder.of(source.tensors, listed or modules_in(names), slope, OUTPUTS[output])


@hookimpl(trylast=True)
def load_generator(path: Path, device: torch.device) -> Generator | None:
    """First: open a generator that has z alone. Last to be asked, for it takes state dicts of any names.

    Raises:
        WeightsError: where the file is ours but broken.
    """
    source = read_source(path, *FAMILIES)
    if source is None:
        return None
    try:
        family, network = network_of(source)
        return ZGenerator(family, network.to(device), source.licence, device)  # type: ignore[arg-type]
    except (ValueError, RuntimeError) as error:
        if not source.family:
            return None
        raise WeightsError(f"{path} is a broken {source.layout}: {error}") from error
