"""A plugin for `likeness latency`: the whole picture is one shade of grey, so that each press can be told apart."""

import torch
from torch import Tensor

from likeness import Bool, Event, Frame, Int, Key, Note, Param, Values, hookimpl

# Of the frame strip: a film at 240 frames a second shows which frames were left out or shown twice.
CELLS = 16
# The strip's share of the height.
STRIP = 8
GREY = -0.5
# As many as a knob of 7 bits has places.
WHITE = 127


class Plugin:
    """Shows `shade`; each key and each note turns it over, black to white."""

    def __init__(self) -> None:
        self._turned = False
        self._field: Tensor | None = None

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Int("shade", 0, max=WHITE, help="From black to white."),
            Bool("pattern", help="A strip whose lit cell moves on with every frame."),
        ]

    @hookimpl
    def handle(self, event: Event) -> None:
        if isinstance(event, Key) or (isinstance(event, Note) and event.velocity > 0):
            self._turned = not self._turned

    @hookimpl
    def process_image(self, image: Tensor, params: Values, frame: Frame) -> Tensor:
        shade = WHITE - int(params["shade"]) if self._turned else int(params["shade"])
        if self._field is None or self._field.shape != image.shape:
            self._field = torch.empty_like(image)
        self._field.fill_(2 * shade / WHITE - 1)
        return (
            _draw_strip(self._field, frame.index % CELLS, -1.0 if shade > WHITE / 2 else 1.0)
            if params["pattern"]
            else self._field
        )


def _draw_strip(field: Tensor, cell: int, lit: float) -> Tensor:
    """Return `field` with a strip of cells at its foot, number `cell` lit."""
    picture = field.clone()
    height, width = field.shape[-2:]
    picture[..., height - height // STRIP :, :] = GREY
    picture[..., height - height // STRIP :, cell * width // CELLS : (cell + 1) * width // CELLS] = lit
    return picture
