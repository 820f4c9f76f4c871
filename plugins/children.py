"""Children of two parents: each layer group comes from one of them or from both, in fair shares."""

import logging
import random
from collections.abc import Mapping

from torch import Tensor

from likeness import Float, Frame, Generator, Int, Param, Stage, Text, Trigger, Values, hookimpl
from likeness.easing import smooth
from likeness.errors import ParamError
from likeness.latent import lerp, row, slerp
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.crossfade import Crossfade
from likeness.toolkit.face_list import draw_seeds, read_faces

log = logging.getLogger(__name__)

MOST_PAIRS = 16
# A mix is this much of either parent at least: one that leans further is that parent's part.
LEAST_SHARE = 0.3


class Plugin:
    """Walks round a ring of siblings.

    All faces are kept as deviations from the mean, about which slerp turns: a blend is as strong a face as its parents,
    where the straight middle of two is always a little average.
    """

    def __init__(self) -> None:
        self._family = 0
        self._turns = 0.0

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Text(
                "faces",
                help="The two parents: seeds, saved latents and names in the gallery, as 7 gallery:anna; "
                "empty draws them.",
            ),
            Int(
                "pairs",
                3,
                min=1,
                max=MOST_PAIRS,
                help="Pairs of siblings: what one has of the first parent, the other has of the second.",
            ),
            Float("position", 0.0, glide=0.08, help="Once round all siblings: 0 and 1 are the first, evenly between."),
            Float("rate", 0.25, max=8.0, unit="siblings/s", glide=0.2, help="How fast it goes round by itself."),
            Float("stay", 0.3, max=0.9, glide=0.2, help="How much of the way a child stays as it is."),
            Float(
                "mixing",
                0.5,
                glide=0.2,
                help="At 0 each layer group comes whole from one parent, at 1 each is a mix of both. "
                "A family of one layer always mixes.",
            ),
            Float("own", 0.2, glide=0.2, help="What a child has of neither parent: at 1 it is a stranger."),
            Trigger("new", help="Other children of the same parents."),
            Float("change", 1.0, max=30.0, unit="s", help="How long the change to other children or parents takes."),
            Float("amount", 1.0, glide=0.1, help="How much of the children: 0 is the face that comes in."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        generator = stage.generator
        self._seed, self._mean = stage.seed, generator.mean
        self._drawn = generator.sample(draw_seeds(stage.seed, "children", 2)) - self._mean
        self._strangers = generator.sample(draw_seeds(stage.seed, "children own", 2 * MOST_PAIRS)) - self._mean
        self._groups = group_numbers(generator.info.groups, generator.info.num_ws)
        self._loader: BackgroundLoader[str, Tensor] = BackgroundLoader(lambda text: _read_parents(text, generator), log)
        self._parents = self._drawn
        self._fade = Crossfade()
        self._settings: tuple[object, ...] = ()
        self._siblings = self._drawn

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor:
        self._update_siblings(params, frame.time)
        siblings, count = self._siblings, len(self._siblings)
        self._turns = (self._turns + frame.dt * float(params["rate"]) / count) % 1.0
        place = (self._turns + float(params["position"])) * count
        index, along = int(place) % count, _pause_at_ends(place % 1.0, float(params["stay"]))
        child = slerp(siblings[index], siblings[(index + 1) % count], along)
        face = self._fade.step(child + self._mean, frame.dt, float(params["change"]))
        amount = float(params["amount"])
        return face.expand_as(latent) if amount >= 1.0 else lerp(latent, face, amount)

    def _update_siblings(self, params: Values, time: float) -> None:
        """Draw new siblings where parents or settings have changed."""
        parents = self._loader.poll(str(params["faces"]).strip(), time)
        if parents is not None:
            self._parents = parents - self._mean if len(parents) else self._drawn
        self._family += int(params["new"])
        others = (self._family, int(params["pairs"]))
        settings = (*others, float(params["mixing"]), float(params["own"]))
        if parents is None and settings == self._settings:
            return
        if parents is not None or others != self._settings[:2]:
            self._fade.start()
        self._settings = settings
        self._siblings = self._draw_siblings(*settings)

    def _draw_siblings(self, family: int, pairs: int, mixing: float, own: float) -> Tensor:
        """Return the siblings `[2 * pairs, num_ws, w_dim]` as deviations."""
        shares = fair_shares(f"{self._seed} {family}", pairs, max(self._groups) + 1, mixing)
        layers = [sibling[group] for sibling in shares for group in self._groups]
        amounts = row(layers, self._mean).view(2 * pairs, len(self._groups), 1)
        first, second = self._parents
        blends = slerp(first.expand(2 * pairs, -1, -1), second.expand(2 * pairs, -1, -1), amounts)
        # The squares add up to one: a face stays as strong as its parents, however much of it is its own.
        return blends * (1.0 - own * own) ** 0.5 + self._strangers[: 2 * pairs] * own


def fair_shares(seed: str, pairs: int, groups: int, mixing: float) -> list[list[float]]:
    """Return how much each sibling has of the second parent, in [0, 1], for each layer group.

    Fair in two ways: the second of a pair has what the first has not, so that over the siblings both parents give
    half of every group; and of a child's groups each parent gives half, one more or less where they are odd.

    Args:
        seed: the same one gives the same shares; the first pairs do not depend on how many there are.
        pairs: of siblings.
        groups: of layers. Of a single one nobody is given the whole.
        mixing: 0 gives whole groups, 1 a mix of each.
    """
    rng = random.Random(seed)
    shares = []
    for _ in range(pairs):
        # As many of the one as of the other, and where they are odd a coin decides on the last.
        whole = [float(number % 2) for number in range(groups - groups % 2)] + [float(rng.getrandbits(1))] * (
            groups % 2
        )
        rng.shuffle(whole)
        mixed = [rng.uniform(LEAST_SHARE, 1.0 - LEAST_SHARE) for _ in range(groups)]
        part = mixing if groups > 1 else 1.0
        child = [one + (other - one) * part for one, other in zip(whole, mixed, strict=True)]
        shares += [child, [1.0 - share for share in child]]
    return shares


def group_numbers(groups: Mapping[str, tuple[int, int]], num_ws: int) -> list[int]:
    """Return the number of each layer's group, counted from 0 without gaps; layers in none are one together."""
    names = [
        next((name for name, (start, stop) in groups.items() if start <= layer < stop), "") for layer in range(num_ws)
    ]
    known = list(dict.fromkeys(names))
    return [known.index(name) for name in names]


def _pause_at_ends(along: float, stay: float) -> float:
    """Return the position at `along`, both in [0, 1]; for `stay` of the way it stands still, half at either end."""
    return smooth(min(max((along - stay / 2) / (1.0 - stay), 0.0), 1.0))


def _read_parents(text: str, generator: Generator) -> Tensor:
    """Return two parents `[2, num_ws, w_dim]`, or none for no text."""
    parents = read_faces(text, generator)
    if len(parents) not in (0, 2):
        raise ParamError(f"faces: children have two parents, not {len(parents)}; name two, as 7 anna.safetensors")
    return parents
