"""Children of two parents: each layer group comes from one of them or from both, in fair shares."""

import logging

from torch import Tensor

from likeness import Float, Frame, Generator, Int, Param, Stage, Text, Trigger, Values, hookimpl
from likeness.errors import ParamError
from likeness.latent import lerp, slerp
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.crossfade import Crossfade
from likeness.toolkit.face_list import draw_seeds, read_faces
from likeness.toolkit.siblings import blend_siblings, fair_shares, group_numbers, pause_at_ends

log = logging.getLogger(__name__)

MOST_PAIRS = 16


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
        self._loader: BackgroundLoader[str, Tensor] = BackgroundLoader(
            lambda text: _read_parents(text, generator), log, offline=stage.offline
        )
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
        index, along = int(place) % count, pause_at_ends(place % 1.0, float(params["stay"]))
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
        blends = blend_siblings(self._parents, shares, self._groups)
        # The squares add up to one: a face stays as strong as its parents, however much of it is its own.
        return blends * (1.0 - own * own) ** 0.5 + self._strangers[: 2 * pairs] * own


def _read_parents(text: str, generator: Generator) -> Tensor:
    """Return two parents `[2, num_ws, w_dim]`, or none for no text."""
    parents = read_faces(text, generator)
    if len(parents) not in (0, 2):
        raise ParamError(f"faces: children have two parents, not {len(parents)}; name two, as 7 anna.safetensors")
    return parents
