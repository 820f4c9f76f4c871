"""The layers of a composite bent in its own terms: another face's hair, warp, outlines, colours and detail."""

import logging
from functools import partial

import torch
from torch import Tensor

from likeness import Choice, Float, Frame, Param, Stage, Text, Trigger, Values, hookimpl
from likeness.generator import BendableGenerator, Swap
from likeness.latent import truncate
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.crossfade import Crossfade
from likeness.toolkit.face_list import draw_seeds, read_faces

log = logging.getLogger(__name__)

DRAWN = 32
# In which other layers to swap fade in, after those before have faded out.
FADE_S = 0.25
FAMILY = "composite"
HAIR = ("edges", "hair", "strands")
# What each gain plays, as a distance from the mean face's.
GAINS = {
    "warp": ("field",),
    "colour": ("skin", "hair", "backdrop"),
    "features": ("skin_middle",),
    "pores": ("skin_fine",),
    "strands": ("strands",),
}
SWAPS = {
    "skin and hair": ("skin", "hair"),
    "hair and backdrop": ("hair", "backdrop"),
    "skin and backdrop": ("skin", "backdrop"),
    "features and pores": ("skin_middle", "skin_fine"),
}
# A signed distance is squashed into [-1, 1]; from three quarters on an outline begins to dissolve.
FARTHEST = 0.75


class Plugin:
    """Bends a composite's layers; of other families it says that they have none of these."""

    def __init__(self) -> None:
        self._index = 0
        self._pair, self._pair_level = "", 0.0

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Float("hair", 0.0, glide=0.1, help="How much of a second face's hair is worn: outline, colour, strands."),
            Text("faces", help="Whose hair: seeds and saved latents, as 7 12 anna.safetensors; empty draws them."),
            Trigger("new", help="Take the next face's hair."),
            Float("change", 0.6, max=30.0, unit="s", help="How long the change to other hair takes; 0 cuts."),
            Float("hairline", 0.0, min=-1.0, glide=0.1, help="Moves the hairline: above 0 down into the face."),
            Float("outline", 0.0, min=-1.0, glide=0.1, help="Grows the person's outline, below 0 eats it away."),
            Float("warp", 1.0, max=3.0, glide=0.1, help="The face's shape: 0 the mean face's, above 1 caricature."),
            Float("colour", 1.0, max=3.0, glide=0.1, help="Light and colour: 0 the mean face's, above 1 overdone."),
            Float("features", 1.0, max=4.0, glide=0.1, help="Brows, eyes, lips and folds; 0 leaves the mean face's."),
            Float("pores", 1.0, max=4.0, glide=0.1, help="The finest detail of the skin."),
            Float("strands", 1.0, max=4.0, glide=0.1, help="The detail of the hair; 0 is the mean face's."),
            Float("swap", 0.0, glide=0.1, help="Swaps two layers; costs the drawing of the layers again."),
            Choice("swapped", "skin and hair", list(SWAPS), help="Which layers are swapped."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        generator = stage.generator
        self._bending, self._generator = stage.bending, None
        if generator.info.family != FAMILY or not isinstance(generator, BendableGenerator):
            family = generator.info.family
            stage.refuse(f"bend_composite: it bends composites such as faces-256, not the family {family}")
            return
        self._generator = generator
        with torch.inference_mode():
            names = [name for layers in GAINS.values() for name in layers]
            self._means = generator.draw_layers(generator.mean[None], names)
        self._drawn = generator.sample(draw_seeds(stage.seed, "bend_composite", DRAWN))
        self._faces = self._drawn
        self._loader: BackgroundLoader[str, Tensor] = BackgroundLoader(
            lambda text: read_faces(text, generator), log, offline=stage.offline
        )
        self._fade = Crossfade()
        self._worn: dict[str, Tensor] = {}
        self._worn_at: tuple[int, float] | None = None

    @hookimpl
    def update(self, params: Values, frame: Frame) -> None:
        if self._generator is None:
            return
        self._choose_face(params, frame)
        values = {name: float(value) for name, value in params.items() if isinstance(value, int | float)}
        if values["hair"]:
            for name, worn in self._draw_hair(frame, values["change"]).items():
                self._bending.add(name, partial(_lerp, worn, values["hair"]))
        for name, layers in GAINS.items():
            if values[name] != 1.0:
                for layer in layers:
                    self._bending.add(layer, partial(_scale, self._means[layer], values[name]))
        if values["hairline"] or values["outline"]:
            # The first silhouette is the skin's, over the hair.
            moved = [-values["hairline"] * FARTHEST, values["outline"] * FARTHEST]
            self._bending.add("edges", partial(_move_edges, moved))
        self._fade_pair(str(params["swapped"]), frame, moves=values["swap"] > 0.0)
        if amount := values["swap"] * self._pair_level:
            self._bending.swap(Swap(*SWAPS[self._pair], amount))

    @hookimpl
    def state(self) -> int:
        return self._index

    @hookimpl
    def restore(self, state: int) -> None:
        self._index = state

    def _fade_pair(self, wanted: str, frame: Frame, *, moves: bool) -> None:
        """Swap other layers once those before have faded out; at rest there is nothing that could jump."""
        step = frame.dt / FADE_S if moves and self._pair else 1.0
        if wanted != self._pair:
            self._pair_level = max(0.0, self._pair_level - step)
            if self._pair_level == 0.0:
                self._pair, self._pair_level = wanted, 0.0 if step < 1.0 else 1.0
        else:
            self._pair_level = min(1.0, self._pair_level + step)

    def _choose_face(self, params: Values, frame: Frame) -> None:
        faces = self._loader.poll(str(params["faces"]).strip(), frame.time)
        presses = int(params["new"])
        if faces is not None:
            self._faces, self._index = (faces if len(faces) else self._drawn), 0
            self._worn_at = None
        self._index += presses
        if faces is not None or presses:
            self._fade.start()

    def _draw_hair(self, frame: Frame, change_s: float) -> dict[str, Tensor]:
        """Return the layers of the second face's hair, drawn anew only where it changes."""
        assert self._generator is not None
        face = self._fade.step(self._faces[self._index % len(self._faces)], frame.dt, change_s)
        psi = float(frame.values["show"]["psi"])
        at = self._index, psi
        if self._fade.active or at != self._worn_at:
            shown = truncate(face[None], self._generator.mean, psi)
            self._worn = self._generator.draw_layers(shown, HAIR)
            self._worn_at = None if self._fade.active else at
        return self._worn


def _lerp(other: Tensor, amount: float, x: Tensor) -> Tensor:
    return torch.lerp(x, other, amount)


def _scale(mean: Tensor, gain: float, x: Tensor) -> Tensor:
    return mean + (x - mean) * gain


def _move_edges(moved: list[float], x: Tensor) -> Tensor:
    skin, person = moved
    return torch.cat([x[:, :1] + skin, x[:, 1:] + person], dim=1)
