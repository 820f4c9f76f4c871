"""CUDA graphs: a frame's kernels are recorded once and replayed by one call, so that Python does not slow the card."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from likeness.generator import NoiseMode
from likeness.generators.families.stylegan_base import Draw

# Draws before the recording: libraries choose their kernels and take their workspace in the first ones.
WARM_DRAWS = 3
# Each holds the memory of its pictures; a show needs one, a second while the number of heads changes.
MOST_GRAPHS = 4


@dataclass(frozen=True)
class Recording:
    """What one replay reads and writes.

    Args:
        inputs: tensors that `replay` reads; copy the frame's into them before.
        image: the tensor that `replay` writes.
        replay: draws, in the current stream.
    """

    inputs: tuple[Tensor, ...]
    image: Tensor
    replay: Callable[[], object]


class CudaGraphs:
    """Draws from one recording for each batch size and noise mode; the first picture of each records it.

    In the steady state nothing is allocated from the driver and nothing waits for the device: inputs are copied into
    place, the graph is replayed, and the picture is copied out, because the next replay writes to the same place.
    The render thread alone calls it, once it is warm.

    Args:
        draw: makes pictures of a synthesis's inputs with a noise mode.
        record: makes a recording of `draw` for inputs and noise like these.
    """

    def __init__(self, draw: Draw, record: "Callable[[Draw, NoiseMode, tuple[Tensor, ...]], Recording] | None" = None):
        self._draw, self._record = draw, record or record_graph
        self._recordings: dict[tuple[NoiseMode, int], Recording] = {}

    def __call__(self, noise: NoiseMode, *inputs: Tensor) -> Tensor | None:
        """Return the pictures of `inputs`; None where there are recordings enough already."""
        key = noise, len(inputs[0])
        if key not in self._recordings:
            if len(self._recordings) == MOST_GRAPHS:
                return None
            self._recordings[key] = self._record(self._draw, noise, inputs)
        recording = self._recordings[key]
        for place, tensor in zip(recording.inputs, inputs, strict=True):
            place.copy_(tensor)
        recording.replay()
        return recording.image.clone()


def record_graph(draw: Draw, noise: NoiseMode, inputs: tuple[Tensor, ...]) -> Recording:
    """Record `draw` on the inputs' CUDA device.

    Other threads may use the device meanwhile, and "random" noise is drawn anew at each replay: the default
    generator's state is known to the graph.
    """
    # Not in inference mode, whose tensors could not be written to from outside of it.
    with torch.inference_mode(False), torch.no_grad(), torch.cuda.device(inputs[0].device):
        places = tuple(torch.empty_like(tensor).copy_(tensor) for tensor in inputs)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_DRAWS):
                draw(noise, *places)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            image = draw(noise, *places)
    assert image is not None
    return Recording(places, image, graph.replay)
