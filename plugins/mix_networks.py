"""Two generators in one face, layer by layer: what both networks make of the same activations, mixed."""

import logging

from likeness import Float, Frame, Param, Stage, Text, Values, hookimpl, open_generator
from likeness.errors import LikenessError
from likeness.files.paths import find_weights
from likeness.generator import GROUPS, BendableGenerator
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.layers import check_alike

log = logging.getLogger(__name__)

# In which other weights fade in.
FADE_S = 0.5


class Plugin:
    """Mixes a second generator in, by layer group."""

    def __init__(self) -> None:
        self._other: BendableGenerator | None = None
        self._next: BendableGenerator | None = None
        self._level = 0.0

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Text("weights", help="The second generator's weights, of the same family and shape; empty mixes nothing."),
            Float("coarse", 0.0, glide=0.1, help="How much of its layers for shape and pose."),
            Float("broad", 0.0, glide=0.1, help="Of its layers for light and colour; composites alone have them."),
            Float("middle", 0.0, glide=0.1, help="Of its layers for features."),
            Float("fine", 0.0, glide=0.1, help="Of its layers for colours and skin."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._bending = stage.bending
        self._generator = stage.generator
        self._bends = isinstance(stage.generator, BendableGenerator)
        if not self._bends:
            family = stage.generator.info.family
            stage.refuse(
                f"mix_networks: the family {family} has no layers that can be mixed; play StyleGANs or composites"
            )
        self._loader: BackgroundLoader[str, tuple[BendableGenerator | None]] = BackgroundLoader(
            self._open, log, 0.0, offline=stage.offline
        )

    @hookimpl
    def update(self, params: Values, frame: Frame) -> None:
        if not self._bends:
            return
        made = self._loader.poll(str(params["weights"]).strip(), frame.time)
        if made is not None:
            (self._next,) = made
        # A render's first frame has nothing that could jump.
        step = frame.dt / FADE_S if frame.index else 1.0
        if self._next is not self._other:
            self._level = max(0.0, self._level - step) if self._other is not None else 0.0
            if self._level == 0.0:
                self._other = self._next
        if self._next is self._other:
            self._level = min(1.0, self._level + step)
        shares = {group: float(params[group]) * self._level for group in GROUPS}
        if self._other is None or not any(shares.values()):
            return
        layers = self._other.layers
        self._bending.mix(self._other, {name: shares[group] for name, group in layers.items() if shares[group]})

    def _open(self, name: str) -> tuple[BendableGenerator | None]:
        """Return the generator of the weights `name`, None for none. Not on the render thread."""
        if not name:
            return (None,)
        first = self._generator
        assert isinstance(first, BendableGenerator)
        opened = open_generator(find_weights(name), str(first.mean.device), size=first.info.resolution)
        try:
            return (check_alike(first, opened),)
        except LikenessError as error:
            raise LikenessError(f"mix_networks: {name} cannot be mixed in: {error}") from error
