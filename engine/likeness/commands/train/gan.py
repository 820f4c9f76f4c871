"""`likeness train gan`: the style-based family."""

from typing import Annotated, Literal

from likeness.commands.train.runs import DEFAULTS, WEIGHT, WIDTH, Photos, RunOptions, start_run
from likeness.options import ranged
from likeness.ranges import NONE_OR_MORE, Range

SHARE = ranged(Range(0, 1))
PICTURES = ranged(Range(0, 1_000_000_000_000, "pictures", above_low=True))


def gan(
    folder: Photos,
    *,
    options: RunOptions = DEFAULTS,
    discriminator: Literal["projected", "ada"] = "projected",
    light: bool = True,
    channel_base: Annotated[int, ranged(NONE_OR_MORE)] = 0,
    channel_max: Annotated[int, WIDTH] = 256,
    z_dim: Annotated[int, WIDTH] = 64,
    w_dim: Annotated[int, WIDTH] = 128,
    mapping_layers: Annotated[int, ranged(Range(1, 64))] = 2,
    mixing: Annotated[float, SHARE] = 0.5,
    half_life: Annotated[float, PICTURES] = 10_000,
    beginning: Annotated[int, ranged(Range(0, 1_000_000_000))] = 20_000,
    pairs: Annotated[float, WEIGHT] = 5.0,
    path_length: Annotated[float, WEIGHT] = 0.0,
    augment_target: Annotated[float, ranged(Range(-1, 1))] = 0.6,
    augment_speed: Annotated[float, PICTURES] = 500_000,
) -> None:
    """Train a StyleGAN2: faces of a whole crowd, with styles to mix layer by layer.

    Parameters
    ----------
    discriminator
        projected is quick and needs no GPU for small pictures; ada needs one, and many hours.
    light
        Draw four pixels at a time, which trains and plays faster; --no-light draws each by itself.
    channel_base
        Channels of a layer times its size in px; 0 is 4096, or 2048 up to 64 px.
    channel_max
        The most channels of a layer.
    z_dim
        Length of z, the noise that a face is drawn from.
    w_dim
        Length of the latent of a layer.
    mapping_layers
        Depth of the network from z to w.
    mixing
        Share of the faces that are trained with the styles of two others.
    half_life
        Pictures after which a change counts half in the average that plays.
    beginning
        Pictures of the warm start, which learns blurred faces from photos directly, before the game; 0 for none.
    pairs
        Weight of the same photos in the game, which keeps faces different; it fades in a long run.
    path_length
        Weight of the penalty for uneven motion through the latent; 2 in the paper, 0 for none.
    augment_target
        ada: the confidence on photos above which they are augmented more.
    augment_speed
        ada: pictures in which augmentation can go from never to always.
    """
    own = {
        "discriminator": discriminator,
        "light": light,
        "channel_base": channel_base,
        "channel_max": channel_max,
        "z_dim": z_dim,
        "w_dim": w_dim,
        "mapping_layers": mapping_layers,
        "mixing": mixing,
        "half_life": float(half_life),
        "beginning": beginning,
        "pairs": pairs,
        "path_length": path_length,
        "augment_target": augment_target,
        "augment_speed": float(augment_speed),
    }
    # A processor is better off with many small steps; the ada discriminator compares pictures and wants more at once.
    start_run("gan", folder, options, own, batch=8 if discriminator == "projected" else 32)
