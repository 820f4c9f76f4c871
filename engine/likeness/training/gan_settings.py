"""The settings of the style-based GAN."""

from dataclasses import dataclass

from likeness.errors import TrainingError
from likeness.training.recipe import check_spans

DISCRIMINATORS = ("projected", "ada")
# Settings that runs of earlier versions have in their config.toml by another name.
RENAMED = {"judge_rate": "discriminator_rate", "seen": "feature_size"}


@dataclass(frozen=True)
class GANSettings:
    """The recipe's own settings.

    Args:
        discriminator: "projected", on frozen features, for little compute; "ada", all trained, for a GPU.
        light: blocks up to half the size, and a toRGB that writes four pixels a place.
        channel_base, channel_max: a block of r px has min(channel_base / r, channel_max) channels; a base of 0 is 4096,
            or 2048 up to 64 px.
        z_dim, w_dim: widths of z and w.
        mapping_layers: depth of the mapping network.
        mixing: share of pictures with the styles of two faces.
        half_life: of the average that is played, in images; at most a twentieth of those shown so far.
        beginning: images of the warm start, which learns blurred faces from pairs of codes and photographs, but at most
            three quarters of the run; 0 for none.
        pairs: weight of the same pairs during the game, halved every 50,000 images; 0 for none.
        feature_size: px at which the projected discriminator looks; 0 for the pictures' size, but 96 to 256.
        head_width: channels of its finest head.
        discriminator_rate: learning rate of the discriminator, times the generator's.
        augment_target: sign of real logits that the ada discriminator's augmentation holds.
        augment_speed: photographs in which it could go from none to always.
        path_length: weight of the path length penalty; 2 in the paper, 0 for none.
    """

    discriminator: str = "projected"
    light: bool = True
    channel_base: int = 0
    channel_max: int = 256
    z_dim: int = 64
    w_dim: int = 128
    mapping_layers: int = 2
    mixing: float = 0.5
    half_life: float = 10_000.0
    beginning: int = 20_000
    pairs: float = 5.0
    feature_size: int = 0
    head_width: int = 32
    discriminator_rate: float = 1.0
    augment_target: float = 0.6
    augment_speed: float = 500_000.0
    path_length: float = 0.0

    def check(self) -> None:
        """Refuse what is out of range.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        if self.discriminator not in DISCRIMINATORS:
            raise TrainingError(f"discriminator is one of {', '.join(DISCRIMINATORS)}, {self.discriminator!r} came")
        spans = {
            "channel_base": (0, 65536),
            "channel_max": (4, 1024),
            "z_dim": (1, 1024),
            "w_dim": (1, 1024),
            "mapping_layers": (1, 16),
            "mixing": (0.0, 1.0),
            "half_life": (1.0, 1e9),
            "beginning": (0, 1e9),
            "pairs": (0.0, 1e3),
            "feature_size": (0, 1024),
            "head_width": (4, 256),
            "discriminator_rate": (1e-3, 1e3),
            "augment_target": (-1.0, 1.0),
            "augment_speed": (100.0, 1e9),
            "path_length": (0.0, 1e3),
        }
        check_spans(self, spans)
