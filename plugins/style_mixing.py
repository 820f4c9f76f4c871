"""Shape from one face, colour from another: style mixing by four knobs [Karras et al. 2019, sec. 3.1]."""

import logging

from torch import Tensor

from likeness import Float, Frame, Param, Stage, Text, Trigger, Values, hookimpl
from likeness.generator import GROUPS
from likeness.latent import layers_of, mix_styles, row
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.crossfade import Crossfade
from likeness.toolkit.face_list import draw_seeds, read_faces

log = logging.getLogger(__name__)

DRAWN = 32
ALONE = "A family of one layer blends as a whole, by the largest of the four."


class Plugin:
    """Lays parts of a second face over the one that comes in."""

    def __init__(self) -> None:
        self._index = 0

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Float("coarse", 0.0, glide=0.1, help=f"Shape and pose of the second face. {ALONE}"),
            Float(
                "broad",
                0.0,
                glide=0.1,
                help="Its broad light and colour; does nothing where a family has no such layers, as StyleGAN.",
            ),
            Float("middle", 0.0, glide=0.1, help="Its features."),
            Float("fine", 0.0, glide=0.1, help="Its colours and skin."),
            Text("faces", help="Second faces: seeds and saved latents, as 7 12 anna.safetensors; empty draws them."),
            Trigger("new", help="Take the next second face."),
            Float("change", 0.6, max=30.0, unit="s", help="How long the change to another second face takes; 0 cuts."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        generator = stage.generator
        self._info = generator.info
        self._drawn = generator.sample(draw_seeds(stage.seed, "style_mixing", DRAWN))
        self._faces = self._drawn
        self._loader: BackgroundLoader[str, Tensor] = BackgroundLoader(
            lambda text: read_faces(text, generator), log, offline=stage.offline
        )
        self._fade = Crossfade()

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor:
        faces = self._loader.poll(str(params["faces"]).strip(), frame.time)
        presses = int(params["new"])
        if faces is not None:
            self._faces, self._index = (faces if len(faces) else self._drawn), 0
        self._index += presses
        if faces is not None or presses:
            self._fade.start()
        face = self._fade.step(self._faces[self._index % len(self._faces)], frame.dt, float(params["change"]))
        amounts = {group: float(params[group]) for group in GROUPS}
        return mix_styles(latent, face, row(layers_of(self._info.groups, self._info.num_ws, amounts), latent))
