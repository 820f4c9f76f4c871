"""A bendable generator's layers: their names checked, two generators compared, channels gathered into clusters."""

import torch
from torch import Tensor
from torch.nn import functional

from likeness.errors import LikenessError
from likeness.generator import BendableGenerator

# Broad et al. 2021, sec. 3.3, take 3 to 5 clusters a layer.
CLUSTERS = 5
# Faces that the activations are taken from, and px to which each channel's are averaged.
FACES, GRID = 8, 8
ROUNDS = 20


def find_clusters(generator: BendableGenerator, latents: Tensor, layer: str) -> Tensor:
    """Return the cluster of each channel of `layer`, `[channels]` whole numbers from 0, the largest cluster first.

    k-means [Lloyd 1982] of what each channel shows on some faces, averaged to 8 x 8 and each of length 1, so that
    channels that are active in the same places are together: hair, eyes, rim. Not on the render thread.

    Args:
        generator: whose layer it is.
        latents: of the faces, `[n, num_ws, w_dim]`.
        layer: a name of `generator.layers`.
    """
    with torch.inference_mode():
        shown = generator.draw_layers(latents, (layer,))[layer]
        shown = functional.adaptive_avg_pool2d(shown, min(GRID, shown.shape[2], shown.shape[3]))
        points = functional.normalize(shown.transpose(0, 1).flatten(1), dim=1)
        return sort_by_size(cluster_points(points, min(CLUSTERS, len(points))))


def cluster_points(points: Tensor, count: int) -> Tensor:
    """Return the cluster of each of `points` [n, width], whole numbers below `count`; the same points, the same ones.

    The first centre is the point farthest from the mean, each next one the point farthest from all before
    [Gonzalez 1985], so that nothing is drawn at random.
    """
    centres = points[(points - points.mean(0)).square().sum(1).argmax()][None]
    while len(centres) < count:
        centres = torch.cat([centres, points[torch.cdist(points, centres).amin(1).argmax()][None]])
    for _ in range(ROUNDS):
        nearest = torch.cdist(points, centres).argmin(1)
        members = functional.one_hot(nearest, count).to(points.dtype)
        sizes = members.sum(0)[:, None]
        centres = torch.where(sizes > 0, members.T @ points / sizes.clamp(min=1), centres)
    return torch.cdist(points, centres).argmin(1)


def sort_by_size(clusters: Tensor) -> Tensor:
    """Return `clusters` [n] renumbered, the one with the most members first."""
    order = clusters.bincount().argsort(descending=True, stable=True)
    return order.argsort()[clusters]


def check_alike(first: BendableGenerator, other: object) -> BendableGenerator:
    """Return `other` where its layers have the shapes of the first one's, so that both can be mixed. Draws both once.

    Raises:
        LikenessError: naming the first difference.
    """
    if not isinstance(other, BendableGenerator):
        raise LikenessError("these weights have no layers to mix; take some of the same family")
    if first.mean.shape != other.mean.shape or tuple(first.layers) != tuple(other.layers):
        raise LikenessError(
            f"they are {describe(other)}, and {describe(first)} plays; only weights of the same shape can be mixed"
        )
    with torch.inference_mode():
        shapes = [
            {name: x.shape[1:] for name, x in generator.draw_layers(generator.mean[None], tuple(first.layers)).items()}
            for generator in (first, other)
        ]
    for name in first.layers:
        ours, theirs = (found.get(name) for found in shapes)
        if ours != theirs:
            raise LikenessError(f"their layer {name} is {theirs}, and {ours} plays; only equal shapes can be mixed")
    return other


def describe(generator: BendableGenerator) -> str:
    """Return family, layers and width of the latent in a few words."""
    info = generator.info
    return f"{info.family} of {len(generator.layers)} layers at {info.resolution} px, w of {info.w_dim}"
